export const configurationMessages = {
  'configuration.unreadable': 'cannot read configuration file "{path}": {reason}',
  'configuration.unreadable.hint':
    'It was named by GAUSSKEEP_CONFIG, or found in its default place. GAUSSKEEP_CONFIG=/dev/null stands for no file.',
  'configuration.not-plain': 'configuration file "{path}" is not a regular file',
  'configuration.too-large': 'configuration file "{path}" has more than {limit} bytes',
  'configuration.syntax': 'configuration file "{path}", line {line}: {reason}',
  'configuration.syntax.hint': 'Its format is TOML: NAME = "TEXT", NAME = NUMBER, NAME = ["TEXT", "TEXT"].',
  'configuration.unknown-key': 'configuration file "{path}": unknown setting "{key}"',
  'configuration.unknown-key.hint': 'It may hold: {keys}. Passwords have no place in it.',
  'configuration.bad-archive':
    'configuration file "{path}": archive must be the absolute path of a directory, in quotes',
  'configuration.bad-backups': 'configuration file "{path}": backups must be a list of absolute paths of directories',
  'configuration.bad-generation': 'configuration file "{path}": generation must be a whole number from 1 to 999999999',
} as const;
