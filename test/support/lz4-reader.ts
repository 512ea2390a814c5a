/**
 * A reader of whole lz4 files, which shares no code with src/: what it reads, the lz4 program reads. Slow, strict, without a word on
 * what is wrong. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @throws Error when a checksum, a length or anything else is not as it must be
 */
export function readLz4(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const contents: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const magic = bytes.readUInt32LE(at);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + bytes.readUInt32LE(at + 4);
      must(at <= bytes.length);
      continue;
    }
    must(magic === 0x184d2204);
    const frame = readFrame(bytes, at + 4);
    contents.push(frame.content);
    at = frame.end;
  }
  must(contents.length > 0);
  return Buffer.concat(contents);
}

function readFrame(bytes: Buffer, start: number): { content: Buffer; end: number } {
  const flags = bytes.readUInt8(start);
  const descriptor = bytes.readUInt8(start + 1);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  must(flags >> 6 === 1 && !has(0x02) && !has(0x01) && (descriptor & 0x8f) === 0 && descriptor >> 4 >= 4);
  const limit = 1 << (8 + 2 * (descriptor >> 4));
  let at = start + 2 + (has(0x08) ? 8 : 0);
  must(bytes.readUInt8(at) === ((hash(bytes.subarray(start, at)) >>> 8) & 0xff));
  at += 1;
  const output: number[] = [];
  for (let word = bytes.readUInt32LE(at); word !== 0; word = bytes.readUInt32LE(at)) {
    const length = word & 0x7fff_ffff;
    const block = bytes.subarray(at + 4, at + 4 + length);
    must(block.length === length && length <= limit);
    at += 4 + length;
    if (has(0x10)) {
      must(bytes.readUInt32LE(at) === hash(block));
      at += 4;
    }
    const before = output.length;
    if (word >>> 31 === 1) for (const byte of block) output.push(byte);
    else readBlock(block, output, has(0x20) ? before : 0);
    must(output.length - before <= limit);
  }
  at += 4;
  const content = Buffer.from(output);
  if (has(0x08)) must(bytes.readBigUInt64LE(start + 2) === BigInt(content.length));
  if (has(0x04)) {
    must(bytes.readUInt32LE(at) === hash(content));
    at += 4;
  }
  return { content, end: at };
}

/** Appends the content of `block`, whose matches may not reach back before `first`. */
function readBlock(block: Buffer, output: number[], first: number): void {
  let at = 0;
  const more = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) {
      byte = block.readUInt8(at);
      at += 1;
    }
    return length;
  };
  for (;;) {
    const token = block.readUInt8(at);
    at += 1;
    const literals = more(token >> 4);
    must(at + literals <= block.length);
    for (const byte of block.subarray(at, at + literals)) output.push(byte);
    at += literals;
    if (at === block.length) return;
    const source = output.length - block.readUInt16LE(at);
    at += 2;
    must(source >= first && source < output.length);
    const length = more(token & 15) + 4;
    for (let index = source; index < source + length; index += 1) output.push(output[index] ?? 0);
  }
}

/** xxHash32 with seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
function hash(bytes: Buffer): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
  const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  const lanes = [p1 + p2, p2, 0, -p1];
  let at = 0;
  for (; at + 16 <= bytes.length; at += 16) {
    for (const [index, lane] of lanes.entries()) {
      const word = Math.imul(bytes.readUInt32LE(at + 4 * index), p2);
      lanes[index] = Math.imul(rotate((lane + word) | 0, 13), p1);
    }
  }
  const [one = 0, two = 0, three = 0, four = 0] = lanes;
  let sum = at === 0 ? p5 : rotate(one, 1) + rotate(two, 7) + rotate(three, 12) + rotate(four, 18);
  sum = (sum + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4)
    sum = Math.imul(rotate((sum + Math.imul(bytes.readUInt32LE(at), p3)) | 0, 17), p4);
  for (; at < bytes.length; at += 1) sum = Math.imul(rotate((sum + Math.imul(bytes.readUInt8(at), p5)) | 0, 11), p1);
  sum = Math.imul(sum ^ (sum >>> 15), p2);
  sum = Math.imul(sum ^ (sum >>> 13), p3);
  return (sum ^ (sum >>> 16)) >>> 0;
}

function must(sound: boolean): void {
  if (!sound) throw new Error('not as lz4 writes it');
}
