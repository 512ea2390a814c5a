import type { Duplex } from 'node:stream';

/** How the bytes to the client are cut into writes. */
export interface Chunking {
  /** Bytes per write. */
  readonly size: number;
  /** So many bytes are cut, the rest goes in one piece; default 256 KiB, so that small sizes stay affordable. */
  readonly forBytes?: number;
}

/** The connection ended: everything that still wants to write stops. */
export class SessionOver extends Error {}

/** Writes to a client, cut as a test asks, and waits for it to read. */
export class Output {
  readonly #stream: Duplex;
  #size: number;
  #left: number;
  #closed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(stream: Duplex, chunking: Chunking | undefined) {
    this.#stream = stream;
    this.#size = chunking?.size ?? Number.POSITIVE_INFINITY;
    this.#left = chunking ? (chunking.forBytes ?? 1 << 18) : 0;
    stream.on('close', () => (this.#closed = true));
  }

  cut(chunking: Chunking): void {
    this.#size = chunking.size;
    this.#left = chunking.forBytes ?? 1 << 18;
  }

  /** Nothing goes out any more, of no task: the server hangs. */
  stall(until: Promise<void>): void {
    this.#turn = until;
  }

  /** Writes the parts in order; a write of another task waits until they are out. */
  async write(...parts: readonly Uint8Array[]): Promise<void> {
    const before = this.#turn;
    const mine = before.then(() => this.#writeNow(parts));
    this.#turn = mine.catch(() => undefined);
    await mine;
  }

  async #writeNow(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      let at = 0;
      while (at < part.length) {
        const size = this.#left > 0 ? Math.min(this.#size, this.#left, part.length - at) : part.length - at;
        this.#left -= Math.min(size, this.#left);
        await this.#put(part.subarray(at, at + size));
        at += size;
      }
    }
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#closed || this.#stream.writableEnded) throw new SessionOver('the client has gone');
    // Pieces must reach the kernel one by one, else Node joins them again.
    const alone = this.#left > 0;
    const written = alone
      ? await new Promise<boolean>((resolve) => this.#stream.write(bytes, () => resolve(true)))
      : this.#stream.write(bytes);
    if (written) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done);
        this.#stream.off('close', done);
        resolve();
      };
      this.#stream.on('drain', done);
      this.#stream.on('close', done);
    });
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the close event meanwhile
    if (this.#closed) throw new SessionOver('the client has gone');
  }
}
