export const receiveOptionsMessages = {
  'receive.create-and-drop': 'cannot use --create-slot together with --drop-slot',
  'receive.needs-slot': '{option} needs a slot to be specified using --slot',
  'receive.synchronous-no-sync': 'cannot use --synchronous together with --no-sync',
  'receive.no-target': 'no target directory specified',
  'receive.no-place': 'neither a directory nor an archive was named',
  'receive.no-place.hint':
    'Name one with -D DIRECTORY or --archive DIRECTORY, or the archive in GAUSSKEEP_ARCHIVE or the configuration file.',
  'receive.two-places': '-D/--directory and --archive cannot be used together',
  'receive.generation-in-directory': '--generation is of an archive and cannot be used with -D/--directory',
  'receive.bad-endpos': 'could not parse end position "{text}"',
  'receive.bad-value': 'invalid value "{text}" for option {option}',
  'receive.out-of-range': '{option} must be in range {low}..{high}',
  'receive.bad-choice': 'invalid value "{text}" for {option}, must be {choices}',
  'receive.needs-option': '{option} needs {needed}',
  'receive.fork-in-directory': '--on-fork=generation needs an archive: a directory has one line of WAL only',
  'receive.warn-above-max': '--slot-warn is not below --slot-max',
  'receive.no-directory': 'could not open directory "{path}": {reason}',
} as const;
