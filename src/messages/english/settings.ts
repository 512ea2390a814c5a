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
  'settings.port-count': 'could not match {ports} port numbers to {hosts} hosts',
  'settings.ha-port-count': 'could not match {ports} HA port numbers to {hosts} hosts',
  'settings.hostaddr-count': 'could not match {hosts} host names to {addresses} hostaddr values',
  'settings.connection-equals': 'missing "=" in connection info string',
  'settings.connection-quote': 'unterminated quoted string in connection info string',
  'settings.connection-uri': 'invalid connection URI',
  'settings.connection-encoding': 'invalid percent-encoded token in connection URI',
  'settings.connection-option': 'invalid connection option',
  'settings.connection-later': 'connection option "{option}" is not supported yet',
  'settings.connection-hint':
    'Possible are host, hostaddr, port, user, password, passfile, application_name, connect_timeout, sslmode, options and client_encoding; dbname and replication are passed over. The string is not shown because it may hold a password.',
} as const;
