export const connectionMessages = {
  'connection.failed-host': 'connection to server at "{host}" ({address}), port {port} failed: {reason}',
  'connection.failed-address': 'connection to server at "{address}", port {port} failed: {reason}',
  'connection.failed-socket': 'connection to server on socket "{path}" failed: {reason}',
  'connection.failed-several': '{lines}',
  'connection.tcp-hint': 'Is the server running on that host and accepting TCP/IP connections?',
  'connection.unix-hint': 'Is the server running locally and accepting connections on that socket?',
  'connection.unknown-host': 'could not translate host name "{host}" to address: {reason}',
  'connection.socket-path-too-long': 'Unix-domain socket path "{path}" is too long (maximum {limit} bytes)',
  'connection.closed': 'server closed the connection unexpectedly',
  'connection.closed-hint':
    'This probably means the server terminated abnormally before or while processing the request.',
  'connection.closed-at-login-hint':
    'It came before the server had said anything. openGauss does that where pg_hba.conf has no line for this address, or only one with the method reject: look there first, and reload the server. Otherwise something between here and the server, or the server itself, ended the connection: see its log.',
  'connection.unknown-host-hint':
    'Check the spelling of the name, and that this host can resolve it (/etc/hosts, DNS). An address can be given instead (-h, PGHOSTADDR).',
  'connection.time-out-hint':
    'The server did not complete the login in time. PGCONNECT_TIMEOUT (seconds) sets the time; otherwise it is that of -t, at least one minute.',
  'connection.no-tls-hint':
    'Set ssl = on with a certificate on the server, or do without TLS on a network that you trust: PGSSLMODE=prefer.',
  'connection.login-endless': 'the server does not come to the end of the login: more than {limit} messages',
  'connection.login-rounds':
    'the server does not come to the end of the login: more than {limit} requests for a password',
  'connection.login-endless-hint': 'This is not how a database server behaves. Check host and port.',
  'connection.broken': 'the connection to the server broke: {reason}',
  'connection.not-open': 'the connection is closed',
  'connection.silent': 'no data came from the server for {seconds} s',
  'connection.silent-hint':
    'The network or the server hangs. The time is that of -t/--rw-timeout; 120 s unless it is given.',
  'connection.answer-too-large': 'the answer to a query has more than {limit} bytes',
  'connection.time-out': 'timeout expired',
  'connection.no-tls': 'server does not support SSL, but SSL was required',
  'connection.tls-failed': 'SSL error: {reason}',
  'connection.tls-unencrypted-data': 'received unencrypted data after SSL response',
  'connection.tls-unencrypted-data-hint':
    'Somebody between here and the server may be tampering with the connection, or the server is defective.',
  'connection.tls-bad-answer': 'the server answered the request for SSL with the byte {byte}',
  'connection.sslmode-later': 'sslmode {mode} is not supported yet',
  'connection.sslmode-later-hint': 'Certificates are not verified by this version; use sslmode require or a tunnel.',
  'connection.no-password': 'fe_sendauth: no password supplied',
  'connection.no-password-hint': 'Set PGPASSWORD, add a line to the password file, or allow the password prompt.',
  'connection.password-from-file': 'The password was retrieved from file "{path}".',
  'connection.unsupported-authentication': 'authentication method {code} ({name}) is not supported',
  'connection.unsupported-mechanism': "none of the server's SASL authentication mechanisms is supported: {mechanisms}",
  'connection.stored-method': 'the server keeps the password in the unknown way {method}',
  'connection.too-many-iterations':
    'the server asks for {iterations} iterations of the password hash, more than {limit}',
  'connection.too-many-iterations-hint':
    'A hostile server could keep this program busy with that. Raise the limit with --max-auth-iterations if the server is right.',
  'connection.wrong-server-signature': 'the server could not prove that it knows the password',
  'connection.wrong-server-signature-hint': 'The password is wrong, or this is not the server it seems to be.',
  'connection.md5-sha256-hint':
    'The rule in pg_hba.conf says md5 but the password is stored as sha256. Write sha256 in that rule, and check the password.',
  'connection.password-has-zero': 'the password contains a zero byte',
} as const;
