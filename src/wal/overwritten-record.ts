import type { WalFormat } from './formats/format.ts';
import { lsn, type Lsn } from './lsn.ts';

const overwriteContinuationInfo = 0xd0;

/**
 * The record that this one says it replaces: the main data of OVERWRITE_CONTRECORD (u64 lsn, i64 time) follows its
 * header and a sub-header of 2 bytes.
 */
export function overwrittenBy(view: DataView, offset: number, kind: number, format: WalFormat): Lsn | undefined {
  const position = offset + format.header.sizeBytes + 2;
  if ((kind & 0xfff0) !== overwriteContinuationInfo || position + 8 > view.byteLength) return undefined;
  return lsn(view.getBigUint64(position, true));
}
