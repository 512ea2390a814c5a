import type { VerifyNews } from './events.ts';

/** Reports how far the reading of contents is. */
export class Progress {
  readonly #tell: (news: VerifyNews) => void;
  #doneBytes = 0;
  #totalBytes = 0;
  #filesDone = 0;

  constructor(tell: (news: VerifyNews) => void) {
    this.#tell = tell;
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

  /** A file has been checked. */
  endFile(): void {
    this.#filesDone += 1;
  }

  finish(): void {
    this.#report(true);
  }

  #report(finished: boolean): void {
    const [doneBytes, totalBytes, filesDone] = [this.#doneBytes, this.#totalBytes, this.#filesDone];
    this.#tell({ type: 'progress', doneBytes, totalBytes, filesDone, finished });
  }
}
