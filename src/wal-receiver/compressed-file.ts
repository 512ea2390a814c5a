import type { FlushingEncoder } from '../compression/flushing-encoder.ts';
import { GatheredBytes, type SharedBuffers } from './gathered-bytes.ts';
import type { SegmentSink, WriteBehindFile } from './write-behind-file.ts';

/** A file that is compressed while it is written: what was flushed can be decompressed. */
export class CompressedFile implements SegmentSink {
  readonly #file: WriteBehindFile;
  readonly #encoder: FlushingEncoder;
  readonly #bytes: GatheredBytes;
  /** The encoder does one thing at a time. */
  #turn: Promise<void> = Promise.resolve();
  #flushed = 0;

  /** Takes over `file` and `encoder`. @param buffers of `flushingBlockBytes` */
  constructor(file: WriteBehindFile, encoder: FlushingEncoder, buffers: SharedBuffers) {
    this.#file = file;
    this.#encoder = encoder;
    this.#bytes = new GatheredBytes((piece) => this.#store(() => encoder.encode(piece, false)), buffers);
  }

  get length(): number {
    return this.#bytes.length;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#bytes.write(bytes);
  }

  async flush(): Promise<void> {
    await this.#flushEncoder();
    await this.#file.flush();
  }

  async sync(): Promise<void> {
    await this.#flushEncoder();
    await this.#file.sync();
  }

  async end(): Promise<void> {
    await this.#bytes.flush();
    await this.#store(() => this.#encoder.end());
    this.#flushed = this.length;
  }

  async close(): Promise<void> {
    try {
      await this.#flushEncoder();
    } finally {
      await this.#turn;
      this.#encoder.close();
      await this.#file.close();
    }
  }

  async #flushEncoder(): Promise<void> {
    const goal = this.length;
    await this.#bytes.flush();
    if (goal === this.#flushed) return;
    await this.#store(() => this.#encoder.encode(new Uint8Array(0), true));
    this.#flushed = goal;
  }

  async #store(work: () => Promise<Uint8Array[]>): Promise<void> {
    const done = this.#turn.then(async () => {
      for (const piece of await work()) await this.#file.write(piece);
    });
    this.#turn = done.catch(() => undefined);
    await done;
  }
}
