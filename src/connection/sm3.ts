/** Initial value of the chaining state. */
const initial = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;
const blockLength = 64;

/**
 * The hash function SM3 (GB/T 32905-2016, GM/T 0004-2012; ISO/IEC 10118-3): 32 bytes. Only logins to openGauss use it, on 32 bytes
 * of input; it is here because not every build of OpenSSL has it.
 */
export function sm3(data: Uint8Array): Buffer {
  const padded = pad(data);
  const state = Uint32Array.from(initial);
  const expanded = new Uint32Array(68);
  for (let offset = 0; offset < padded.length; offset += blockLength) {
    for (let index = 0; index < 16; index += 1) expanded[index] = padded.readUInt32BE(offset + 4 * index);
    expand(expanded);
    compress(state, expanded);
  }
  const digest = Buffer.alloc(32);
  state.forEach((word, index) => digest.writeUInt32BE(word, 4 * index));
  return digest;
}

/** One bit, zeros, and the length in bits in 8 bytes, up to a whole number of blocks. */
function pad(data: Uint8Array): Buffer {
  const length = Math.ceil((data.length + 9) / blockLength) * blockLength;
  const padded = Buffer.alloc(length);
  padded.set(data);
  padded[data.length] = 0x80;
  padded.writeBigUInt64BE(BigInt(data.length) * 8n, length - 8);
  return padded;
}

function expand(words: Uint32Array): void {
  for (let index = 16; index < 68; index += 1) {
    const mixed = at(words, index - 16) ^ at(words, index - 9) ^ rotate(at(words, index - 3), 15);
    words[index] = p1(mixed) ^ rotate(at(words, index - 13), 7) ^ at(words, index - 6);
  }
}

function compress(state: Uint32Array, words: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = Array.from(state) as [number, number, number, number, number, number, number, number];
  for (let round = 0; round < 64; round += 1) {
    const constant = round < 16 ? 0x79cc4519 : 0x7a879d8a;
    const ss1 = rotate((rotate(a, 12) + e + rotate(constant, round % 32)) | 0, 7);
    const ss2 = ss1 ^ rotate(a, 12);
    const ff = round < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = round < 16 ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + ss2 + (at(words, round) ^ at(words, round + 4))) | 0;
    const tt2 = (gg + h + ss1 + at(words, round)) | 0;
    [a, b, c, d] = [tt1, a, rotate(b, 9), c];
    [e, f, g, h] = [p0(tt2), e, rotate(f, 19), g];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = at(state, index) ^ word));
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function p0(word: number): number {
  return word ^ rotate(word, 9) ^ rotate(word, 17);
}

function p1(word: number): number {
  return word ^ rotate(word, 15) ^ rotate(word, 23);
}
