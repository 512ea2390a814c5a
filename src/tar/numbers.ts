/**
 * Numbers in archive headers. All functions return undefined for what is no number, so that the caller can name the field.
 */

/**
 * Exactly `length` octal digits, nothing else. Up to 17 digits fit a number exactly; headers have at most 12.
 */
export function strictOctal(bytes: Uint8Array, offset: number, length: number): number | undefined {
  let value = 0;
  for (let index = offset; index < offset + length; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  return value;
}

/**
 * A numeric field of a ustar header: octal digits after optional spaces, ended by NUL, space or the field's end; or
 * base-256 (GNU, star) when its first byte is 0x80 (or 0xff: negative). An all-blank field is 0.
 * Undefined as well for a value that is not exact in a number.
 */
export function tarNumber(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const first = bytes[offset] ?? 0;
  if ((first & 0x80) !== 0) return base256(bytes, offset, length);
  const end = offset + length;
  let index = offset;
  while (index < end && bytes[index] === 0x20) index += 1;
  let value = 0;
  for (; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    const digit = byte - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  for (; index < end; index += 1) {
    const byte = bytes[index];
    if (byte !== 0 && byte !== 0x20) return undefined;
  }
  return value;
}

function base256(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const first = bytes[offset] ?? 0;
  if (first !== 0x80 && first !== 0xff) return undefined;
  let value = first === 0xff ? -1n : 0n;
  for (let index = offset + 1; index < offset + length; index += 1) {
    value = value * 256n + BigInt(bytes[index] ?? 0);
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A decimal number of a pax record: digits only, with an optional fraction where `fraction` is set (cut off, as in `mtime`). */
export function paxNumber(text: string, { fraction }: { fraction: boolean }): number | undefined {
  const match = (fraction ? /^(-?\d{1,16})(?:\.\d*)?$/ : /^(\d{1,16})$/).exec(text);
  const number = Number(match?.[1]);
  return match !== null && Number.isSafeInteger(number) ? number : undefined;
}
