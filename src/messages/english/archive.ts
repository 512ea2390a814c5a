export const archiveMessages = {
  'archive.newer-format': '"{name}" has format {format}, which this version of gausskeep does not know',
  'archive.newer-format.hint': 'Use the version of gausskeep that wrote it, or a newer one.',
  'archive.damaged-identity.hint':
    'It never changes: put it back from a copy of the archive, however old that is. The WAL beside it may be whole.',
  'archive.damaged-object': '"{name}" is damaged',
  'archive.wrong-size': '"{name}" has {actual} bytes, expected {expected}',
  'archive.wrong-hash': '"{name}" is damaged: its content hash differs from its receipt',
  'archive.damaged-receipt': 'the receipt "{path}" in the archive is damaged; the segment itself may be whole',
  'archive.damaged-receipt.hint':
    'Put it back from a copy of the archive, or move it out of the archive: {name} is then judged by its own content.',
  'archive.damaged-bytes': '"{name}" in the archive is damaged: {reason}',
  'archive.receipt-alone': 'the archive has the receipt of "{name}" and not the object itself, as a file of its own',
  'archive.damaged-stays':
    'WAL file {name} is damaged in the archive, and "{object}" may not be deleted there by this account',
  'archive.damaged-stays.hint':
    'The server keeps the WAL. Run "gausskeep wal push" of this file once with an account that may delete in the archive, or delete that object by hand; then archiving goes on.',
  'archive.receipt-alone.hint':
    'Put the object back from a copy of the archive (a link in its place is not followed), or, while the server still has the segment, push it again.',
  'archive.in-data': 'the archive "{directory}" lies in the data directory "{data}" of its own server',
  'archive.in-data.hint':
    'Every backup would hold the archive, and a restore of the directory would take it away. Choose a directory elsewhere, best on another disk or host.',
  'archive.none': 'no WAL archive in {storage}',
  'archive.none.hint':
    'Check the path, and that the file system is mounted. The first "gausskeep wal push" makes an empty directory an archive.',
  'archive.none-in-store.hint':
    'Check the bucket and the prefix. The first "gausskeep wal push" makes an empty prefix an archive.',
  'archive.lost-identity':
    'the WAL archive in {storage} has no identity: there is WAL in {folder}, and "{name}" is missing',
  'archive.lost-generation':
    'generation {generation} of the WAL archive in {storage} cannot be read: its WAL is there, and "{name}" is missing',
  'archive.lost.hint':
    'Put it back from a copy of the archive: without it none of that WAL is used. An adoption that was interrupted is run again.',
  'archive.not-empty': '{storage} is no WAL archive and not empty: it holds "{found}"',
  'archive.not-empty.hint': 'Name an empty directory, or the archive that exists already.',
  'archive.not-mounted': 'the WAL archive "{directory}" is empty: the file system of "{mountPoint}" is not mounted',
  'archive.archived-elsewhere':
    'the WAL archive "{directory}" is empty, but the server has had WAL archived before ({segment})',
  'archive.first-push.hint':
    'Mount its file system. If the archive is to begin in this empty directory, say so once: gausskeep wal init DATA-DIRECTORY --archive DIRECTORY',
  'archive.no-instance': 'no WAL of a server in "{source}"',
  'archive.no-instance.hint': 'Name the data directory of the server, its WAL directory, or a WAL segment of it.',
  'archive.other-systemIdentifier': 'the WAL archive belongs to system identifier {expected}, not {actual}',
  'archive.other-product': 'the WAL archive belongs to {expected}, not {actual}',
  'archive.other-segmentSizeBytes': 'the WAL archive has segments of {expected} bytes, not {actual}',
  'archive.other.hint': 'Each database instance needs a WAL archive of its own.',
  'archive.other-owner':
    'the WAL archive "{directory}" would belong to user {owner}, but the server runs as user {server} and could not push into it',
  'archive.other-owner.hint':
    'Run this as the account of the server, or make the directory the property of user {server} first (chown).',
  'archive.fork-before-begin':
    'the fork LSN {forkLsn} lies before the WAL that the archive has of generation {parent}, which begins at {begin}',
  'archive.fork-before-begin.hint':
    'Name the position at which the recovery ended: the first position of WAL that differs from that of the parent.',
  'archive.unknown-generation': 'the WAL archive has no generation {generation}',
  'archive.closed-generation': 'generation {generation} of the WAL archive is closed',
  'archive.which-generation': 'the WAL archive has {open} open generations: name one with --generation',
  'archive.generations.hint': 'The archive has these generations: {list}.',
  'archive.conflict': 'WAL file {name} is in generation {generation} of the archive already, with other content',
  'archive.fork-continuation':
    'WAL file {name} does not belong to this generation: {before} ends with {expected} bytes of a record to come, {after} begins with {found}',
  'archive.fork-previous':
    'WAL file {name} does not belong to this generation: the last record of {before} is at {expected}, the first of {after} follows one at {found}',
  'archive.border-checksum': 'the WAL record that goes on from {before} into {after} has a wrong checksum',
  'archive.border-checksum.hint':
    'Nothing was archived. One of the two files is damaged, or they are of two lines of WAL: the instance was restored to an earlier point.',
  'archive.fork.hint':
    'The instance was restored to an earlier point, or two instances push into one archive. Nothing was overwritten. After a recovery open a new generation with "gausskeep wal generation --open" and push into it with --generation.',
  'archive.too-short': 'WAL file {name} has only {size} bytes',
  'archive.segment-size': 'WAL file {name} has {size} bytes, its segment size is {expected}',
  'archive.unsound-records': 'WAL file {name} is not sound: its records end at {lsn} ({reason})',
  'archive.no-wal': 'WAL file {name} does not begin with a WAL page of a known server',
  'archive.other-position': 'WAL file {name} holds WAL of another position than its name says',
  'archive.other-position.hint':
    'Nothing was archived. A file that a server keeps to use it again, under the name of a segment that it has not begun, is no WAL yet: it is archived when the server asks for it. Where it did ask, report it, or its disk or memory is damaged.',
  'archive.unsound.hint':
    'Nothing was archived. If the server reads this segment without complaint, report it; if not, its disk or memory is damaged.',
  'archive.no-wal-name': '"{name}" is not the name of a WAL segment, history or backup history file',
  'archive.no-wal-name.hint': 'Give the path of the file to archive, which is %p in archive_command.',
  'archive.changed': 'WAL file {name} changed while it was read',
  'archive.history-too-large': 'history file {name} has more than {limit} bytes',
  'archive.history-first.hint':
    'Push a WAL segment first: a history file alone does not say which instance it belongs to.',
  'archive.shell-remains': 'argument {found} was written for a shell, but this server runs its commands without one',
  'archive.shell-remains.hint':
    'Blanks split, and quotes, pipes and redirections are passed on. Configure exactly: {line}',
  'archive.no-plain-word': '"{word}" cannot stand in a command that a server runs without a shell',
  'archive.no-plain-word.hint':
    'Use a path without blanks, quotes and other special characters, for example a symbolic link to it.',
  'archive.command-too-long': 'the restore_command with "{path}" is longer than 1023 bytes',
  'archive.wrapper-path': '"{path}" cannot be named in a restore_command wrapper',
  'archive.wrapper-path.hint': 'It must be an absolute path without control characters.',
  'archive.absent-unproved': 'WAL file {name} is not in {storage}, which does not prove that it never was archived',
  'archive.absent-unproved.hint':
    'It is a plain directory. Name the instance with --system-identifier, so that the directory can be recognised as its archive.',
  'archive.identity-changed': 'the WAL archive in {storage} changed while it was read',
  'archive.gap': 'WAL file {name} is missing in the archive, which has {later} behind it',
  'archive.no-segments': 'WAL file {name} is not in {source}, which holds no segment at all',
  'archive.gap.hint':
    'Look for a copy of it and push that. To recover only up to the gap, give a recovery target that lies before it.',
  'archive.half-written': 'WAL file {name} is in the archive as "{stored}", but incomplete or damaged',
  'archive.half-written.hint': 'Look for a complete copy of it, for example in pg_wal of the server that wrote it.',
  'archive.cleanup-name': 'invalid name of the oldest WAL file to keep "{name}"',
  'archive.cleanup-name.hint':
    'Give the name of a WAL segment, with or without .partial, or of a backup history file; in archive_cleanup_command it is %r.',
  'archive.hold-name': 'invalid name of a hold "{name}"',
  'archive.hold-name.hint':
    'A hold has a name of 1 to 63 letters, digits, "_", "." or "-", and begins with a letter or digit.',
  'archive.unreadable-backup': 'cannot tell which WAL backup "{name}" needs: {reason}',
  'archive.unreadable-backup.hint': 'Nothing was removed. Repair the backup, or move it out of the folder of backups.',
  'archive.get-name.hint': 'Give the name of the file and where to put it, which are %f and %p in restore_command.',
  'archive.no-label': 'backup "{name}" has no backup_label',
} as const;
