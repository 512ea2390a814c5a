import * as zlib from 'node:zlib';
import { must, Refusal } from './refusal.ts';

/** Gives the content of what a codec made. @throws anything where it is damaged, or `maximum` bytes are not enough */
export type Decoder = (stored: Buffer, maximum: number) => Uint8Array;

/** By their names in receipts; those that Node itself lacks may be given by the caller. */
export interface Decoders {
  readonly gzip: Decoder;
  readonly lz4: Decoder | undefined;
  readonly zstd: Decoder | undefined;
}

type Zstd = (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer;
const { zstdDecompressSync } = zlib as unknown as { readonly zstdDecompressSync?: Zstd };

/** @param more of lz4 and zstd; zstd is built into Node from 22.15 on */
export function decodersWith(more: Partial<Record<'lz4' | 'zstd', Decoder>> = {}): Decoders {
  const builtIn: Decoder | undefined =
    zstdDecompressSync && ((stored, maximum) => zstdDecompressSync(stored, { maxOutputLength: maximum }));
  return {
    gzip: (stored, maximum) => zlib.gunzipSync(stored, { maxOutputLength: maximum }),
    lz4: more.lz4,
    zstd: more.zstd ?? builtIn,
  };
}

const codecNames = [undefined, 'gzip', 'lz4', 'zstd'] as const;

/**
 * The content of a chunk: exactly `rawBytes`, of one member or frame with nothing behind it.
 * @throws Refusal `CORRUPT`, `REPOSITORY_VERSION` for a codec that format 1 does not know, `UNSUPPORTED`
 */
export function contentOfChunk(stored: Buffer, codec: number, rawBytes: number, decoders: Decoders): Buffer {
  if (codec === 0) return stored;
  const name = codecNames[codec];
  if (name === undefined) throw new Refusal('REPOSITORY_VERSION', `codec ${codec}`);
  const decode = decoders[name];
  if (decode === undefined) throw new Refusal('UNSUPPORTED', name);
  if (name === 'gzip') mustBeOneMember(stored, rawBytes);
  if (name === 'zstd') must(endOfZstdFrame(stored) === stored.length, 'something behind a frame of zstd');
  return decoded(() => decode(stored, rawBytes), rawBytes);
}

/** @throws Refusal `CORRUPT` unless it is decoded and has `bytes` bytes */
export function decoded(decode: () => Uint8Array, bytes: number): Buffer {
  let content: Uint8Array;
  try {
    content = decode();
  } catch (cause) {
    throw new Refusal('CORRUPT', 'what a codec does not read', { cause });
  }
  must(content.length === bytes, `${content.length} bytes out of a codec instead of ${bytes}`);
  return Buffer.from(content.buffer, content.byteOffset, content.length);
}

/** `gunzip` reads one member after the other: where the first one ends, the object has to end as well. */
function mustBeOneMember(stored: Buffer, rawBytes: number): void {
  must(stored.length >= 18 && stored.readUInt16BE(0) === 0x1f8b, 'no member of gzip');
  let at = 10;
  const flags = stored[3]!;
  if ((flags & 0x04) !== 0) at += 2 + stored.readUInt16LE(at);
  for (const text of [0x08, 0x10]) if ((flags & text) !== 0) at = stored.indexOf(0, at) + 1;
  if ((flags & 0x02) !== 0) at += 2;
  const options = { info: true, maxOutputLength: rawBytes } as const;
  let used: number;
  try {
    const result = zlib.inflateRawSync(stored.subarray(at), options) as unknown as { engine: { bytesWritten: number } };
    used = result.engine.bytesWritten;
  } catch (cause) {
    throw new Refusal('CORRUPT', 'what gzip does not read', { cause });
  }
  must(at + used + 8 === stored.length, 'something behind a member of gzip');
}

/** Where the frame ends that begins at 0, by RFC 8878: its header, its blocks, its checksum. */
function endOfZstdFrame(stored: Buffer): number {
  must(stored.length >= 9 && stored.readUInt32LE(0) === 0xfd2fb528, 'no frame of zstd');
  const descriptor = stored[4]!;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  let at = 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (;;) {
    must(at + 3 <= stored.length, 'a frame of zstd without end');
    const header = stored.readUIntLE(at, 3);
    const isRun = ((header >> 1) & 3) === 1;
    at += 3 + (isRun ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((descriptor & 0x04) === 0 ? 0 : 4);
  }
}
