import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import type { Compression } from './detect.ts';
import { truncatedData } from './faults.ts';

const skippableMagic = 0x184d2a50;

/** Reads the parts of lz4 and zstd frames, which share their skippable frames. Numbers are little-endian. */
export class FrameReader {
  readonly #reader: ByteReader;
  readonly #codec: Compression;

  constructor(source: ByteSource, codec: Compression) {
    this.#reader = new ByteReader(source);
    this.#codec = codec;
  }

  /** The magic of the next frame that has content; undefined at the end. */
  async nextMagic(): Promise<number | undefined> {
    while (!(await this.#reader.atEnd())) {
      const magic = await this.uint32();
      if ((magic & ~0xf) >>> 0 !== skippableMagic) return magic;
      await this.#skip(await this.uint32());
    }
    return undefined;
  }

  /** The magic of the next frame that has content, or the content of a skippable one if it is `length` bytes long; others are skipped. */
  async nextMagicOrNote(length: number): Promise<number | Uint8Array | undefined> {
    while (!(await this.#reader.atEnd())) {
      const magic = await this.uint32();
      if ((magic & ~0xf) >>> 0 !== skippableMagic) return magic;
      const size = await this.uint32();
      if (size === length) return this.take(length);
      await this.#skip(size);
    }
    return undefined;
  }

  async uint32(): Promise<number> {
    const bytes = await this.take(4);
    return new DataView(bytes.buffer).getUint32(0, true);
  }

  /** A copy of the next `length` bytes. @throws BackupError `CORRUPT` when there are fewer */
  async take(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const piece = await this.#reader.readSome(length - filled);
      if (piece === undefined) throw truncatedData(this.#codec);
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const piece = await this.#reader.readSome(left);
      if (piece === undefined) throw truncatedData(this.#codec);
      left -= piece.length;
    }
  }
}
