const digits = '0123456789abcdefghijklmnopqrstuv';

/** RFC 4648 base32hex in lower case, without padding: names that keep on file systems that know no capitals. */
export function encodeBase32Hex(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += digits.charAt((held >> (bits - 5)) & 31);
  }
  return bits === 0 ? text : text + digits.charAt((held << (5 - bits)) & 31);
}

/** Undefined for what `encodeBase32Hex` gives of no bytes at all: other characters, a length or bits that are left over. */
export function decodeBase32Hex(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let filled = 0;
  for (const character of text) {
    const digit = digits.indexOf(character);
    if (digit < 0) return undefined;
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[filled++] = (held >> bits) & 0xff;
  }
  return encodeBase32Hex(bytes) === text ? bytes : undefined;
}
