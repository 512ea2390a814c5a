import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { crc32c } from '../bytes/crc32c.ts';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { damagedData, impossibleSize, needsDictionary, trailingData, truncatedData } from './faults.ts';
import { EventTurns } from './event-turns.ts';
import { FrameReader } from './frame-reader.ts';
import type { DecompressOptions } from './gunzip.ts';
import type { CompressOptions } from './gzip-members.ts';
import { loadZstd } from './native-codecs.ts';
import { orderedBlocks } from './ordered-blocks.ts';
import { through } from './through.ts';
import { createZstdEncoder } from './zstd-encoder.ts';

const frameMagic = 0xfd2fb528;
const frameMagicBytes = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
/** No block, compressed or not, is longer. */
const blockLimit = 128 * 1024;

/** What newer versions of Node have in node:zlib; the types of Node 20 do not know it. */
interface NodeZstd {
  createZstdDecompress?: () => Transform;
}
const node = zlib as unknown as NodeZstd;

/**
 * `source` as zstd frames of 1 MiB, each with a checksum of its content; not on this thread.
 * @throws BackupError `CONFIG_INVALID` for a level that is not there, or when no codec is
 */
export async function* zstdFrames(
  source: ByteSource,
  { level, workers, concurrency, signal }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = await createZstdEncoder({ level, workers });
  try {
    yield* orderedBlocks(source, encoder.encode, {
      blockSize: 1024 * 1024,
      concurrency: concurrency ?? encoder.concurrency,
      allocate: encoder.allocate,
      signal,
    });
  } finally {
    encoder.close();
  }
}

/** @throws BackupError `CONFIG_INVALID` when there is no decoder */
export async function requireZstdDecoder(): Promise<void> {
  if (node.createZstdDecompress === undefined) await loadZstd();
}

/**
 * The content of a zstd file of any number of frames. Memory is bounded whatever the ratio: the decoder gets one block
 * (128 KiB of content at most) at a time, and its window.
 * @throws BackupError `CORRUPT` when it is damaged, ends early or goes on with something else
 */
export async function* unzstdFrames(
  source: ByteSource,
  { signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = node.createZstdDecompress?.() ?? new (await loadZstd()).Decompressor();
  try {
    yield* through(blocksOf(source, signal), decoder);
  } catch (error) {
    if (error instanceof BackupError || !isOfCodec(error)) throw error;
    throw damagedData('zstd', reasonOf(error), error);
  }
}

/** Most of a frame, compressed, that `unzstdBeginning` reads at a time: our frames are shorter. */
const batchBytes = 512 * 1024;
const frameLimit = 2 * 1024 * 1024;

/**
 * The content of a zstd file that may have been cut short or damaged anywhere, up to there, without an error. Only whole frames
 * count, of 2 MiB at most: what a receiver writes has a frame for each flush.
 */
export async function* unzstdBeginning(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const frames of batchesOf(source)) {
    let given = 0;
    try {
      for await (const piece of unzstdFrames(piecesOf(frames))) {
        given += piece.length;
        yield piece;
      }
      continue;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    // What came before the damage may have been lost on the way: each frame on its own.
    yield* soundFrames(frames, given);
    return;
  }
}

/** The content of the frames before the first damaged one, but for its first `skip` bytes. */
async function* soundFrames(frames: readonly Uint8Array[], skip: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = skip;
  for (const frame of frames) {
    try {
      for await (const piece of unzstdFrames(piecesOf([frame]))) {
        const passed = Math.min(left, piece.length);
        left -= passed;
        if (passed < piece.length) yield piece.subarray(passed);
      }
    } catch (error) {
      if (isDamage(error)) return;
      throw error;
    }
  }
}

/** Whole frames, several at a time; where they have notes with their checksums, those whose notes are right. */
async function* batchesOf(source: ByteSource): AsyncGenerator<Uint8Array[], void, undefined> {
  let batch: Uint8Array[] = [];
  let length = 0;
  let previous: Uint8Array | undefined;
  let hasNotes: boolean | undefined;
  for await (const part of framesAndNotes(source)) {
    if (previous !== undefined) {
      const isNote = 'note' in part;
      // The first two parts tell what the file is.
      hasNotes ??= isNote;
      if (isNote ? !isNoteOf(previous, part.note) : hasNotes) break;
    }
    if (previous !== undefined) {
      batch.push(previous);
      length += previous.length;
    }
    previous = 'note' in part ? undefined : part.frame;
    if (length < batchBytes) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (previous !== undefined && hasNotes !== true) batch.push(previous);
  if (batch.length > 0) yield batch;
}

type FrameOrNote = { readonly frame: Uint8Array } | { readonly note: Uint8Array };

async function* framesAndNotes(source: ByteSource): AsyncGenerator<FrameOrNote, void, undefined> {
  const reader = new FrameReader(source, 'zstd');
  const turns = new EventTurns(undefined);
  try {
    for (;;) {
      const next = await reader.nextMagicOrNote(noteBytes);
      if (typeof next === 'object') {
        if (Buffer.compare(next.subarray(0, 4), noteTag) === 0) yield { note: next };
        continue;
      }
      if (next !== frameMagic) return;
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of frameBlocks(reader, turns)) {
        length += piece.length;
        if (length > frameLimit) return;
        pieces.push(piece);
      }
      yield { frame: Buffer.concat(pieces) };
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
  } finally {
    await reader.close();
  }
}

/** Content of a note: 4 bytes `GKCS`, and CRC-32C of the frame ahead of it. */
const noteBytes = 8;
const noteTag = Uint8Array.of(0x47, 0x4b, 0x43, 0x53);

/** A skippable frame, which every zstd passes over, that tells whether the frame ahead of it is as it was written. */
export function zstdNote(frame: Uint8Array): Uint8Array {
  const note = new Uint8Array(8 + noteBytes);
  const view = new DataView(note.buffer);
  view.setUint32(0, 0x184d_2a5c, true);
  view.setUint32(4, noteBytes, true);
  note.set(noteTag, 8);
  view.setUint32(12, crc32c(frame));
  return note;
}

function isNoteOf(frame: Uint8Array, note: Uint8Array): boolean {
  return Buffer.compare(zstdNote(frame).subarray(8), note) === 0;
}

async function* piecesOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

function isDamage(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'CORRUPT';
}

/** An error of the codec, and not of the source that it was fed from. */
function isOfCodec(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === 'AbortError') return false;
  return !('code' in error) || String(error.code).startsWith('ZSTD');
}

/**
 * `source` cut where blocks end. The codecs do not tell a file that ends within a frame from a whole one, so that the
 * structure is followed here. Format: RFC 8878, 3.1.1.
 */
async function* blocksOf(
  source: ByteSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new FrameReader(source, 'zstd');
  try {
    let frames = 0;
    const turns = new EventTurns(signal);
    for (let magic = await reader.nextMagic(); magic !== undefined; magic = await reader.nextMagic()) {
      if (magic !== frameMagic) throw frames === 0 ? damagedData('zstd', 'no frame') : trailingData('zstd');
      yield* frameBlocks(reader, turns);
      frames += 1;
    }
    if (frames === 0) throw truncatedData('zstd');
  } finally {
    await reader.close();
  }
}

async function* frameBlocks(reader: FrameReader, turns: EventTurns): AsyncGenerator<Uint8Array, void, undefined> {
  const [descriptor = 0] = await reader.take(1);
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x03) !== 0) throw needsDictionary('zstd');
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const rest = await reader.take(contentSize + (single ? 0 : 1));
  yield Buffer.concat([frameMagicBytes, Uint8Array.of(descriptor), rest]);
  for (let last = false; !last;) {
    const header = await reader.take(3);
    const word = (header[0] ?? 0) | ((header[1] ?? 0) << 8) | ((header[2] ?? 0) << 16);
    const size = word >> 3;
    if (size > blockLimit) throw impossibleSize('zstd');
    last = (word & 1) === 1;
    // A block of type 1 repeats its one byte `size` times.
    const length = ((word >> 1) & 3) === 1 ? 1 : size;
    const checksum = last && (descriptor & 0x04) !== 0 ? 4 : 0;
    yield Buffer.concat([header, await reader.take(length + checksum)]);
    await turns.after(blockLimit / 4);
  }
}
