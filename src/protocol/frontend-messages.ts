/** Protocol versions of the startup packet: major << 16 | minor. */
export const protocolVersion = {
  /** Every PostgreSQL since 7.4. */
  v3_0: 0x0003_0000,
  /** What clients of openGauss ask for. PostgreSQL answers it with NegotiateProtocolVersion. */
  v3_51: 0x0003_0033,
} as const;

const sslRequestCode = 80877103; // 1234 << 16 | 5679
const cancelRequestCode = 80877102; // 1234 << 16 | 5678

/** StartupMessage: length, version, pairs of names and values ended by zero bytes, a zero byte. Parameters in their order. */
export function encodeStartup(version: number, parameters: readonly (readonly [string, string])[]): Uint8Array {
  const strings = parameters.flat().map(cString);
  const body = Buffer.concat([uint32(version), ...strings, Buffer.alloc(1)]);
  return Buffer.concat([uint32(body.length + 4), body]);
}

export function encodeSslRequest(): Uint8Array {
  return Buffer.concat([uint32(8), uint32(sslRequestCode)]);
}

/** CancelRequest with the values of BackendKeyData. */
export function encodeCancelRequest(processId: number, secretKey: Uint8Array): Uint8Array {
  return Buffer.concat([uint32(12 + secretKey.length), uint32(cancelRequestCode), uint32(processId), secretKey]);
}

/** PasswordMessage: a password, or the text that stands for it. */
export function encodePassword(password: string): Uint8Array {
  return message('p', cString(password));
}

export function encodeSaslInitialResponse(mechanism: string, response: Uint8Array): Uint8Array {
  return message('p', Buffer.concat([cString(mechanism), uint32(response.length), response]));
}

export function encodeSaslResponse(response: Uint8Array): Uint8Array {
  return message('p', response);
}

export function encodeQuery(sql: string): Uint8Array {
  return message('Q', cString(sql));
}

/** The 5 bytes before a CopyData body of `bodyLength` bytes. */
export function encodeCopyDataHeader(bodyLength: number): Uint8Array {
  const header = Buffer.allocUnsafe(5);
  header.writeUInt8(0x64, 0);
  header.writeUInt32BE(bodyLength + 4, 1);
  return header;
}

export function encodeCopyDone(): Uint8Array {
  return message('c', Buffer.alloc(0));
}

export function encodeTerminate(): Uint8Array {
  return message('X', Buffer.alloc(0));
}

function message(type: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(type, 'latin1'), uint32(body.length + 4), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/**
 * @throws RangeError when `text` holds a zero byte, which would end the string early and start another field.
 * The text is not repeated in the error: it may be a password.
 */
function cString(text: string): Buffer {
  if (text.includes('\0')) throw new RangeError('a string of the protocol cannot contain a zero byte');
  return Buffer.from(`${text}\0`, 'utf8');
}
