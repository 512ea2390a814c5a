import { loadZstdBlocks, type ZstdBlocks } from './native-codecs.ts';
import { xxhash64Low } from './xxhash64.ts';

/**
 * Makes zstd frames with the optional package, for a Node without zstd of its own. One for each thread: the package's own function
 * `compress` has one context for all threads of a process, which two of them at once would break; the context here is its own.
 */
export class PackageFrames {
  readonly #blocks: ZstdBlocks;
  #context: { readonly level: number; readonly compressor: ZstdCompressor } | undefined;

  private constructor(blocks: ZstdBlocks) {
    this.#blocks = blocks;
  }

  /** @throws BackupError `CONFIG_INVALID` when the package is not there */
  static async load(): Promise<PackageFrames> {
    return new PackageFrames(await loadZstdBlocks());
  }

  /** One frame, with a checksum of its content, in memory of its own. On this thread. */
  encode(block: Uint8Array, level: number): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array[] = [];
    const keep = (piece: Uint8Array): void => void pieces.push(piece);
    const compressor = this.#compressorOf(level);
    // An empty input is passed over by the codec.
    if (block.length > 0) compressor.data(Buffer.from(block.buffer, block.byteOffset, block.length), keep);
    compressor.end(keep);
    return withChecksum(pieces, xxhash64Low(block));
  }

  /** After a frame's end its context begins another one. */
  #compressorOf(level: number): ZstdCompressor {
    if (this.#context?.level !== level) this.#context = { level, compressor: new this.#blocks.Compressor(level) };
    return this.#context.compressor;
  }
}

type ZstdCompressor = InstanceType<ZstdBlocks['Compressor']>;

/** A frame that the codec made without one. RFC 8878, 3.1.1: bit 2 of its descriptor, and its last four bytes. */
function withChecksum(pieces: readonly Uint8Array[], checksum: number): Uint8Array<ArrayBuffer> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const frame = new Uint8Array(length + 4);
  let offset = 0;
  for (const piece of pieces) {
    frame.set(piece, offset);
    offset += piece.length;
  }
  frame[4] = (frame[4] ?? 0) | 0x04;
  new DataView(frame.buffer).setUint32(length, checksum, true);
  return frame;
}
