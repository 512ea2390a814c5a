import type { ByteSource } from './byte-reader.ts';

/**
 * Turns pushing into pulling: what is written here is read as a source on the other side, one piece at a time, at the pace of the reader.
 */
export class PushedBytes {
  #piece: Uint8Array | undefined;
  #isEnded = false;
  #failure: Error | undefined;
  #wakeReader: (() => void) | undefined;
  #settleWriter: { readonly resolve: () => void; readonly reject: (reason: Error) => void } | undefined;

  /** Resolves when the reader has used `piece`. @throws what `fail` was called with */
  write(piece: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#piece = piece;
    return new Promise((resolve, reject) => {
      this.#settleWriter = { resolve, reject };
      this.#wakeReader?.();
    });
  }

  /** Nothing more is written. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReader?.();
  }

  /** The reader has failed: a write that waits, and every later one, fails as well. */
  fail(reason: unknown): void {
    this.#failure = reason instanceof Error ? reason : new Error(String(reason));
    this.#settleWriter?.reject(this.#failure);
  }

  async *source(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      if (this.#piece === undefined) {
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
        continue;
      }
      yield this.#piece;
      this.#piece = undefined;
      this.#settleWriter?.resolve();
    }
  }
}

/** Uses what was pushed: gets the source, and fails the pushing side when it fails itself. */
export function readPushed(bytes: PushedBytes, read: (source: ByteSource) => Promise<void>): Promise<void> {
  const done = read(bytes.source());
  done.catch((error: unknown) => bytes.fail(error));
  return done;
}
