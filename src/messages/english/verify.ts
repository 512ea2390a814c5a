/** Sentences of verify. Where pg_verifybackup finds the same, its words are used: scripts look for them. */
export const verifyMessages = {
  'verify.verified': 'backup successfully verified',
  'verify.progress': '{done}/{total} kB ({percent}%) verified',
  'verify.progress-wal': '{done}/{total} kB ({percent}%) of WAL verified',
  'verify.open-file': 'could not open file "{path}": {reason}',
  'verify.read-file': 'could not read file "{path}": {reason}',
  'verify.open-directory': 'could not open directory "{path}": {reason}',
  'verify.stat': 'could not stat file or directory "{path}": {reason}',
  'verify.not-file-or-directory': '"{path}" is not a regular file or directory',
  'verify.endless-link': '"{path}" is a link into a directory above it',
  'verify.extra': '"{path}" is present on disk but not in the manifest',
  'verify.missing': '"{path}" is present in the manifest but not on disk',
  'verify.size': '"{path}" has size {actual} on disk but size {expected} in the manifest',
  'verify.checksum': 'checksum mismatch for file "{path}"',
  'verify.checksum-length': 'file "{path}" has checksum of length {actual}, but expected {expected}',
  'verify.read-size': 'file "{path}" should contain {expected} bytes, but read {actual}',
  'verify.not-regular': 'file "{path}" is not a regular file',
  'verify.unexpected-archive': 'file "{path}" is not expected in a tar format backup',
  'verify.archive-twice': 'archive "{path}" is there twice: also as "{other}"',
  'verify.no-base-archive': 'there is no base.tar in "{path}"',
  'verify.no-base-archive.hint':
    'A backup is a directory with PG_VERSION in it, or a directory of archives with base.tar or base.tar.gz among them.',
  'verify.archive-extra': 'file "{path}" is present in archive "{archive}" but not in the manifest',
  'verify.archive-size': 'file "{path}" has size {actual} in archive "{archive}" but size {expected} in the manifest',
  'verify.archive-checksum': 'checksum mismatch for file "{path}" in archive "{archive}"',
  'verify.archive-checksum-length':
    'file "{path}" in archive "{archive}" has checksum of length {actual}, but expected {expected}',
  'verify.archive-damaged': 'could not read archive "{archive}": {reason}',
  'verify.version-missing': 'there is no "PG_VERSION" in the backup',
  'verify.control-missing': 'there is no "global/pg_control" in the backup',
  'verify.control-damaged': '{path}: {reason}',
  'verify.control-crc': '{path}: CRC is incorrect',
  'verify.control-version': '{path}: unexpected control file version',
  'verify.control-identity': '{path}: manifest system identifier is {expected}, but control file has {actual}',
  'verify.label-missing': 'there is no "backup_label" in the backup',
  'verify.label-damaged': 'backup_label: {reason}',
  'verify.link-target': 'tablespace link "{path}" does not lead to a directory: {target}',
  'verify.link-inside': 'tablespace link "{path}" leads into another data directory: {target}',
  'verify.tablespace-missing': 'tablespace {oid} is in tablespace_map but not in the backup',
  'verify.place-shared':
    'tablespaces {oid} and {other} lie in each other, at "{path}": restore needs a place for one of them (-T {oid}=/NEW/DIRECTORY)',
  'verify.place-in-instance':
    'tablespace {oid} was at "{path}", in the data directory "{instance}" that is there now: restore needs another place for it (-T {oid}=/NEW/DIRECTORY)',
  'verify.link-into-backup':
    'tablespace link "{path}" leads into the backup itself, to "{target}": restore needs another place for it (-T {oid}=/NEW/DIRECTORY)',
  'verify.link-of-another':
    'tablespace link "{path}" leads to "{target}", outside of this backup: this is a copy, and a server started on it would use the files of the other one (a restore makes the links anew)',
  'verify.link-shared':
    'tablespace link "{path}" leads to "{target}", and so does that of "{other}": a server started on one of them would change the files of both (a restore makes copies)',
  'verify.lacks-directories':
    'the backup lacks directories that a server needs to start, and that hold nothing: {names} (a restore makes them)',
  'verify.incremental':
    'this is an incremental backup: a restore needs those that it builds on too (the one before it starts at LSN {lsn} on timeline {timeline}), which were not looked at',
  'verify.tablespace-unknown': 'archive "{archive}" holds tablespace {oid}, which is not in tablespace_map',
  'verify.page':
    'checksum verification failed in file "{path}", block {block}: calculated checksum {computed} but block contains {stored}',
  'verify.page-empty':
    'page verification failed in file "{path}", block {block}: the header is empty but the page is not',
  'verify.pages-more': '{count} more {count|page|pages} of file "{path}" {count|fails|fail}',
  'verify.page-unproved':
    'whether {count} {count|page|pages} of file "{path}" {count|is|are} corrupt cannot be told: {count|it fails|they fail}, and no WAL that was read says whether it replaces {count|it|them}',
  'verify.wal-path.hint': 'Name the directory that holds the WAL, a WAL archive or a tar of WAL (-w), or leave -w out.',
  'verify.wal-missing': 'WAL segment {segment} is not in the backup',
  'verify.wal-short': 'WAL segment {segment} has {actual} of {expected} bytes',
  'verify.wal-read': 'could not read WAL segment {segment}: {reason}',
  'verify.wal-damaged': 'error in WAL record at {lsn}: {reason}',
  'verify.wal-failed': 'WAL parsing failed for timeline {timeline}',
  'verify.wal-start-not-covered':
    'the WAL that the manifest names does not hold the start of the backup, {lsn} on timeline {timeline}: nothing proves that a server can replay it',
  'verify.wal-no-end': 'the WAL in the backup ends at {lsn}, before the end of the backup',
  'verify.no-manifest':
    'the backup has no manifest: that no file is missing, added or changed since the backup was taken cannot be proved',
  'verify.no-manifest.hint':
    'Backups of gs_basebackup (gausskeep) and pg_basebackup 13 or later have one. Take a backup with one of them if you need this proof.',
  'verify.pages-not-judged': 'page checksums were not checked: {reason}',
  'verify.checksums-off': 'the instance has no page checksums',
  'verify.block-size': 'pages of {size} bytes in segments of {blocks} blocks',
  'verify.control-unreadable': 'the control file could not be read',
  'verify.not-found': 'could not open directory "{path}": {reason}',
  'verify.lacks-files': 'the backup was taken without these files of the server: {files}',
  'verify.bad-format': 'invalid backup format "{format}", must be "plain" or "tar"',
  'verify.failed': 'the backup is damaged: {count} {count|problem was|problems were} found',
  'verify.incomplete-proof': 'nothing wrong was found, but not everything could be proved',
} as const;
