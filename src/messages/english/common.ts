export const commonMessages = {
  'common.internal': 'internal error: {reason}',
  'common.internal.hint': 'This is a defect of gausskeep. Please report it with the command line and this message.',
  'common.aborted': 'interrupted by {signal}',
  'common.stdout': 'could not write to standard output: {reason}',
  'common.stdout-full.hint':
    'The file system of the file that it goes to is full, or the quota is used up. Free space there.',
  'common.server-text': '{lines}',
  'common.pace': '{rate}/s, {eta} left',
  'common.place.directory': 'directory {path}',
  'common.place.instance': 'directory {path}, instance {instance}',
  'common.place.archive': 'archive {path}',
  'common.place.generation': 'archive {path}, generation {generation}',
} as const;
