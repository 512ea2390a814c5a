import { crc32, inflateRawSync } from 'node:zlib';

/**
 * The content of a whole gzip file, which must be members as RFC 1952 has them from its first byte to its last: known flags, an extra
 * field of whole subfields, the sum and the length of each content. Nothing else may lie between or behind them.
 * @throws Error when anything is otherwise
 */
export function readGzip(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const contents: Buffer[] = [];
  let at = 0;
  while (at < bytes.length || contents.length === 0) {
    const start = afterHeader(bytes, at);
    const { buffer: content, engine } = inflateRawSync(bytes.subarray(start), { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    at = start + engine.bytesWritten;
    must(bytes.readUInt32LE(at) === crc32(content) && bytes.readUInt32LE(at + 4) === content.length);
    at += 8;
    contents.push(content);
  }
  return Buffer.concat(contents);
}

/** Where the deflated content of the member at `at` begins. Names, comments and sums of headers are none of ours. */
function afterHeader(bytes: Buffer, at: number): number {
  must(bytes.readUInt16BE(at) === 0x1f8b && bytes.readUInt8(at + 2) === 8);
  const flags = bytes.readUInt8(at + 3);
  must((flags & ~0x04) === 0);
  if (flags === 0) return at + 10;
  const end = at + 12 + bytes.readUInt16LE(at + 10);
  let field = at + 12;
  while (field < end) field += 4 + bytes.readUInt16LE(field + 2);
  must(field === end && end <= bytes.length);
  return end;
}

function must(sound: boolean): void {
  if (!sound) throw new Error('not as RFC 1952 says');
}
