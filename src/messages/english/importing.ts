/** `gausskeep backup --from`: an existing backup into a repository. */
export const importingMessages = {
  'importing.help.from':
    'instead of a server: import the existing backup in DIRECTORY (plain or tar; of gausskeep, gs_basebackup or pg_basebackup)',
  'importing.with-from': 'with --from nothing is asked of a server: {option} cannot be used',
  'importing.with-from.hint':
    '--label, --note, --pin, --compress, --generation, --spool, --progress, --json and --verbose go with --from.',
  'importing.one-from': 'only one backup can be imported at a time, and --from was given {count} {count|time|times}',
  'importing.data-directory': '"{path}" is the data directory of a server: postmaster.pid is in it',
  'importing.data-directory.hint':
    'Back up a running server without --from. If this is a backup that came with that file and no server runs in it, remove the file first.',
  'importing.incremental': 'the backup "{backup}" is an incremental one: it cannot be imported by itself',
  'importing.incremental.hint':
    'A repository holds no chains. Make a whole backup of it and of those that it builds on, with "gausskeep restore" and a --from for each, then import that.',
  'importing.there': 'the backup "{backup}" is in the repository already: {name} of instance "{instance}"',
  'importing.there.hint': 'It has the same system identifier and the same backup_label. Nothing was stored.',
  'importing.file-missing': 'the backup has no {path}',
  'importing.no-wal': 'the backup "{backup}" has no WAL, and nothing in it says which it needs',
  'importing.no-wal.hint':
    'It was taken without its WAL and has no manifest. Nobody could tell whether the archive of the instance has all that it needs; keep it beside its WAL and restore it with "gausskeep restore --from".',
  'importing.segment-missing':
    'the backup "{backup}" needs {segment}, which neither it nor the archive of "{instance}" has',
  'importing.segment-missing.hint':
    'Put the WAL into the archive first, with "gausskeep wal push --repo", then import the backup.',
  'importing.segment-missing-new.hint':
    'The repository has no instance "{instance}" yet. Take over the archive that has the WAL first, with "gausskeep repo adopt ARCHIVE --instance {instance}", then import the backup.',
  'importing.mismatch.hint':
    'The backup was changed or damaged since it was taken, and nothing was made a backup here. Look at it with "gausskeep verify", and import another copy of it, or another backup.',
  'importing.done-checksums': 'each file has the checksum that its manifest says',
  'importing.done-sizes': 'each file has the size that its manifest says, which has no checksums',
  'importing.done-nothing': 'it has no manifest: its files were compared with nothing',
  'importing.done-wal-read': 'every record of its WAL was read, from its start to its end',
  'importing.done-no-wal': 'it came without WAL: the archive has the segments that it needs, and they were not read',
  'importing.done-own-wal':
    'recoverable from {endLsn} on, timeline {timeline}; its WAL lies in the backup itself, and not in the archive of the instance',
} as const;
