export const walMessages = {
  'wal.bad-lsn': 'invalid LSN "{text}"',
  'wal.bad-lsn.hint':
    'An LSN is two hexadecimal numbers of at most 8 digits with a slash between them, for example 0/3000028.',
  'wal.bad-segment-size': 'invalid WAL segment size {size}',
  'wal.bad-segment-size.hint': 'A WAL segment is a power of two between 1 MiB and 1 GiB.',
  'wal.bad-segment-name': 'invalid WAL segment name "{text}"',
} as const;
