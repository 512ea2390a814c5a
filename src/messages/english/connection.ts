export const connectionMessages = {
  'connection.failed-host': 'connection to server at "{host}" ({address}), port {port} failed: {lines}',
  'connection.failed-address': 'connection to server at "{address}", port {port} failed: {lines}',
  'connection.failed-socket': 'connection to server on socket "{path}" failed: {lines}',
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
    'The server did not complete the login in time. connect_timeout or PGCONNECT_TIMEOUT (seconds) sets the time; otherwise it is that of -t, at least one minute.',
  'connection.no-tls-hint':
    'Set ssl = on with a certificate on the server, or do without TLS on a network that you trust: sslmode=prefer (PGSSLMODE).',
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
  'connection.unsupported-mechanism-plain':
    'server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection',
  'connection.binding-no-tls': 'channel binding required, but SSL not in use',
  'connection.binding-not-offered':
    'channel binding is required, but server did not offer an authentication method that supports channel binding',
  'connection.binding-no-digest':
    "channel binding is required, but the signature of the server's certificate has no digest to bind to",
  'connection.binding-unsupported': "channel binding required but not supported by server's authentication request",
  'connection.not-bound': 'channel binding required, but server authenticated client without channel binding',
  'connection.auth-password':
    'authentication method requirement "{required}" failed: server requested a cleartext password',
  'connection.auth-md5': 'authentication method requirement "{required}" failed: server requested a hashed password',
  'connection.auth-scram':
    'authentication method requirement "{required}" failed: server requested SASL authentication',
  'connection.auth-sha256': 'authentication method requirement "{required}" failed: server requested a sha256 password',
  'connection.auth-sm3': 'authentication method requirement "{required}" failed: server requested an sm3 password',
  'connection.auth-gss':
    'authentication method requirement "{required}" failed: server requested GSSAPI authentication',
  'connection.auth-sspi': 'authentication method requirement "{required}" failed: server requested SSPI authentication',
  'connection.auth-unknown':
    'authentication method requirement "{required}" failed: server requested authentication method {code}',
  'connection.auth-none':
    'authentication method requirement "{required}" failed: server did not complete authentication',
  'connection.auth-hint':
    'The server got no answer. The rule of pg_hba.conf for this user decides what the server asks for; require_auth and PGREQUIREAUTH decide what may be answered.',
  'connection.no-certificate-name': "could not get server's host name from server certificate",
  'connection.other-certificate-name': 'server certificate for "{name}" does not match host name "{host}"',
  'connection.other-certificate-names':
    'server certificate for "{name}" (and {count} other {count|name|names}) does not match host name "{host}"',
  'connection.other-certificate-name-hint':
    'Connect to the server by a name that its certificate has; hostaddr can lead to another address. sslmode=verify-ca leaves the name out.',
  'connection.certificate-refused-hint':
    'The authorities are those of sslrootcert (~/.postgresql/root.crt unless it is given), the revoked certificates those of sslcrl and sslcrldir.',
  'connection.no-root-file': 'no root certificate file is named',
  'connection.root-missing': 'root certificate file "{path}" does not exist',
  'connection.no-root-hint':
    "Either provide the file, use the system's trusted roots with sslrootcert=system, or change sslmode to disable server certificate verification.",
  'connection.root-unreadable': 'could not read root certificate file "{path}": {reason}',
  'connection.no-system-roots': "could not load the system's root certificates: there are none in {paths}",
  'connection.crl-unreadable': 'could not read the list of revoked certificates "{path}": {reason}',
  'connection.certificate-unreadable': 'could not read certificate file "{path}": {reason}',
  'connection.key-missing': 'certificate present, but not private key file "{path}"',
  'connection.key-not-plain': 'private key file "{path}" is not a regular file',
  'connection.key-open':
    'private key file "{path}" has group or world access; file must have permissions u=rw (0600) or less if owned by the current user, or permissions u=rw,g=r (0640) or less if owned by root',
  'connection.key-unreadable': 'could not load private key file "{path}": {reason}',
  'connection.key-password':
    'could not load private key file "{path}": it has a password, and sslpassword is missing or wrong',
  'connection.key-of-another': 'certificate "{path}" does not match private key file "{key}"',
  'connection.tls-direct-hint':
    'sslnegotiation=direct needs PostgreSQL 17 or later with ssl = on; without it, any server is asked for TLS first.',
  'connection.tls-no-alpn': 'direct SSL connection was established without ALPN protocol negotiation extension',
  'connection.tls-no-certificate': 'certificate could not be obtained: the server sent none',
  'connection.weak-direct':
    'weak sslmode "{mode}" may not be used with sslnegotiation=direct (use "require", "verify-ca", or "verify-full")',
  'connection.no-certificate': 'no certificate found',
} as const;
