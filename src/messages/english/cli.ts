export const cliMessages = {
  'cli.what': '{program} backs up, proves, restores and recovers openGauss, MogDB and PostgreSQL instances.',
  'cli.usage': '\nUsage:\n  {program} {synopsis}',
  'cli.commands': 'Commands:',
  'cli.foot': 'gs_basebackup takes backups, gs_tar unpacks archives. "{program} COMMAND --help" explains a command.',
  'cli.no-command': 'no command given',
  'cli.unknown-command': 'unknown command "{word}"',
  'cli.did-you-mean': 'Did you mean "{program} {command}"?',
  'cli.backup.hint': 'Backups are taken by gs_basebackup: gs_basebackup -D DIRECTORY. See "gs_basebackup --help".',
  'cli.help.general': 'General options:',
  'cli.help.help': 'show this help, then exit',
} as const;
