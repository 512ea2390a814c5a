import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { damagedData, impossibleSize, needsDictionary, trailingData, truncatedData, wrongChecksum } from './faults.ts';
import { EventTurns } from './event-turns.ts';
import { FrameReader } from './frame-reader.ts';
import type { DecompressOptions } from './gunzip.ts';
import { decodeLz4Block } from './lz4-block.ts';
import { loadLz4 } from './native-codecs.ts';
import { orderedBlocks } from './ordered-blocks.ts';
import { xxhash32, XxHash32 } from './xxhash32.ts';

const frameMagic = 0x184d2204;
/** How far back a linked block may refer. */
const historyLength = 64 * 1024;

const frameBytes = 1024 * 1024;

/**
 * `source` as lz4 frames of 1 MiB, each with a checksum of its content. An empty source is one empty frame.
 *
 * Results of the package are memory that the garbage collector does not see, and from its thread pool hundreds of them pile
 * up. So frames are compressed on this thread, 1 ms each; the copy is memory that is seen and makes the collector come by;
 * and what cannot be compressed, where results are largest, is stored without the package.
 */
export async function* lz4Frames(
  source: ByteSource,
  { signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const encode = await lz4FrameEncoder();
  const work = async (block: Uint8Array): Promise<Uint8Array> => {
    const frame = encode(block);
    // What the collector found is given back between two turns of the event loop, which a fast source never leaves.
    await nextTurn();
    return frame;
  };
  yield* orderedBlocks(source, work, { blockSize: frameBytes, concurrency: 1, signal });
}

/** What makes a frame of a block of 1 MiB at most, on this thread. @throws BackupError `CONFIG_INVALID` when the package is not installed */
export async function lz4FrameEncoder(): Promise<(block: Uint8Array) => Uint8Array> {
  const { compressFrameSync } = await loadLz4();
  return (block) => {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
    const sample = Buffer.concat(samplesOf(bytes));
    if (sample.length > 0 && compressFrameSync(sample).length > 0.98 * sample.length) return storedFrame(bytes);
    return new Uint8Array(compressFrameSync(bytes, { contentChecksum: true }));
  };
}

/** Four pieces of 8 KiB, spread over a long block; none of a short one, which is not worth it. */
function samplesOf(block: Buffer): Buffer[] {
  if (block.length < frameBytes) return [];
  const step = block.length >> 2;
  return [0, 1, 2, 3].map((index) => block.subarray(index * step, index * step + 8192));
}

/** A frame of one block of 1 MiB at most that is not compressed. */
function storedFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(content.length + 19);
  const view = new DataView(frame.buffer);
  view.setUint32(0, frameMagic, true);
  // Version 1, independent blocks, content checksum; blocks of up to 1 MiB.
  frame.set([0x64, 0x60], 4);
  frame[6] = (xxhash32(frame.subarray(4, 6)) >>> 8) & 0xff;
  view.setUint32(7, (content.length | 0x8000_0000) >>> 0, true);
  frame.set(content, 11);
  view.setUint32(content.length + 15, xxhash32(content), true);
  return frame;
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
    const turns = new EventTurns(signal);
    for (let magic = await reader.nextMagic(); magic !== undefined; magic = await reader.nextMagic()) {
      if (magic !== frameMagic) throw frames === 0 ? damagedData('lz4', 'no frame') : trailingData('lz4');
      yield* frameContent(reader, await readHeader(reader), signal);
      // Frames without content are work too: each has its buffer.
      await turns.after(historyLength);
      frames += 1;
    }
    if (frames === 0) throw truncatedData('lz4');
  } finally {
    await reader.close();
  }
}

/** Most content that waits for its checksum, in bytes: our frames have less. */
const heldLimit = 4 * 1024 * 1024;

/**
 * The content of an lz4 file that may have been cut short or damaged anywhere: up to there, without an error. What has a
 * checksum is given only when that has been seen to match, unless the frame is longer than 4 MiB.
 */
export async function* unlz4Beginning(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new FrameReader(source, 'lz4');
  try {
    const turns = new EventTurns(undefined);
    for (let magic = await reader.nextMagic(); magic === frameMagic; magic = await reader.nextMagic()) {
      const header = await readHeader(reader);
      const held: Uint8Array[] = [];
      let length = header.contentChecksum ? 0 : Infinity;
      for await (const piece of frameContent(reader, header, undefined)) {
        length += piece.length;
        if (length <= heldLimit) {
          held.push(piece.slice());
          continue;
        }
        yield* held.splice(0);
        yield piece;
      }
      yield* held;
      await turns.after(historyLength);
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
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
  header: FrameHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
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
