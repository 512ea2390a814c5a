declare const byteStringBrand: unique symbol;

/**
 * Bytes as a string, one character (U+0000 … U+00FF) per byte: how file names from servers, archives and directories
 * travel here, because they need not be UTF-8. Use `display` before showing one, `toBytes` before giving it to `fs`.
 */
export type ByteString = string & { readonly [byteStringBrand]: never };

export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as ByteString;
}

/** The bytes of `text` in UTF-8, which is how paths from the command line and the environment arrive. */
export function fromText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
}

export function toBytes(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** For people: decoded as UTF-8; a byte that is no UTF-8 is shown as the replacement character. */
export function display(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** Whether the bytes are valid UTF-8, so that `display` loses nothing. */
export function isUtf8(name: ByteString): boolean {
  return fromText(display(name)) === name;
}
