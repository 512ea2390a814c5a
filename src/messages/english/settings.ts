export const settingsMessages = {
  'settings.passfile-open':
    'password file "{path}" has group or world access; permissions should be u=rw (0600) or less',
  'settings.passfile-not-plain': 'password file "{path}" is not a plain file',
  'settings.passfile-unreadable': 'could not read password file "{path}": {reason}',
  'settings.bad-port': 'invalid port number: "{text}"',
  'settings.bad-sslmode': 'invalid sslmode value: "{text}"',
  'settings.bad-connect-timeout': 'invalid integer value "{text}" for connection option "connect_timeout"',
  'settings.several-hosts': 'several hosts in one connection are not supported yet: "{host}"',
  'settings.no-user': 'could not look up the name of the operating system user',
  'settings.no-user-hint': 'Name the database user with -U/--username or PGUSER.',
  'settings.service': '{name} is set ("{value}"), but connection services are not read yet',
  'settings.service-hint':
    'Unset {name} and name the server with -h, -p and -U, or with PGHOST, PGPORT and PGUSER: without the service this could be another server.',
} as const;
