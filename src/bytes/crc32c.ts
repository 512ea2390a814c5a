/** Castagnoli polynomial, bit-reversed. Source: port/pg_crc32c.h of both products; RFC 3720 §12.1. */
const polynomial = 0x82f6_3b78;

const table = buildTable();

/**
 * CRC-32C of `bytes`, 0 … 2^32-1.
 * @param seed the value returned for the bytes before these: `crc32c(b, crc32c(a))` is the CRC of a followed by b
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function buildTable(): Int32Array {
  const values = new Int32Array(256);
  for (let index = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    values[index] = crc;
  }
  return values;
}
