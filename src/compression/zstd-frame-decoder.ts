import * as zlib from 'node:zlib';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { damagedData, impossibleSize, needsDictionary, trailingData, truncatedData } from './faults.ts';
import { loadZstdBlocks, type ZstdBlocks } from './native-codecs.ts';

/** What newer versions of Node have in node:zlib; the types of Node 20 do not know it. */
interface NodeZstd {
  readonly zstdDecompressSync?: (data: Uint8Array, options: object) => Uint8Array;
}

/** Largest window that is decoded, which is memory of the decoder: what the levels up to 19 use. */
const mostWindow = 8 * 1024 * 1024;

/** Most content of a block of a frame, and its longest form. */
const blockLimit = 128 * 1024;

/**
 * Decodes frames that lie in memory, on this thread: three times faster than a stream of them. One decoder for each thread.
 */
export class ZstdFrameDecoder {
  readonly #decode: (frame: Uint8Array, into: Uint8Array) => number;

  private constructor(decode: (frame: Uint8Array, into: Uint8Array) => number) {
    this.#decode = decode;
  }

  /**
   * With the package, whose context is used again, else as Node does it.
   * @throws BackupError `CONFIG_INVALID` when there is no decoder
   */
  static async load(
    node: NodeZstd = zlib as unknown as NodeZstd,
    loadPackage: () => Promise<ZstdBlocks> = loadZstdBlocks,
  ): Promise<ZstdFrameDecoder> {
    const { zstdDecompressSync } = node;
    try {
      return new ZstdFrameDecoder(packageDecoder(await loadPackage()));
    } catch (error) {
      if (zstdDecompressSync === undefined) throw error;
    }
    return new ZstdFrameDecoder((frame, into) => {
      const content = zstdDecompressSync(frame, { maxOutputLength: into.length });
      into.set(content);
      return content.length;
    });
  }

  /**
   * The content of one frame with nothing behind it. Memory: no more than that, whatever it would decode to.
   * @param length of the content
   * @throws BackupError `CORRUPT` when it is damaged, is more than one frame, or has content of another length
   */
  decode(frame: Uint8Array, length: number): Uint8Array {
    const content = new Uint8Array(length);
    this.decodeInto(frame, content);
    return content;
  }

  /** The same, into memory of the length of the content, which holds anything when it fails. */
  decodeInto(frame: Uint8Array, content: Uint8Array): void {
    let filled: number;
    try {
      // Its structure first: a decoder does not tell a frame from several, nor a whole one from one that ends early.
      for (const part of partsOf(frame)) part.at(0);
      filled = this.#decode(frame, content);
    } catch (error) {
      if (error instanceof BackupError) throw error;
      throw damagedData('zstd', reasonOf(error), error);
    }
    if (filled !== content.length) throw impossibleSize('zstd');
  }
}

/** A context is used for frame after frame; after a failure a new one is made. */
function packageDecoder({ Decompressor }: ZstdBlocks): (frame: Uint8Array, into: Uint8Array) => number {
  let context: InstanceType<typeof Decompressor> | undefined;
  return (frame, into) => {
    const used = (context ??= new Decompressor());
    context = undefined;
    let filled = 0;
    // One block at a time: a frame of a few bytes may say that it holds gigabytes.
    for (const part of partsOf(frame)) {
      used.data(Buffer.from(part.buffer, part.byteOffset, part.length), (content) => {
        if (content.length <= into.length - filled) into.set(content, filled);
        filled += content.length;
      });
      if (filled > into.length) return filled;
    }
    context = used;
    return filled;
  };
}

/** The header of a frame with its first block, then each other block, the last one with the checksum. RFC 8878, 3.1.1. */
function* partsOf(frame: Uint8Array): Generator<Uint8Array, void, undefined> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < 6) throw truncatedData('zstd');
  if (view.getUint32(0, true) !== 0xfd2f_b528) throw damagedData('zstd', 'no frame');
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x03) !== 0) throw needsDictionary('zstd');
  if (windowOf(frame, single) > mostWindow) throw impossibleSize('zstd');
  let from = 0;
  let at = 5 + ([single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0) + (single ? 0 : 1);
  for (let last = false; !last;) {
    if (at + 3 > frame.length) throw truncatedData('zstd');
    const word = view.getUint8(at) | (view.getUint16(at + 1, true) << 8);
    const size = word >> 3;
    if (size > blockLimit) throw impossibleSize('zstd');
    last = (word & 1) === 1;
    // A block of type 1 repeats its one byte `size` times.
    at += 3 + (((word >> 1) & 3) === 1 ? 1 : size) + (last && (descriptor & 0x04) !== 0 ? 4 : 0);
    if (at > frame.length) throw truncatedData('zstd');
    yield frame.subarray(from, at);
    from = at;
  }
  if (at < frame.length) throw trailingData('zstd');
}

/** Bytes of the window of a frame. RFC 8878, 3.1.1.1.2; where there is but one segment, the size of the content. */
function windowOf(frame: Uint8Array, single: boolean): number {
  const byte = frame[5] ?? 0;
  const base = 2 ** (10 + (byte >> 3));
  if (!single) return base + (base / 8) * (byte & 7);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const length = [1, 2, 4, 8][(frame[4] ?? 0) >> 6] ?? 1;
  if (frame.length < 5 + length) throw truncatedData('zstd');
  if (length === 1) return byte;
  if (length === 2) return view.getUint16(5, true) + 256;
  return length === 4 ? view.getUint32(5, true) : Number(view.getBigUint64(5, true));
}
