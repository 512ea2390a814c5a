import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { CopyDataPiece } from '../protocol/backend-messages.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { formatLsn, lsn, noLsn, type Lsn } from '../wal/lsn.ts';
import type { Keepalive, WalDialect } from './wal-messages.ts';

/** WAL bytes and where they begin. `bytes` is a view, valid until the next receive. */
export interface WalPiece {
  readonly startLsn: Lsn;
  readonly bytes: Uint8Array;
}

export type WalFrame =
  { readonly type: 'data'; readonly piece: WalPiece } | { readonly type: 'keepalive'; readonly keepalive: Keepalive };

const kinds = { data: 0x77, keepalive: 0x6b, compressed: 0x43 } as const;

/** What is collected of one message: its header, or a whole keepalive. */
const longestCollected = 128;

/**
 * Takes the CopyData of a WAL stream apart, piece by piece: an 8 MiB message is never joined. Checks that the WAL is
 * contiguous. Pure: no clock, no I/O.
 */
export class WalFrames {
  readonly #dialect: WalDialect;
  /** Where the next WAL byte must be. */
  #position: Lsn;
  #serverEnd: Lsn = noLsn;
  readonly #head = Buffer.alloc(longestCollected);
  #headLength = 0;
  /** How the rest of the current message is treated. */
  #rest: 'head' | 'data' | 'skip' = 'head';

  constructor(dialect: WalDialect, startLsn: Lsn) {
    this.#dialect = dialect;
    this.#position = startLsn;
  }

  /** End of the WAL that was handed out. */
  get position(): Lsn {
    return this.#position;
  }

  /** End of WAL on the server, as its newest message said: a keepalive tells only what was sent. 0 before the first. */
  get serverEnd(): Lsn {
    return this.#serverEnd;
  }

  /** What `piece` contains, if anything is complete with it. @throws BackupError `PROTOCOL_VIOLATION` */
  take(piece: CopyDataPiece): WalFrame | undefined {
    if (piece.first) {
      this.#headLength = 0;
      this.#rest = 'head';
    }
    if (this.#rest === 'skip') return undefined;
    if (this.#rest === 'data') return this.#data(piece.bytes);
    return this.#header(piece);
  }

  #header(piece: CopyDataPiece): WalFrame | undefined {
    const kind = this.#headLength > 0 ? this.#head[0] : piece.bytes[0];
    if (kind === undefined) {
      if (piece.last) throw this.#bad(0, piece.messageLength);
      return undefined;
    }
    const wanted = this.#wantedLength(kind, piece.messageLength);
    if (wanted === undefined) {
      this.#rest = 'skip';
      return undefined;
    }
    const missing = wanted - this.#headLength;
    const taken = piece.bytes.subarray(0, missing);
    this.#head.set(taken, this.#headLength);
    this.#headLength += taken.length;
    if (this.#headLength < wanted) return undefined;
    if (kind === kinds.keepalive) {
      this.#rest = 'skip';
      const keepalive = this.#dialect.decodeKeepalive(this.#head);
      this.#learnEnd(keepalive.walEnd);
      return { type: 'keepalive', keepalive };
    }
    this.#rest = 'data';
    const start = this.#dialect.decodeDataStart(this.#head);
    if (start !== this.#position) {
      throw protocolViolation(
        say('replication.wal-gap', { actual: formatLsn(start), expected: formatLsn(this.#position) }),
      );
    }
    this.#learnEnd(this.#dialect.decodeServerEnd(this.#head));
    return this.#data(piece.bytes.subarray(taken.length));
  }

  #learnEnd(end: Lsn): void {
    if (end > this.#serverEnd) this.#serverEnd = end;
  }

  /** Bytes to collect of a message of `kind`; undefined: pass it over. */
  #wantedLength(kind: number, messageLength: number): number | undefined {
    const letter = String.fromCharCode(kind);
    if (this.#dialect.ignoredKinds.includes(letter)) return undefined;
    const wanted =
      kind === kinds.data
        ? this.#dialect.dataHeaderBytes
        : kind === kinds.keepalive
          ? this.#dialect.keepaliveBytes
          : undefined;
    if (wanted === undefined && kind === kinds.compressed) {
      throw new BackupError('PROTOCOL_VIOLATION', say('replication.wal-compressed'), {
        hint: say('replication.wal-compressed.hint'),
      });
    }
    if (wanted === undefined || messageLength < wanted) throw this.#bad(kind, messageLength);
    return wanted;
  }

  #data(bytes: Uint8Array): WalFrame | undefined {
    if (bytes.length === 0) return undefined;
    const startLsn = this.#position;
    this.#position = lsn(startLsn + BigInt(bytes.length));
    return { type: 'data', piece: { startLsn, bytes } };
  }

  #bad(kind: number, length: number): BackupError {
    return protocolViolation(say('replication.wal-message', { kind: String.fromCharCode(kind), length }));
  }
}
