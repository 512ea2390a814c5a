import type { HeldSegment } from './wal-store.ts';

/** Disks write sectors of this size whole, in bytes: within one, what a crash kept from being written is its end. */
const sectorBytes = 512;

/**
 * Compares what a server sends of a segment with what is held of it, alongside. Where the held one is not whole, zeros up to the
 * end of a sector are what a crash kept from being written, not a difference.
 */
export class HeldComparison {
  readonly #held: HeldSegment;
  readonly #source: AsyncIterator<Uint8Array>;
  #ours: Uint8Array = new Uint8Array(0);
  #ended = false;
  /** Offset in the segment of the next byte to compare. */
  #offset = 0;
  /** Where ours began to be zeros that are something else in what came; up to the end of that sector they must stay so. */
  #hole: { readonly from: number; readonly until: number } | undefined;
  #firstHole: number | undefined;
  #equalBytes = 0;

  constructor(held: HeldSegment) {
    this.#held = held;
    this.#source = held.read()[Symbol.asyncIterator]();
  }

  /** What is held has no more bytes: nothing of what comes can be compared. */
  get isAtEnd(): boolean {
    return this.#ended;
  }

  /** How many bytes were compared and found equal, zeros left aside. */
  get equalBytes(): number {
    return this.#equalBytes;
  }

  /**
   * Compares the next bytes of the segment.
   * @returns the offset in the segment of the first byte that differs (perhaps a little before, in a hole); undefined: none
   */
  async findDifference(bytes: Uint8Array): Promise<number | undefined> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#ours.length === 0 && !(await this.#more())) return undefined;
      const length = Math.min(rest.length, this.#ours.length);
      const at = this.#compare(this.#ours.subarray(0, length), rest.subarray(0, length));
      if (at !== undefined) return this.#firstHole ?? at;
      this.#ours = this.#ours.subarray(length);
      rest = rest.subarray(length);
      this.#offset += length;
    }
    return undefined;
  }

  /** Gives up what it reads from. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    while (!this.#ended && this.#ours.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else this.#ours = next.value;
    }
    return this.#ours.length > 0;
  }

  /** Compares as many bytes of both, at the current offset. */
  #compare(ours: Uint8Array, theirs: Uint8Array): number | undefined {
    if (this.#hole === undefined && Buffer.compare(ours, theirs) === 0) {
      this.#equalBytes += endOfContent(ours);
      return undefined;
    }
    for (let index = 0; index < ours.length; index += 1) {
      const at = this.#offset + index;
      if (this.#hole !== undefined && at >= this.#hole.until) this.#hole = undefined;
      if (this.#hole !== undefined) {
        if (ours[index] !== 0) return this.#hole.from;
      } else if (ours[index] !== theirs[index]) {
        if (this.#held.isWhole || ours[index] !== 0) return at;
        this.#hole = { from: at, until: at + sectorBytes - (at % sectorBytes) };
        this.#firstHole ??= at;
      } else this.#equalBytes += 1;
    }
    return undefined;
  }
}

/** Length of `bytes` without the zeros at its end. */
function endOfContent(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}

/** Records end at multiples of this, in bytes; zeros before that may be their last bytes. Source: MAXALIGN of both products. */
const recordAlignment = 8;

/** How much of a segment is held, in bytes: up to the end of the word of its last byte that is not zero. A whole one is held whole. */
export async function contentLength(held: HeldSegment): Promise<number> {
  let length = 0;
  let offset = 0;
  for await (const piece of held.read()) {
    const end = endOfContent(piece);
    if (end > 0) length = offset + end;
    offset += piece.length;
  }
  return held.isWhole ? offset : Math.ceil(length / recordAlignment) * recordAlignment;
}
