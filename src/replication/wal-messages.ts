import { lsn, type Lsn } from '../wal/lsn.ts';

/** Microseconds from 1970 to 2000-01-01 UTC, where the servers' clock begins. */
const epochMicroseconds = 946_684_800_000_000n;

/** Positions that a status update reports; 0 is "nothing to report". */
export interface StatusUpdate {
  readonly received: Lsn;
  readonly flushed: Lsn;
  /** Asks the server to answer with a keepalive. */
  readonly replyRequested: boolean;
  /** Our clock, in ms since 1970. */
  readonly sentAtMs: number;
}

export interface Keepalive {
  /** End of WAL on the server. */
  readonly walEnd: Lsn;
  readonly replyRequested: boolean;
}

/** How WAL, keepalives and status updates look in CopyData. Lengths include the kind byte. */
export interface WalDialect {
  /** Bytes before the WAL in a `w` message. */
  readonly dataHeaderBytes: number;
  /** Position of the first WAL byte. @param header at least `dataHeaderBytes` long */
  readonly decodeDataStart: (header: Uint8Array) => Lsn;
  /** End of WAL on the server when it sent the message. @param header at least `dataHeaderBytes` long */
  readonly decodeServerEnd: (header: Uint8Array) => Lsn;
  readonly keepaliveBytes: number;
  /** @param message at least `keepaliveBytes` long */
  readonly decodeKeepalive: (message: Uint8Array) => Keepalive;
  readonly encodeStatus: (update: StatusUpdate) => Uint8Array;
  /** Kinds that are for others than us and are passed over. */
  readonly ignoredKinds: string;
}

/** PostgreSQL 9.3+: fields in network byte order. Source: PostgreSQL manual, "Streaming Replication Protocol". */
export const bigEndianWal: WalDialect = {
  dataHeaderBytes: 25,
  decodeDataStart: (header) => lsn(viewOf(header).getBigUint64(1, false)),
  decodeServerEnd: (header) => lsn(viewOf(header).getBigUint64(9, false)),
  keepaliveBytes: 18,
  decodeKeepalive(message) {
    const view = viewOf(message);
    return { walEnd: lsn(view.getBigUint64(1, false)), replyRequested: view.getUint8(17) !== 0 };
  },
  /** r · written u64 · flushed u64 · applied u64 · time i64 · reply requested u8 = 34 bytes. */
  encodeStatus(update) {
    const message = new Uint8Array(34);
    const view = viewOf(message);
    message[0] = 0x72;
    view.setBigUint64(1, update.received, false);
    view.setBigUint64(9, update.flushed, false);
    view.setBigInt64(25, serverClock(update.sentAtMs), false);
    view.setUint8(33, update.replyRequested ? 1 : 0);
    return message;
  },
  ignoredKinds: '',
};

/** Role standby, state building, and the flag that keeps flow control from counting us. Source: replicainternal.h, walreceiver.h. */
const roleStandby = 3;
const stateBuilding = 7;
const cancelFlowControl = 0x10;

/**
 * openGauss: its C structs as they lie in memory, little-endian with padding. Source: walprotocol.h; `docs/design/opengauss.md`.
 * A `w` is 65 + n bytes, a `k` 33, an `r` 65. Receive, write and apply stay 0: only what is flushed, and only with a
 * slot, is reported, because any server that initdb made would otherwise take us for a synchronous standby.
 */
export const littleEndianStructWal: WalDialect = {
  dataHeaderBytes: 65,
  decodeDataStart: (header) => lsn(viewOf(header).getBigUint64(1, true)),
  decodeServerEnd: (header) => lsn(viewOf(header).getBigUint64(9, true)),
  keepaliveBytes: 33,
  decodeKeepalive(message) {
    const view = viewOf(message);
    return { walEnd: lsn(view.getBigUint64(1, true)), replyRequested: view.getUint8(25) !== 0 };
  },
  encodeStatus(update) {
    const message = new Uint8Array(65);
    const view = viewOf(message);
    message[0] = 0x72;
    view.setBigUint64(17, update.flushed, true);
    view.setInt32(41, roleStandby, true);
    view.setInt32(45, stateBuilding, true);
    view.setBigInt64(49, serverClock(update.sentAtMs), true);
    view.setUint8(57, update.replyRequested ? 1 : 0);
    view.setUint32(61, cancelFlowControl, true);
    return message;
  },
  // m configuration file, p switchover response, a archive task, x and e dummy standby, D slot clean-up, d data page, S HADR.
  ignoredKinds: 'mpaxeDdS',
};

export function walDialectOf(messages: 'big-endian' | 'little-endian-structs'): WalDialect {
  return messages === 'big-endian' ? bigEndianWal : littleEndianStructWal;
}

function serverClock(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * 1000n - epochMicroseconds;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
