/** Sentences of restore. */
export const restoreMessages = {
  'restore.no-backup': 'there is no backup in "{backup}"',
  'restore.no-backup.hint':
    'A backup is a directory with PG_VERSION in it, or one with base.tar, base.tar.gz, base.tar.lz4 or base.tar.zst among its archives.',
  'restore.no-label': 'the backup "{backup}" has no backup_label',
  'restore.no-label.hint':
    'Without it a server recovers from the wrong place and is silently corrupt. It was removed, or this is not a backup but a copy of a data directory.',
  'restore.no-control': 'the backup "{backup}" has no global/pg_control: it is not complete',
  'restore.note-too-large': 'file "{name}" of the backup is larger than {limit} bytes',
  'restore.archive-twice': 'archive "{name}" is there twice, in two compressions',
  'restore.archive-damaged': 'could not read archive "{archive}": {reason}',
  'restore.tablespace-archive-missing': 'tablespace {oid} is in tablespace_map, but its archive is not in the backup',
  'restore.tablespace-unknown': 'the backup holds tablespace {oid}, which it does not name',
  'restore.location-relative': 'tablespace {oid} of the backup has a location that is not absolute: {path}',
  'restore.dangling-link': 'tablespace link "{path}" of the backup leads nowhere: {target}',
  'restore.incremental': 'the backup "{backup}" is an incremental one: it cannot be restored by itself',
  'restore.incremental.hint':
    'Name before it what it builds on: gausskeep restore --from FULL --from … --from THIS. The one just before it starts at LSN {lsn} on timeline {timeline} (START WAL LOCATION in its backup_label).',
  'restore.overlap': 'the backup "{backup}" and the target directory "{path}" lie in each other',
  'restore.overlap.hint': 'Move the backup elsewhere, or restore into another directory.',
  'restore.reads-from-target': '"{place}", which the recovery reads from, lies in "{path}", which the restore changes',
  'restore.reads-from-target.hint': 'Move it to a place of its own first, or restore into another directory.',
  'restore.reads-wal-from-target.hint':
    'Copy the WAL elsewhere first and name that with --wal-from, or use --force, which moves the old directory aside and reads the WAL from there.',
  'restore.manifest-and-target':
    '--manifest-checksums makes a backup of the copy, and one that is to recover to a target is none: give either',
  'restore.manifest-unknown-end':
    'the backup "{backup}" has no manifest: up to where its WAL is needed is not known, so --manifest-checksums can write none of the copy',
  'restore.manifest-unverified':
    'with --no-verify files are compared with nothing, and a manifest of the copy would vouch for them: give either --no-verify or --manifest-checksums',
  'restore.manifest-unchecked':
    'the backup "{backup}" has no manifest: its files are compared with nothing, and a manifest of the copy would vouch for them',
  'restore.manifest-unknown-end.hint': 'Restore without it, or from a backup that has a manifest.',
  'restore.inside-instance': 'target directory "{path}" lies in the data directory "{instance}" of another instance',
  'restore.foreign': 'directory "{path}" holds instance {actual}, but the backup is of instance {expected}',
  'restore.foreign.hint': 'Check the path. If another instance is to be replaced, add --allow-foreign.',
  'restore.foreign-delta.hint':
    'A delta restore updates a directory of the same instance only. To replace what is there, use --force.',
  'restore.delta-unknown': 'directory "{path}" cannot be updated: it does not tell which instance it is',
  'restore.delta-and-force': 'cannot specify both --delta and --force',
  'restore.not-empty.hint':
    'With --force what is in it, tablespaces included, is moved aside first; with --delta it is updated in place and not kept.',
  'restore.unfinished.hint':
    'A restore into it did not finish. Continue it with --delta, or begin again with --force, which moves what is there aside.',
  'restore.unfinished-other': 'directory "{path}" holds an unfinished restore of another backup',
  'restore.unfinished-other.hint':
    'Continue it with --delta and that backup, or begin again with --force, which moves what is there aside.',
  'restore.dangling-target': '"{path}" is a link that leads nowhere',
  'restore.tablespace-shared': 'tablespaces {oid} and {other} would share directory "{path}"',
  'restore.tablespace-in-instance':
    'tablespace {oid} would go to "{path}", in the data directory "{instance}" of another instance',
  'restore.tablespace-inside': 'tablespace {oid} would go to "{path}", inside the target directory',
  'restore.tablespace-above': 'tablespace {oid} would go to "{path}", which holds the target directory',
  'restore.tablespace-filled': 'directory "{path}" of tablespace {oid} exists and is not empty',
  'restore.mapping.hint': 'Give the tablespace a directory of its own, for example -T {oid}=/NEW/DIRECTORY.',
  'restore.mapped-twice': 'tablespace {oid} is mapped twice',
  'restore.mapping-unused': 'no tablespace of the backup is at "{name}": this mapping has no effect',
  'restore.owner-not-root': 'only root can give the restored files to another account ({uid})',
  'restore.unknown-owner': 'there is no account "{name}"',
  'restore.bad-setting-name': 'invalid name of a setting: "{name}"',
  'restore.bad-setting-value': 'the value of setting "{name}" must be one line',
  'restore.node-name':
    'the node name cannot become "{wanted}": the tablespaces of the backup are those of node "{actual}"',
  'restore.node-name.hint':
    'It is part of the name of the directory in each tablespace. Keep the node name of the source.',
  'restore.port-range': 'port {port} does not exist',
  'restore.port-taken': 'something listens on port {port} already',
  'restore.port-socket': 'a server with port {port} listens on the socket "{socket}" already',
  'restore.port-taken.hint': 'Choose another port.',
  'restore.port-pair.hint': 'This server listens on the port and on the one above it: choose one where both are free.',
  'restore.running': 'a server is running in directory "{path}" (process {pid})',
  'restore.running.hint': 'Stop it first: {command}',
  'restore.socket-held': 'a server of directory "{path}" answers at socket "{socket}"',
  'restore.perhaps-running':
    'process {pid} of postmaster.pid exists, and whether it is the server of directory "{path}" cannot be told',
  'restore.perhaps-running.hint':
    'Stop the server: {command}. If none is running, remove postmaster.pid from {path} yourself.',
  'restore.pid-unclear': 'postmaster.pid in directory "{path}" does not say which process it belongs to',
  'restore.pid-unreadable': 'postmaster.pid in directory "{path}" cannot be read',
  'restore.made-directories': 'made directories that the server needs and the backup lacks: {names}',
  'restore.twice': 'the backup holds "{name}" twice',
  'restore.size': 'file "{path}" of the backup has {actual} bytes, but its manifest says {expected}',
  'restore.checksum': 'checksum mismatch for file "{path}" of the backup',
  'restore.missing': 'file "{path}" is in the manifest but not in the backup',
  'restore.unlisted': 'file "{path}" is in the backup but not in its manifest',
  'restore.unlisted-backup':
    'the files of the backup "{backup}" were not checked: no backup_manifest lies beside them. If that is known, --no-verify says so',
  'restore.mismatch.hint':
    'The backup was changed or damaged since it was taken. Look at it with gausskeep verify; --no-verify restores it as it is.',
  'restore.identity': 'the control file of the backup is of instance {actual}, but its manifest of instance {expected}',
  'restore.link-elsewhere': 'link "{path}" does not lead where it should: {target}',
  'restore.link-in-instance': 'link "{path}" leads into the data directory of another instance: {target}',
  'restore.in-place':
    'tablespace {oid} lies in the data directory itself, and the copy does not start without a setting for that: restore with --set allow_in_place_tablespaces=on, or add it to postgresql.conf',
  'restore.no-wal':
    'the backup holds no WAL segment {segment}: the copy cannot be started without a restore_command that has it',
  'restore.lacks-files': 'the backup was taken without these files of the server, and so is the copy: {files}',
  'restore.owned-by-root':
    'the files in "{path}" belong to root, as whom no server runs: restore with --owner, or give them away',
  'restore.not-given':
    '{count} {count|entry|entries} of "{directory}" could not be given to {account}, the first is "{first}": {reason}. A server starts only as the owner of its data directory',
  'restore.not-moved-back': 'could not move "{to}" back to "{from}"',
  'restore.moved': 'moved "{from}" aside: it is now "{to}"',
  'restore.moved-back': 'moved "{to}" back: it is "{from}" again',
  'restore.delta-begins': 'updating "{path}" in place: what was there is not kept',
  'restore.link': 'tablespace {oid} is linked to "{path}"',
  'restore.two-phase': 'left out of pg_twophase, because the WAL prepares them again: {names}',
  'restore.new-manifest': 'writing a manifest of the copy ({algorithm})',
  'restore.syncing': 'making everything durable',
  'restore.progress': '{done}/{total} kB ({percent}%) restored',
  'restore.no-from': 'no backup specified (--from)',
  'restore.no-pgdata': 'no target directory specified (--pgdata)',
  'restore.bad-port': 'invalid port number: "{text}"',
  'restore.bad-set': 'invalid setting "{text}", must be NAME=VALUE',
  'restore.progress-wal': '{done}/{total} kB ({percent}%) of WAL proved',
  'restore.bad-plan': 'invalid plan "{text}", must be "quick" or nothing',
  'restore.bad-archive-mode': 'invalid archive mode "{text}", must be "off" or "preserve"',
  'restore.limit-too-low': '{name} = {own} is too low: the source had {needed}, and a copy with less does not recover',
  'restore.limit-too-low.hint':
    'Leave {name} out, or give {needed} or more; it can be lowered when the recovery is over.',
} as const;
