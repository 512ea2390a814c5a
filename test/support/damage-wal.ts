import { isEventRecord } from '../../src/wal/decode-event.ts';
import { formatLsn, type Lsn } from '../../src/wal/lsn.ts';
import { readRecords } from './whole-wal.ts';

export interface DamagedRecord {
  /** Where the record begins whose bytes are not what its CRC says. */
  readonly lsn: Lsn;
  readonly text: string;
}

/**
 * Flips one bit in an ordinary record of a segment: one that no index has, of whose damage only its CRC tells.
 * @param from the first such record that begins here or behind; the last one of the segment without it
 */
export function flipOrdinaryRecord(segment: Buffer, startLsn: Lsn, from?: Lsn): DamagedRecord {
  let chosen: { lsn: Lsn; offset: number } | undefined;
  readRecords([Buffer.from(segment)], {
    start: startLsn,
    check: 'every-record',
    visit: ({ startLsn: at, totalBytes, rmid, info, format }) => {
      const offset = Number(at - startLsn);
      const isWithinPage = (offset % 8192) + totalBytes <= 8192;
      const isOrdinary = !isEventRecord(rmid, info, format) && rmid > 0;
      if (isOrdinary && isWithinPage && totalBytes >= 48 && (from === undefined || at >= from)) {
        chosen = { lsn: at, offset: offset + totalBytes - 5 };
        return from === undefined;
      }
      return true;
    },
  });
  if (chosen === undefined) throw new Error('no ordinary record there');
  segment[chosen.offset] = (segment[chosen.offset] ?? 0) ^ 4;
  return { lsn: chosen.lsn, text: formatLsn(chosen.lsn) };
}
