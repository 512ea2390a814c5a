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
    'configuration file "{path}": archive must be the absolute path of a directory or s3://BUCKET/PREFIX, in quotes',
  'configuration.bad-backups': 'configuration file "{path}": backups must be a list of absolute paths of directories',
  'configuration.bad-generation': 'configuration file "{path}": generation must be a whole number from 1 to 999999999',
  'configuration.bad-repo':
    'configuration file "{path}": repo must be the absolute path of a directory or s3://BUCKET/PREFIX, in quotes',
  'configuration.bad-instance': 'configuration file "{path}": instance must be the name of an instance, in quotes',
  'configuration.bad-s3':
    'configuration file "{path}": {key} is not what it may be; s3-allow-http is true or false, s3-style "path" or "virtual", files have absolute paths',
  'configuration.bad-password-file':
    'configuration file "{path}": password-file must be the absolute path of a file, in quotes',
  'configuration.bad-password-command': 'configuration file "{path}": password-command must be a command, in quotes',
  'configuration.two-passwords': 'configuration file "{path}": password-file and password-command exclude each other',
} as const;
