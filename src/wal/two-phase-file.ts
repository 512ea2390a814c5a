import type { WalFormat } from './formats/format.ts';
import { MainData } from './main-data.ts';
import { decodeTransaction, type TransactionRecord } from './transaction-record.ts';

/** The info byte of PREPARE TRANSACTION in every format. */
const prepareInfo = 0x10;

/** Most that is needed of a file in pg_twophase, in bytes: its header, the gid and subtransactions. */
export const twoPhaseHeadBytes = 1024 * 1024;

/** Names of the files in pg_twophase: the xid in hexadecimal, from PostgreSQL 17 on with the epoch before it. */
export const twoPhaseFileName = /^(?:[0-9A-F]{8}){1,2}$/;

/**
 * What a file of pg_twophase says of its transaction. It begins as the record of PREPARE TRANSACTION does.
 * Source: EndPrepare, RecreateTwoPhaseFile, twophase.c.
 * @returns undefined when it is none
 */
export function decodeTwoPhaseFile(format: WalFormat, bytes: Uint8Array): TransactionRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return decodeTransaction(format, prepareInfo, new MainData().show(view, 0, bytes.byteLength));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
