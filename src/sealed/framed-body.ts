import type { ByteSource } from '../bytes/byte-reader.ts';
import { newHeader } from './frame-format.ts';
import { objectKey, type FrameProtection } from './object-frames.ts';
import { workedBatches } from './worked-batches.ts';

/** What is put for an object: its header, then its frames. Each reading has a salt of its own, because content may read otherwise the next time, and a key and nonce serve one content only. */
export class FramedBody {
  readonly #protection: FrameProtection;
  readonly #name: string;
  readonly #content: () => ByteSource;
  /** How often it was read. */
  readings = 0;
  /** Whether the content threw at the last reading, and what. */
  hasFailed = false;
  failure: unknown;

  constructor(protection: FrameProtection, name: string, content: () => ByteSource) {
    this.#protection = protection;
    this.#name = name;
    this.#content = content;
  }

  /** @throws what the content throws */
  async *read(): ByteSource {
    this.readings += 1;
    this.hasFailed = false;
    const header = newHeader(this.#protection.kind);
    const key = objectKey(this.#protection, header, this.#name);
    yield header;
    try {
      for await (const { batch, result } of workedBatches(this.#content(), { work: 'seal', key })) {
        yield batch.buffer.subarray(0, result.filled);
      }
    } catch (error) {
      this.hasFailed = true;
      this.failure = error;
      throw error;
    }
  }
}
