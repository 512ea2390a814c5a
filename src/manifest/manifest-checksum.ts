import { createHash, type Hash } from 'node:crypto';

const lineFeed = 0x0a;

/**
 * The checksum of a manifest covers every line but the last. Which line is the last is known only at the end, so that the
 * hash is kept as it was after the last line feed and after the one before; memory does not depend on line lengths.
 */
export class ManifestChecksum {
  #running = createHash('sha256');
  #afterLast: Hash = this.#running.copy();
  #afterLastButOne: Hash = this.#running.copy();
  #lineFeeds = 0;
  #endsWithLineFeed = false;

  update(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#endsWithLineFeed = bytes[bytes.length - 1] === lineFeed;
    const last = bytes.lastIndexOf(lineFeed);
    if (last === -1) {
      this.#running.update(bytes);
      return;
    }
    const lastButOne = last === 0 ? -1 : bytes.lastIndexOf(lineFeed, last - 1);
    if (lastButOne === -1) {
      this.#afterLastButOne = this.#afterLast;
      this.#lineFeeds += 1;
    } else {
      this.#running.update(bytes.subarray(0, lastButOne + 1));
      this.#afterLastButOne = this.#running.copy();
      this.#lineFeeds += 2;
    }
    this.#running.update(bytes.subarray(lastButOne + 1, last + 1));
    this.#afterLast = this.#running.copy();
    this.#running.update(bytes.subarray(last + 1));
  }

  /** Line feeds seen; exact up to 2, then at least 2. */
  get lineFeeds(): number {
    return this.#lineFeeds;
  }

  get endsWithLineFeed(): boolean {
    return this.#endsWithLineFeed;
  }

  /** SHA-256 of everything before the last line, lower-case hex. Call once, last. */
  digestHex(): string {
    return this.#afterLastButOne.digest('hex');
  }
}
