import { crc32c } from '../bytes/crc32c.ts';
import { joinCrc32c } from '../bytes/crc32c-join.ts';
import { formatOfMagic } from './formats/formats.ts';
import type { Lsn } from './lsn.ts';

/** First bytes of the rest of a record that are kept as they are: no header of a record is longer. */
export const restPrefixBytes = 32;

/** What a segment holds of records that lie in it only in part: enough to check their CRCs without reading it again. */
export interface SegmentBorder {
  /** The rest of a record that began before, as far as it lies in this segment. */
  readonly head:
    | {
        /** From the start of this segment on, those in later segments included. */
        readonly totalBytes: number;
        readonly seenBytes: number;
        /** The first `restPrefixBytes` of it, or fewer where there are not so many. */
        readonly prefix: Uint8Array;
        /** CRC-32C of what follows these. */
        readonly crc: number;
      }
    | undefined;
  /** The beginning of a record that goes on in the next segment. */
  readonly tail:
    | {
        readonly startLsn: Lsn;
        /** Its header, as far as it lies here. */
        readonly header: Uint8Array;
        /** CRC-32C of what follows the header here. */
        readonly bodyCrc: number;
      }
    | undefined;
}

/** Checks the CRC of records that cross segments: give it the borders of one segment after the other. */
export class BorderCheck {
  readonly #pageMagic: number;
  #open: { readonly startLsn: Lsn; readonly header: Uint8Array; readonly bodyCrc: number } | undefined;

  constructor(pageMagic: number) {
    this.#pageMagic = pageMagic;
  }

  /** @returns where the record begins that ends in this segment and is damaged */
  take({ head, tail }: SegmentBorder): Lsn | undefined {
    let damaged: Lsn | undefined;
    const open = this.#open;
    const layout = formatOfMagic(this.#pageMagic)?.header;
    if (open !== undefined && head !== undefined && layout !== undefined) {
      const missing = Math.min(layout.sizeBytes - open.header.length, head.prefix.length);
      const header = Buffer.concat([open.header, head.prefix.subarray(0, missing)]);
      const near = crc32c(head.prefix.subarray(missing), open.bodyCrc);
      const bodyCrc = joinCrc32c(near, head.crc, head.seenBytes - head.prefix.length);
      this.#open = { startLsn: open.startLsn, header, bodyCrc };
      if (head.seenBytes < head.totalBytes) return undefined;
      const isWhole = header.length === layout.sizeBytes;
      const expected = isWhole ? header.readUInt32LE(layout.crcOffset) : undefined;
      if (crc32c(header.subarray(0, layout.crcOffset), bodyCrc) !== expected) damaged = open.startLsn;
    }
    this.#open = tail;
    return damaged;
  }
}
