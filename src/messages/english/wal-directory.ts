export const walDirectoryMessages = {
  'wal-directory.missing': 'could not open directory "{path}": No such file or directory',
  'wal-directory.missing.hint': 'Make the directory, for the account that receives, or name another one.',
  'wal-directory.not-a-directory': 'could not open directory "{path}": Not a directory',
  'wal-directory.partial-size': 'write-ahead log file "{path}" has {size} bytes, should be 0 or {expected}',
  'wal-directory.partial-size.hint':
    'It is no beginning of a segment of this server. Move it away, or receive into another directory.',
  'wal-directory.damaged': 'segment file "{path}" is damaged: {reason}',
  'wal-directory.wrong-size': 'segment file "{path}" has incorrect size {size}, expected {expected}',
  'wal-directory.skipped-size': 'segment file "{path}" has incorrect size {size}, skipping',
  'wal-directory.skipped-compressed-size':
    'compressed segment file "{path}" has incorrect uncompressed size {size}, skipping',
  'wal-directory.skipped-damaged': 'segment file "{path}" cannot be read to its end, skipping: {reason}',
  'wal-directory.other-instance':
    'directory "{path}" holds the WAL of another database system: its identifier is {actual}, that of the server is {expected}',
  'wal-directory.other-instance.hint':
    'Receive into a directory of its own for each server: file "{file}" says whose it is.',
  'wal-directory.other-segment-size':
    'directory "{path}" holds WAL in segments of {actual} bytes, the server has segments of {expected} bytes',
  'wal-directory.segment-exists': 'segment file "{path}" exists already and is no whole segment',
  'wal-directory.segment-exists.hint': 'It is left as it is. Move it away; the segment is then received again.',
  'wal-directory.history-exists': 'timeline history file "{path}" exists already with another content',
  'wal-directory.history-exists.hint':
    'The directory holds another history of this server. Compare the two, or receive into another directory.',
  'wal-directory.no-generations': 'directory "{path}" cannot hold two lines of WAL: only an archive has generations',
  'wal-directory.no-generations.hint': 'Receive into an archive with --archive, or into an empty directory.',
} as const;
