import { setImmediate } from 'node:timers/promises';

/** What may be decompressed, in bytes, before the event loop gets its turn: some milliseconds of work. */
const turnBytes = 4 * 1024 * 1024;

/**
 * Keeps work on data that a few bytes can make long (a megabyte of zstd holds fifty gigabytes) from keeping a process
 * from everything else: signals and timers come only when the event loop turns, and awaiting what is there does not turn it.
 */
export class EventTurns {
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Notes work on `bytes`. @throws the reason of the signal, once that is aborted */
  async after(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes >= turnBytes) {
      this.#bytes = 0;
      await setImmediate();
    }
    this.#signal?.throwIfAborted();
  }
}
