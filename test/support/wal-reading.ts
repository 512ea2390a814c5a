import { expect } from 'vitest';
import { lsn, type Lsn } from '../../src/wal/lsn.ts';
import type { WalEnd } from '../../src/wal/wal-end.ts';
import { WalReader, type CrcCheck, type WalReaderOptions } from '../../src/wal/wal-reader.ts';
import { WalBuilder, type BuiltRecord } from './wal-builder.ts';

export const megabyte = 1024 * 1024;
export const heap = { rmid: 10, info: 0 };

export interface Reading {
  readonly end: WalEnd;
  readonly starts: readonly Lsn[];
  readonly abandoned: readonly Lsn[];
}

export function read(
  bytes: Uint8Array,
  start: Lsn,
  options: Partial<WalReaderOptions> = {},
  pieceBytes = bytes.length,
): Reading {
  const starts: Lsn[] = [];
  const abandoned: Lsn[] = [];
  const reader = new WalReader({
    start,
    check: 'every-record',
    visit: (record) => {
      starts.push(record.startLsn);
      return true;
    },
    abandoned: (at) => abandoned.push(at),
    ...options,
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return { end: reader.finish(), starts, abandoned };
}

/** Reads in both ways of checking and at several piece sizes, which must agree. */
export function readInEveryWay(bytes: Uint8Array, start: Lsn, options: Partial<WalReaderOptions> = {}): Reading {
  const first = read(bytes, start, options);
  for (const check of ['every-record', 'visited-records'] satisfies CrcCheck[]) {
    for (const pieceBytes of [bytes.length, 8192, 5000, 24_576]) {
      expect(read(bytes, start, { ...options, check }, pieceBytes)).toEqual(first);
    }
  }
  return first;
}

/** A builder with some records on its first pages. */
export function built(magic: number, segmentSizeBytes = megabyte): { wal: WalBuilder; records: BuiltRecord[] } {
  const wal = new WalBuilder({ magic, segmentSizeBytes, startLsn: lsn(BigInt(segmentSizeBytes)) });
  const records = [0, 1, 300, 9000, 20_000, 5].map((length) =>
    wal.append({ ...heap, xid: 700n, main: new Uint8Array(length).fill(length & 0xff) }),
  );
  return { wal, records };
}
