/** Castagnoli polynomial, bit-reversed, as in `crc32c.ts`. */
const polynomial = 0x82f6_3b78;

/** x^(2^n) modulo the polynomial. */
const powers = buildPowers();

/**
 * CRC-32C of a followed by b, from the CRCs of both, without their bytes.
 * @param lengthOfSecond bytes of b, 0 … 2^53-1
 */
export function joinCrc32c(first: number, second: number, lengthOfSecond: number): number {
  return (multiply(powerOf(lengthOfSecond), first) ^ second) >>> 0;
}

/** x^(8·bytes) modulo the polynomial: what so many bytes of zeros do to a CRC before them. */
function powerOf(bytes: number): number {
  let result = 0x8000_0000;
  let left = bytes;
  for (let exponent = 3; left > 0; exponent++, left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(powers[exponent] ?? 0, result);
  }
  return result;
}

/** Product of two polynomials modulo the polynomial; the highest bit is the coefficient of x^0. */
function multiply(left: number, right: number): number {
  let product = 0;
  let factor = right;
  for (let bit = 31; bit >= 0; bit--) {
    if (((left >>> bit) & 1) === 1) product ^= factor;
    factor = (factor & 1) === 1 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}

function buildPowers(): number[] {
  const values = [0x4000_0000];
  while (values.length < 60) {
    const last = values.at(-1) ?? 0;
    values.push(multiply(last, last));
  }
  return values;
}
