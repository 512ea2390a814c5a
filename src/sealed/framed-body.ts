import type { ByteSource } from '../bytes/byte-reader.ts';
import { cutParts } from './cut-parts.ts';
import { newHeader, pieceSize } from './frame-format.ts';
import { objectFrames, type FrameProtection } from './object-frames.ts';

/** What is put for an object: its header, then its frames. Each reading has a salt of its own, because content may read otherwise the next time, and a key and nonce serve one content only. */
export class FramedBody {
  readonly #protection: FrameProtection;
  readonly #name: string;
  readonly #content: () => ByteSource;
  /** How often it was read. */
  readings = 0;
  /** What reading the content threw. */
  failure: unknown;

  constructor(protection: FrameProtection, name: string, content: () => ByteSource) {
    this.#protection = protection;
    this.#name = name;
    this.#content = content;
  }

  /** @throws what the content throws */
  async *read(): ByteSource {
    this.readings += 1;
    const header = newHeader(this.#protection.kind);
    const frames = objectFrames(this.#protection, header, this.#name);
    yield header;
    try {
      for await (const { bytes, number, isLast } of cutParts(this.#content(), pieceSize)) {
        yield frames.seal(bytes, number, isLast);
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
