/** Backups into a repository: `gausskeep backup`, and backups of a repository as a source. */
export const storingMessages = {
  'backup-help.synopsis': '[OPTION]...',
  'backup-help.summary': 'back up a running server into a repository',
  'backup-help.what':
    'Takes a backup of a running server into a repository: every backup can be restored by itself, and stores only what changed since the one before.',
  'backup-help.backup': 'Options of the backup:',
  'backup-help.note': 'say something about this backup, for people',
  'backup-help.pin': 'keep it whatever retention says, until DATE (YYYY-MM-DD) or for ever',
  'backup-help.compress':
    'compress with zstd (default, level 3), gzip, lz4 or none; where zstd is missing the default is gzip',
  'backup-help.spool':
    "a directory for the WAL of the backup until it is in the archive (default: the system's temporary directory)",
  'backup-help.json': 'print what was stored as JSON',
  'repo.help.repository': 'Repository:',
  'repo.help.instance': 'the name of the instance in the repository (GAUSSKEEP_INSTANCE)',
  'restore.help.backup':
    'the backup to restore: "latest", or the beginning of its name as "gausskeep list" shows it; default: the newest that reaches the target',
  'repo-key.synopsis': 'add|list|remove [ID] [OPTION]...',
  'repo-key.summary': 'passwords that open an encrypted repository',
  'repo-key.what':
    'Adds, lists or removes passwords of an encrypted repository. Nothing that is stored changes. Removing one keeps nobody out who has opened the repository with it before: who has had the password may have the master key.',
  'repo-key.help.new-password-file': 'the file with the password to add; else it is asked for, twice',
  'repo-key.help.note': 'whose password it is, for people; stored in clear',
  'repo-key.help.json': 'list as JSON, one object a line',
  'repo-key.bad-verb': '"{text}" is none of add, list, remove',
  'repo-key.added': 'another password opens "{directory}"',
  'repo-key.removed':
    'key {id} is removed; its password may be that of another key too, and who has opened the repository before may have kept the master key',
  'repo-key.damaged': '{name} is damaged: its password does not open the repository',
  'storing.no-spool-space.hint':
    'The WAL of the backup lies in "{directory}" until it is in the archive, and the file system is full, or the quota is used up. Free space there, or name another directory with --spool.',
  'storing.done': 'Stored backup {name} of instance "{instance}"',
  'storing.done-sizes': '{files} {files|file|files}, {logical}; {fresh} stored new, {referenced} in all',
  'storing.done-own-wal':
    'recoverable from {endLsn} on, timeline {timeline}; its WAL is in the archive of the instance, but for the last segment, which is not whole yet and lies in the backup',
  'storing.not-pinned': 'the backup is stored, and could not be pinned: {reason}',
  'storing.done-wal': 'recoverable from {endLsn} on, timeline {timeline}; its WAL is in the archive of the instance',
  'storing.member-missing': 'the server sent no {name}',
  'storing.no-base': 'the records of the backup name no data directory',
  'storing.no-instance': 'no instance was named',
  'storing.no-instance.hint': 'Name it with --instance, GAUSSKEEP_INSTANCE, or in the configuration file.',
  'storing.not-there': 'there is no backup {name}',
  'storing.repo-and-place': 'a repository and {second}: only one of them can be named',
  'storing.no-hold':
    'nothing can be written to the repository: retention is not kept from the backup while it is restored',
  'storing.pack-missing': '{name} is not there, or not of the size that it had ({count} {count|pack|packs} in all)',
  'storing.pack-missing.hint':
    'An earlier backup is damaged, and this one would have relied on it. Nothing was made a backup. "gausskeep verify --repo" names what is damaged; condemn those backups, then take another one.',
} as const;
