import type { ByteSource } from '../bytes/byte-reader.ts';
import { damagedData, impossibleSize, needsDictionary, trailingData, truncatedData, wrongChecksum } from './faults.ts';
import { FrameReader } from './frame-reader.ts';
import type { DecompressOptions } from './gunzip.ts';
import { decodeLz4Block } from './lz4-block.ts';
import { loadLz4 } from './native-codecs.ts';
import { orderedBlocks } from './ordered-blocks.ts';
import { xxhash32, XxHash32 } from './xxhash32.ts';

const frameMagic = 0x184d2204;
/** How far back a linked block may refer. */
const historyLength = 64 * 1024;

/** `source` as lz4 frames of 1 MiB, compressed in parallel, each with a checksum of its content. An empty source is one empty frame. */
export async function* lz4Frames(
  source: ByteSource,
  { concurrency = 4, signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const codec = await loadLz4();
  const work = (block: Uint8Array) => codec.compressFrame(block, { contentChecksum: true });
  yield* orderedBlocks(source, work, { blockSize: 1024 * 1024, concurrency, signal });
}

/**
 * The content of an lz4 file of any number of frames. Pieces are views, valid until the next one is asked
 * for. Memory: one block (4 MiB at most), its compressed form, 64 KiB of history.
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @throws BackupError `CORRUPT` when it is damaged, ends early or goes on with something else
 */
export async function* unlz4Frames(
  source: ByteSource,
  { signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new FrameReader(source, 'lz4');
  try {
    let frames = 0;
    for (let magic = await reader.nextMagic(); magic !== undefined; magic = await reader.nextMagic()) {
      if (magic !== frameMagic) throw frames === 0 ? damagedData('lz4', 'no frame') : trailingData('lz4');
      yield* frameContent(reader, signal);
      frames += 1;
    }
    if (frames === 0) throw truncatedData('lz4');
  } finally {
    await reader.close();
  }
}

interface FrameHeader {
  readonly independent: boolean;
  readonly blockChecksums: boolean;
  readonly contentSize: number | undefined;
  readonly contentChecksum: boolean;
  readonly blockLimit: number;
}

async function readHeader(reader: FrameReader): Promise<FrameHeader> {
  const fixed = await reader.take(2);
  const [flags = 0, descriptor = 0] = fixed;
  const limit = { 4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024 }[(descriptor >> 4) & 7];
  const reserved = (flags & 0x02) !== 0 || (descriptor & 0x8f) !== 0;
  if (flags >> 6 !== 1 || reserved || limit === undefined) throw damagedData('lz4', 'unknown frame header');
  if ((flags & 0x01) !== 0) throw needsDictionary('lz4');
  const size = (flags & 0x08) === 0 ? new Uint8Array(0) : await reader.take(8);
  const [sum] = await reader.take(1);
  if (sum !== ((xxhash32(Buffer.concat([fixed, size])) >>> 8) & 0xff)) throw wrongChecksum('lz4');
  return {
    independent: (flags & 0x20) !== 0,
    blockChecksums: (flags & 0x10) !== 0,
    contentSize: size.length === 0 ? undefined : Number(new DataView(size.buffer).getBigUint64(0, true)),
    contentChecksum: (flags & 0x04) !== 0,
    blockLimit: limit,
  };
}

async function* frameContent(
  reader: FrameReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const header = await readHeader(reader);
  const hash = header.contentChecksum ? new XxHash32() : undefined;
  // The end of the content so far, which linked blocks refer to, and room for one block behind it.
  const target = new Uint8Array(historyLength + header.blockLimit);
  let start = 0;
  let length = 0;
  for (;;) {
    signal?.throwIfAborted();
    const word = await reader.uint32();
    if (word === 0) break;
    const end = await readBlock(reader, word, header, target.subarray(0, start + header.blockLimit), start);
    const content = target.subarray(start, end);
    hash?.update(content);
    length += content.length;
    yield content;
    if (header.independent) continue;
    start = Math.min(end, historyLength);
    target.copyWithin(0, end - start, end);
  }
  if (header.contentSize !== undefined && header.contentSize !== length) throw impossibleSize('lz4');
  if (hash !== undefined && (await reader.uint32()) !== hash.digest()) throw wrongChecksum('lz4');
}

/** Puts the content of the next block into `target` from `start` on. @returns its end there */
async function readBlock(
  reader: FrameReader,
  word: number,
  header: FrameHeader,
  target: Uint8Array,
  start: number,
): Promise<number> {
  const length = word & 0x7fff_ffff;
  if (length > header.blockLimit) throw impossibleSize('lz4');
  const block = await reader.take(length);
  if (header.blockChecksums && (await reader.uint32()) !== xxhash32(block)) throw wrongChecksum('lz4');
  if (word >>> 31 === 1) {
    target.set(block, start);
    return start + length;
  }
  const end = decodeLz4Block(block, target, start);
  if (end === undefined) throw damagedData('lz4', 'impossible block');
  return end;
}
