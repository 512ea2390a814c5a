import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';
import type { TimelineId } from './segment.ts';

/** A position as two unsigned 32-bit numbers: arithmetic without a bigint for every record. */
export interface SplitLsn {
  high: number;
  low: number;
}

// The cheapest way to make a bigint of two numbers: memory seen both ways.
const halves = new Uint32Array(2);
const whole = new BigUint64Array(halves.buffer);

export function joinLsn({ high, low }: SplitLsn): Lsn {
  return joinHalves(high, low) as Lsn;
}

function joinHalves(high: number, low: number): bigint {
  halves[0] = low;
  halves[1] = high;
  return whole[0] ?? 0n;
}

export function splitLsn(position: Lsn): SplitLsn {
  return { high: Number(position >> 32n), low: Number(position & 0xffff_ffffn) };
}

/** Sets `target` to `position + bytes`, up to 2^32 bytes; past the largest LSN it begins at 0 again. */
export function setLsn(target: SplitLsn, position: SplitLsn, bytes: number): void {
  const low = position.low + bytes;
  target.low = low >>> 0;
  target.high = low > 0xffff_ffff ? (position.high + 1) >>> 0 : position.high;
}

/**
 * The record that is being visited. One object serves all records of a reading, and `bytes` shows memory that is used
 * again: take what you need before you return.
 */
export interface WalRecord {
  readonly format: WalFormat;
  readonly startLsn: Lsn;
  /** Where the next record begins, page headers not skipped; the end of the segment for a segment switch. */
  readonly endLsn: Lsn;
  readonly previousLsn: Lsn;
  /** Timeline of the page on which the record ends. */
  readonly timeline: TimelineId;
  readonly rmid: number;
  readonly info: number;
  /** 0 when no transaction wrote it. */
  readonly xid: bigint;
  /** Bytes of the whole record, header included. */
  readonly totalBytes: number;
  /** Memory in which the whole record lies at `offset`, and a view of the same memory. */
  readonly memory: Uint8Array;
  readonly view: DataView;
  readonly offset: number;
}

/** The record of a reading, filled anew by the reader. */
export class RecordCursor implements WalRecord {
  readonly format: WalFormat;
  readonly start: SplitLsn = { high: 0, low: 0 };
  readonly end: SplitLsn = { high: 0, low: 0 };
  timeline = 0;
  rmid = 0;
  info = 0;
  totalBytes = 0;
  offset = 0;
  memory: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));

  constructor(format: WalFormat) {
    this.format = format;
  }

  get startLsn(): Lsn {
    return joinLsn(this.start);
  }

  get endLsn(): Lsn {
    return joinLsn(this.end);
  }

  get previousLsn(): Lsn {
    return lsn(this.view.getBigUint64(this.offset + this.format.header.prevOffset, true));
  }

  get xid(): bigint {
    const { xidBytes, xidOffset } = this.format.header;
    const position = this.offset + xidOffset;
    return xidBytes === 4 ? joinHalves(0, this.view.getUint32(position, true)) : this.view.getBigUint64(position, true);
  }
}
