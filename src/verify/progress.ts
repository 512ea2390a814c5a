import type { VerifyListener } from './events.ts';

/** Reports how far the reading of contents is. */
export class Progress {
  readonly #onEvent: VerifyListener;
  readonly #type: 'progress' | 'wal-progress';
  #doneBytes = 0;
  #totalBytes = 0;

  constructor(onEvent: VerifyListener, type: 'progress' | 'wal-progress' = 'progress') {
    this.#onEvent = onEvent;
    this.#type = type;
  }

  begin(totalBytes: number): void {
    this.#totalBytes = totalBytes;
    this.#report(false);
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    // How far it goes is not always known before.
    this.#totalBytes = Math.max(this.#totalBytes, this.#doneBytes);
    if (bytes > 0) this.#report(false);
  }

  finish(): void {
    this.#report(true);
  }

  #report(finished: boolean): void {
    this.#onEvent({ type: this.#type, doneBytes: this.#doneBytes, totalBytes: this.#totalBytes, finished });
  }
}
