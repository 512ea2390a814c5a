import type { Teller } from '../events/teller.ts';
import type { CopyNews } from './events.ts';

/** How far a phase of a copy is. */
export class Counted {
  readonly #teller: Teller<'copy', CopyNews>;
  readonly #totalBytes: number;
  #doneBytes = 0;
  #objects = 0;

  /** @param totalBytes an estimate: others may copy the same */
  constructor(teller: Teller<'copy', CopyNews>, totalBytes: number) {
    this.#teller = teller;
    this.#totalBytes = totalBytes;
    this.#tell(false);
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    this.#objects += 1;
    this.#tell(false);
  }

  finish(): void {
    this.#tell(true);
  }

  #tell(finished: boolean): void {
    const numbers = { doneBytes: this.#doneBytes, totalBytes: this.#totalBytes, filesDone: this.#objects };
    this.#teller.tell({ type: 'progress', ...numbers, finished });
  }
}
