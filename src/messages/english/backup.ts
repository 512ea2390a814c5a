export const backupMessages = {
  'backup.tablespace-leaves': 'the server named a tablespace outside of its data directory as relative: "{path}"',
  'backup.not-empty': 'directory "{path}" exists but is not empty',
  'backup.not-empty.hint': 'Choose another directory, or empty this one. Nothing in it was changed.',
  'backup.not-empty.lost-found':
    'It contains a "lost+found" directory: it is a mount point. Use a subdirectory of it instead.',
  'backup.not-a-directory': '"{path}" exists but is not a directory',
  'backup.tablespace-not-empty': 'tablespace directory "{path}" exists but is not empty',
  'backup.tablespace-not-empty.hint':
    'A tablespace goes to the same path as on the server. On the same host relocate it, for example with -T {path}={path}_backup (an empty or new directory).',
  'backup.one-stdout': 'can only write single tablespace to stdout, database has {count}',
  'backup.one-stdout.hint': 'Write to a directory with -D DIRECTORY -F tar.',
  'backup.missing-senders':
    'a backup with WAL streaming needs two free connections (max_wal_senders); -X fetch needs one.',
  'backup.step-checkpoint': 'initiating base backup, waiting for checkpoint to complete',
  'backup.step-started': 'checkpoint completed; write-ahead log start point: {lsn} on timeline {timeline}',
  'backup.step-wal': 'starting background WAL receiver',
  'backup.step-slot': 'created temporary replication slot "{slot}"',
  'backup.step-slot-created': 'created replication slot "{slot}"',
  'backup.step-end': 'write-ahead log end point: {lsn}',
  'backup.step-wal-wait': 'waiting for background process to finish streaming ...',
  'backup.step-sync': 'syncing data to disk ...',
  'backup.step-complete': 'base backup completed',
  'backup.step-connected': 'connected to {server} on {endpoint}, system identifier {system}',
  'backup.wait-checkpoint': 'waiting for the checkpoint of the server ({seconds} s)',
  'backup.wait-archive': 'waiting for the server to end the backup and archive its WAL ({seconds} s)',
  'backup.wait-wal': 'waiting for the rest of the WAL ({seconds} s)',
  'backup.wal-ended': 'background process terminated unexpectedly',
  'backup.wal-ended.hint':
    'The WAL stream is needed for a consistent backup: see the reason above and run the backup again.',
  'backup.wal-lagged': 'the WAL stream ended at {actual} before the end of the backup at {expected}',
  'backup.checksum-failures': 'checksum error occurred',
  'backup.checksum-failures.hint':
    'The backup is complete and was kept, but it contains the damaged pages that the warnings name. Repair the source or restore these files from an older backup.',
  'backup.removing': 'removing data directory "{path}"',
  'backup.removing-contents': 'removing contents of data directory "{path}"',
  'backup.not-removed': 'data directory "{path}" not removed at user\'s request',
  'backup.not-writable': 'could not create directory "{path}": {reason}',
  'backup.same-instance':
    'the second connection reached another instance: system identifier {actual} instead of {expected}',
  'backup.stopped': 'the WAL receiver was stopped',
  'backup.promoted': 'the server ended timeline {old} at {lsn} during the backup',
  'backup.slot-drop-failed': 'could not drop replication slot "{slot}": {reason}',
  'backup.tar-map':
    'tablespace_map in base.tar names the paths of the source: edit it, or use "gausskeep restore", before a start on the same host',
  'backup.source-settings':
    'the copy keeps the settings of its source (port, archiving): edit postgresql.conf before it is started in place',
  'backup.missing-files': 'missing in this backup because of the client name that was used: {files}',
  'backup.progress-one': '{done}/{total} kB ({percent}%), {tablespaces}/{count} tablespace',
  'backup.progress-many': '{done}/{total} kB ({percent}%), {tablespaces}/{count} tablespaces',
  'backup.progress-pace': '{rate}/s, {eta} left',
  'backup.no-manifest-server': 'the server makes no manifest',
} as const;
