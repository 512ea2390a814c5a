/**
 * Tells a source how much of what it would make next nobody wants to see, so that it need not make it. Shared by the source and its reader:
 * the reader asks, the source takes what it can leave out as a whole, the reader counts it.
 */
export class SkippedBytes {
  #wanted = 0;
  #taken = 0;

  /** Of the reader: of what comes next, `length` bytes can be left out. Holds until `settle`. */
  ask(length: number): void {
    this.#wanted = length;
  }

  /** Of the reader: nothing can be left out any more. @returns how many bytes were */
  settle(): number {
    const taken = this.#taken;
    this.#wanted = 0;
    this.#taken = 0;
    return taken;
  }

  /** Of the source: whether anything can be left out now. */
  get isAsked(): boolean {
    return this.#wanted > 0;
  }

  /** Of the source: whether the next `length` bytes are left out. */
  take(length: number): boolean {
    if (length > this.#wanted) return false;
    this.#wanted -= length;
    this.#taken += length;
    return true;
  }
}
