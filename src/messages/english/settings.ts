export const settingsMessages = {
  'settings.passfile-open':
    'password file "{path}" has group or world access; permissions should be u=rw (0600) or less',
  'settings.passfile-not-plain': 'password file "{path}" is not a plain file',
  'settings.passfile-unreadable': 'could not read password file "{path}": {reason}',
  'settings.bad-port': 'invalid port number: "{text}"',
  'settings.bad-word': 'invalid {option} value: "{text}"',
  'settings.bad-word-hint': 'Possible are {words}.',
  'settings.bad-integer': 'invalid integer value "{text}" for connection option "{option}"',
  'settings.bad-hostaddr': 'could not parse network address "{text}"',
  'settings.weak-system-roots':
    'weak sslmode "{mode}" may not be used with sslrootcert=system (use "verify-full")',
  'settings.tls-version-range': 'invalid SSL protocol version range',
  'settings.auth-positive-mixed':
    'require_auth method "{method}" cannot be mixed with negative methods',
  'settings.auth-negative-mixed':
    'negative require_auth method "{method}" cannot be mixed with non-negative methods',
  'settings.auth-twice': 'require_auth method "{method}" is specified more than once',
  'settings.unsupported': 'connection option {option} is not supported',
  'settings.unsupported-hint':
    'Node.js cannot do it, and without it the connection would be less safe than was asked for. Leave it out if that is acceptable.',
  'settings.passed-over': 'connection option {option} has no effect here',
  'settings.no-user': 'could not look up the name of the operating system user',
  'settings.no-user-hint': 'Name the database user with -U/--username or PGUSER.',
  'settings.service-no-file': 'service file "{path}" not found',
  'settings.service-unknown': 'definition of service "{service}" not found',
  'settings.service-unknown-hint':
    'Services are looked for in the file of PGSERVICEFILE or ~/.pg_service.conf, then in pg_service.conf of the directory of PGSYSCONFDIR.',
  'settings.service-nested':
    'nested "{keyword}" specifications not supported in service file "{path}", line {line}',
  'settings.service-ldap': 'LDAP is not supported in service file "{path}", line {line}',
  'settings.service-syntax': 'syntax error in service file "{path}", line {line}',
  'settings.service-unreadable': 'could not read service file "{path}": {reason}',
  'settings.port-count': 'could not match {ports} port numbers to {hosts} hosts',
  'settings.ha-port-count': 'could not match {ports} HA port numbers to {hosts} hosts',
  'settings.hostaddr-count': 'could not match {hosts} host names to {addresses} hostaddr values',
  'settings.connection-equals': 'missing "=" in connection info string',
  'settings.connection-quote': 'unterminated quoted string in connection info string',
  'settings.connection-uri': 'invalid connection URI',
  'settings.connection-encoding': 'invalid percent-encoded token in connection URI',
  'settings.connection-bracket':
    'end of string reached when looking for matching "]" in IPv6 host address in URI',
  'settings.connection-empty-literal': 'IPv6 host address may not be empty in URI',
  'settings.connection-uri-equals': 'missing key/value separator "=" in URI query parameter',
  'settings.connection-extra-equals': 'extra key/value separator "=" in URI query parameter',
  'settings.connection-zero': 'forbidden value %00 in percent-encoded value',
  'settings.connection-option': 'invalid connection option',
  'settings.connection-hint':
    'It is keyword=value … or postgresql://user@host:port/?keyword=value&…, with the keywords of libpq. The string is not shown because it may hold a password.',
} as const;
