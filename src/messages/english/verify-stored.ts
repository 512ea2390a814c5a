/** Verifying the backups of a repository: `gausskeep verify --repo`. */
export const verifyStoredMessages = {
  'verify-stored.help.read-data':
    'of a repository: read the content too, each block once, and compare it with its hash, and read the WAL; with 10% or 10GB so much of the content, going on where the run before ended',
  'verify-stored.bad-amount':
    '--read-data: "{text}" is neither a part such as 10% (above 0, at most 100) nor a size such as 10GB',
  'verify-stored.bare-amount': '--read-data: {text} of what? {text}% or {text}MB',
  'verify-stored.blank-amount': '--read-data {text}: the amount follows a "=" without a blank, --read-data={text}',
  'verify-stored.none': '"{instance}" has no backup: nothing was looked at',
  'verify-stored.there':
    '{backup} of "{instance}": every pack that it uses is there, of its size, and its WAL ({segments} {segments|segment|segments}) by receipts and sizes; its content was not read (--read-data)',
  'verify-stored.part':
    '{backup} of "{instance}": every pack that it uses is there, of its size, and its WAL ({segments} {segments|segment|segments}) by receipts and sizes; what was read of its content is as it was backed up',
  'verify-stored.read':
    '{backup} of "{instance}": {count} {count|file|files}, every block as it was backed up, and its WAL, every record of {segments} {segments|segment|segments}',
  'verify-stored.without-hash':
    '   - but {blocks} {blocks|block|blocks} of it, in {files} {files|file|files}, {blocks|has|have} no hash in the repository: nothing tells whether that content is as it was backed up',
  'verify-stored.damaged': '{backup} of "{instance}": damaged',
  'verify-stored.fault': '   - {reason}',
  'verify-stored.files': '     {count} {count|file|files}: {names}',
  'verify-stored.files-and-more': '     {count} {count|file|files}: {names} and {more} more',
  'verify-stored.wrong-content': '"{object}" holds content, in several places, that is not what was backed up',
  'verify-stored.damaged-parts': '"{object}" is damaged: several parts of it cannot be read',
  'verify-stored.more': '   - and {count} more {count|fault|faults}',
  'verify-stored.damaged-files':
    '   {count} {count|file is|files are} damaged in all, each counted with the first thing that was found wrong with it',
  'verify-stored.wal-missing': 'WAL segment {segment}, which the backup needs, is not there',
  'verify-stored.coverage':
    'read {read} of the {total} of content that backups use ({readPacks} of {packs} packs of content)',
  'verify-stored.all-read': 'since {time} all of it was read at least once and found sound',
  'verify-stored.never-read': '{bytes} of it were never read and found sound by this host, as far as it remembers',
  'verify-stored.unreadable-maps':
    'What {count} {count|backup uses|backups use} besides is not known, because {count|its records are|their records are} damaged: that was not read',
  'verify-stored.not-kept':
    'what was read is not remembered, for there is no directory for it that can be written (GAUSSKEEP_CACHE): the next run does not know of it',
} as const;
