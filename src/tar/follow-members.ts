import type { ByteString } from '../bytes/byte-string.ts';
import { tarFault, noEndMark, truncatedMember } from './faults.ts';
import type { MemberHeader } from './member.ts';
import { memberHeader } from './tar-headers.ts';
import { blockLength, checksumHolds, decodeUstarBlock, isZeroBlock, paddingLength } from './ustar-header.ts';

/**
 * Sees the headers of a tar stream that passes by in pieces of any size, without touching the contents: for archives
 * that are stored byte for byte. Knows plain ustar only, which is what PostgreSQL's servers send; anything else is damage.
 */
export class MemberFollower {
  readonly #onMember: (header: MemberHeader) => void;
  readonly #block = new Uint8Array(blockLength);
  #filled = 0;
  #offset = 0;
  /** Bytes of content and padding that are still to pass. */
  #left = 0;
  #name = '' as ByteString;
  #ended = false;

  constructor(onMember: (header: MemberHeader) => void) {
    this.#onMember = onMember;
  }

  /** @throws BackupError `CORRUPT` for a header that is damaged or no plain one */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, piece.length - at);
        this.#left -= passed;
        at += passed;
        continue;
      }
      const taken = piece.subarray(at, at + blockLength - this.#filled);
      this.#block.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === blockLength) this.#header(this.#offset + at - blockLength);
    }
    this.#offset += piece.length;
  }

  /**
   * The stream has ended. @param terminated whether it must have an end mark
   * @throws BackupError `CORRUPT` when it ended within a member
   */
  end(terminated: boolean): void {
    if (this.#left > 0) throw truncatedMember(this.#name, this.#left);
    if (this.#filled > 0 || (terminated && !this.#ended)) throw noEndMark();
  }

  #header(offset: number): void {
    this.#filled = 0;
    if (isZeroBlock(this.#block)) {
      this.#ended = true;
      return;
    }
    if (this.#ended) throw tarFault('tar.trailing-data', offset);
    if (!checksumHolds(this.#block)) throw tarFault('tar.bad-checksum', offset);
    const header = memberHeader(decodeUstarBlock(this.#block), {});
    this.#left = header.size + paddingLength(header.size);
    this.#name = header.name;
    this.#onMember(header);
  }
}
