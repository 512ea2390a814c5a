import type { VerifyListener } from './events.ts';

/** Reports how far the reading of contents is. */
export class Progress {
  readonly #onEvent: VerifyListener;
  #doneBytes = 0;
  #totalBytes = 0;

  constructor(onEvent: VerifyListener) {
    this.#onEvent = onEvent;
  }

  begin(totalBytes: number): void {
    this.#totalBytes = totalBytes;
    this.#report(false);
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    if (bytes > 0) this.#report(false);
  }

  finish(): void {
    this.#report(true);
  }

  #report(finished: boolean): void {
    this.#onEvent({ type: 'progress', doneBytes: this.#doneBytes, totalBytes: this.#totalBytes, finished });
  }
}
