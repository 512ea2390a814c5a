import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

declare const lsnBrand: unique symbol;

/**
 * A position in the write-ahead log: bytes since the start of the instance's WAL, unsigned 64-bit.
 * Text form `X/X` (upper and lower 32 bits in hex). Never a `number`: that is exact only below 2^53.
 */
export type Lsn = bigint & { readonly [lsnBrand]: never };

const largest = 0xffff_ffff_ffff_ffffn;

/** Position 0, which no record has: "no position". */
export const noLsn = 0n as Lsn;

/**
 * A number as a position. What others say of WAL at either end of what can be counted leads out of it when it is reckoned with.
 * @throws BackupError `CORRUPT` outside 0 … 2^64-1
 */
export function lsn(value: bigint): Lsn {
  if (value < 0n || value > largest) throw new BackupError('CORRUPT', say('wal.lsn-out-of-range', { value }));
  return value as Lsn;
}

/** The position that `text` names. Source: pg_lsn_in, utils/adt/pg_lsn.c. @throws BackupError `USAGE` */
export function parseLsn(text: string): Lsn {
  const match = /^([0-9a-fA-F]{1,8})\/([0-9a-fA-F]{1,8})$/.exec(text);
  if (match === null) {
    throw new BackupError('USAGE', say('wal.bad-lsn', { text }), { hint: say('wal.bad-lsn.hint') });
  }
  return ((BigInt(`0x${match[1] ?? ''}`) << 32n) | BigInt(`0x${match[2] ?? ''}`)) as Lsn;
}

/** `X/X` in upper case without leading zeros, as the servers print it. */
export function formatLsn(position: Lsn): string {
  return `${(position >> 32n).toString(16)}/${(position & 0xffff_ffffn).toString(16)}`.toUpperCase();
}
