export const backupMessages = {
  'backup.manifest-of-directory.hint': 'That is a directory. The manifest of the backup in it: -i {path:word}',
  'backup.manifest-too-old':
    'the manifest "{path}" does not say of which instance it is (version 1): no incremental backup can build on it',
  'backup.manifest-too-old.hint':
    'PostgreSQL before 17 makes such manifests. Take a full backup of PostgreSQL 17 or later first; its manifest can be built on.',
  'backup.tablespace-leaves': 'the server named a tablespace outside of its data directory as relative: "{path}"',
  'backup.tablespace-not-empty': 'tablespace directory "{path}" exists but is not empty',
  'backup.tablespace-not-empty.hint':
    'A tablespace goes to the same path as on the server. On the same host relocate it, for example with -T {mapping:word} (an empty or new directory).',
  'backup.directory-twice': 'directory "{path}" would hold two parts of the backup',
  'backup.directory-twice.hint': 'Give each tablespace, the WAL directory and the data directory a place of its own.',
  'backup.one-stdout': 'can only write single tablespace to stdout, database has {count}',
  'backup.one-stdout.hint': 'Write to a directory with -D DIRECTORY -F tar.',
  'backup.stream-to-sink': 'cannot stream write-ahead logs into a sink of members',
  'backup.stream-to-sink.hint': "Use wal: 'fetch', or receive the WAL by a stream of its own (startWalStream).",
  'backup.thread-sink': 'a backup on a thread of its own cannot write to a sink of this one',
  'backup.thread-sink.hint': 'Leave out ownThread, or write to a directory.',
  'backup.thread-ended': 'the thread of the backup broke down: {reason}',
  'backup.step-checkpoint': 'initiating base backup, waiting for checkpoint to complete',
  'backup.step-checkpoint-done': 'checkpoint completed',
  'backup.step-started': 'write-ahead log start point: {lsn} on timeline {timeline}',
  'backup.step-wal': 'starting background WAL receiver',
  'backup.step-slot': 'created temporary replication slot "{slot}"',
  'backup.step-slot-created': 'created replication slot "{slot}"',
  'backup.step-end': 'write-ahead log end point: {lsn}',
  'backup.step-wal-wait': 'waiting for background process to finish streaming ...',
  'backup.step-sync': 'syncing data to disk ...',
  'backup.step-syncfs':
    'the backup has a file system of its own, which is flushed as a whole at the end (--sync-method=fsync: each file)',
  'backup.step-complete': 'base backup completed',
  'backup.wait-checkpoint': 'waiting for the checkpoint of the server ({seconds} s)',
  'backup.wait-archive': 'waiting for the server to end the backup and archive its WAL ({seconds} s)',
  'backup.wal-ended': 'background process terminated unexpectedly',
  'backup.wal-ended.hint': 'The WAL stream is needed for a consistent backup: run the backup again.',
  'backup.wal-crashed': 'the WAL receiver broke down: {reason}',
  'backup.wal-lagged': 'the WAL stream ended at {actual} before the end of the backup at {expected}',
  'backup.checksum-failures': 'checksum error occurred',
  'backup.checksum-failures.hint':
    'The backup is complete and was kept, but it contains the damaged pages that the warnings name. Repair the source or restore these files from an older backup.',
  'backup.removing': 'removing data directory "{path}"',
  'backup.removing-contents': 'removing contents of data directory "{path}"',
  'backup.not-removed': 'data directory "{path}" not removed at user\'s request',
  'backup.step-slot-drop': 'dropping replication slot "{slot}"',
  'backup.slot-left':
    'replication slot "{slot}" stays on the server and keeps WAL there ({reason}); to drop it: {statement}',
  'backup.slot-abandoned':
    'ended by a second signal: replication slot "{slot}" stays on the server and keeps its WAL; to drop it: {statement}',
  'backup.slot-unsure':
    'the connection broke while replication slot "{slot}" was being created: if it is there and nobody else made it, drop it: {statement}',
  'backup.slot-in-use': 'replication slot "{slot}" is used by another receiver',
  'backup.slot-in-use.hint':
    'openGauss would let this backup move the slot, so that the other receiver may lose WAL that it needs. Choose another slot, or create one with -C.',
  'backup.slot-not-asked':
    'it is not known whether another receiver uses replication slot "{slot}": pg_replication_slots could not be read',
  'backup.tar-map':
    'tablespace_map in base.tar names the paths of the source: edit it, or use "gausskeep restore", before a start on the same host',
  'backup.source-settings':
    'the copy keeps the settings of its source (port, archiving): edit postgresql.conf before it is started in place',
  'backup.missing-files': 'missing in this backup because of the client name that was used: {files}',
  'backup.conninfo-left-out':
    'the standby will connect without {keywords}: PostgreSQL {release} does not take that in primary_conninfo',
  'backup.other-name':
    'the role may not use the HA channel as "gs_basebackup": going on as "{name}", without the configuration of the server',
  'backup.step-mot': 'fetching MOT checkpoint',
  'backup.mot-member': 'unexpected file in the MOT checkpoint: "{name}"',
  'backup.manifest-damaged': 'the backup manifest of the server is not right: {reason}',
  'backup.manifest-damaged.hint':
    'The backup cannot be proved with it, and something on the way may have changed other data as well. Take the backup again; if that does not help, look at what lies between here and the server.',
  'backup.manifest-missing': 'none came',
  'backup.manifest-other-system': 'it is of another instance, system identifier {identifier}',
  'backup.manifest-other-wal': 'its WAL range is not that of this backup',
  'backup.manifest-not-listed': 'it does not list "{path}", which was received',
  'backup.manifest-not-received': 'it lists "{path}", which was not received',
  'backup.manifest-other-size': 'it lists "{path}" with {listed} bytes, {size} were received',
  'backup.file-twice': '"{path}" was received twice',
  'backup.config-special': '"{path}" is neither a file nor a directory',
  'backup.config-origin': '"{path}" has a name that the backup needs for itself',
  'backup.config-large': '"{path}" is too large for a configuration (in all {limit} MiB and 2000 files are possible)',
  'backup.config-empty': 'directory "{directory}" has no files',
  'backup.config-empty.hint':
    'Name the directory that holds postgresql.conf, on this host: on Debian /etc/postgresql/VERSION/CLUSTER.',
  'backup.holds-ours':
    'the data directory of the server has "{path}", which an earlier backup left there, and which a restore would take for part of this one',
  'backup.holds-ours.hint':
    'The bytes of the server are stored as they come, so that it cannot be left out. Move it out of the data directory, or take the backup without --tar-format=opengauss and without -Z server-METHOD.',
  'backup.left-configuration':
    'left out: the directory "{directory}" in the data directory of the server, which an earlier backup brought there; nothing in it is part of this backup',
  'backup.config-original': '--config-dir has no place in archives in the format of the server',
  'backup.config-outside': 'not in this backup: {files}, which the server has outside of its data directory',
  'backup.config-unknown':
    'not in this backup: {files}; the server has them elsewhere and does not tell this role where (pg_read_all_settings does)',
  'backup.config-outside.advice':
    'take them along with --config-dir DIRECTORY, run on the host of the server; without them a restored copy gets a minimal configuration',
  'backup.config-included':
    'not in this backup: {list}, which the configuration in "{directory}" includes from elsewhere: a restored copy starts without these settings',
  'backup.target-content': 'the server sent content of a backup that it was to keep',
  'backup.kept-by-server':
    'the server wrote the backup to "{directory}" on its own host; nothing of it was checked here: run "gausskeep verify" there',
  'backup.incomplete': 'the server ended the backup without its start or end position',
  'backup.no-control-file': 'the server sent no global/pg_control',
  'backup.slot-exists': 'replication slot "{slot}" already exists',
  'backup.progress': '{done}/{total} kB ({percent}%), {tablespaces}/{count} {count|tablespace|tablespaces}',
} as const;
