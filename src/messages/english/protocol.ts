export const protocolMessages = {
  'protocol.bad-length': 'the server sent a {message} message with the invalid length {length}',
  'protocol.too-long': 'the server sent a {message} message of {length} bytes, more than the {limit} that are allowed',
  'protocol.unknown-type': 'the server sent a message of the unknown type {type}',
  'protocol.malformed': 'the server sent a malformed {message} message: {detail}',
  'protocol.unexpected': 'the server sent {message} while {phase}',
  'protocol.hint': 'Check that the address and port belong to a PostgreSQL, openGauss or MogDB server.',
} as const;
