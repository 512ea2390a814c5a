import type { RecoveryTarget } from '../server/recovery-target.ts';
import type { StopRules } from '../server/stop-rules.ts';
import type { TransactionEvent, WalEvent } from '../wal/wal-event.ts';
import { isTransaction, isTransactionEnd, transactionMark, type TransactionMark } from '../window/transaction.ts';

/** Whether two numbers name one transaction: below the epoch, where the server has only 32 bits. */
export function isSameXid(a: bigint, b: bigint, rules: StopRules): boolean {
  return rules.wideTransactionIds ? a === b : BigInt.asUintN(32, a) === BigInt.asUintN(32, b);
}

/** Names no more restore points than that. */
const namesListed = 20;

/** What lies near a target in the WAL: what to offer when it cannot be reached, and why it cannot. */
export class KeptAndLost {
  readonly #target: RecoveryTarget;
  readonly #rules: StopRules;
  /** Of a time: the last end of a transaction at or before it, the first behind it. Of an xid: the next lower and higher one. */
  lower: TransactionMark | undefined;
  higher: TransactionMark | undefined;
  /** The transaction whose subtransaction the target xid is. */
  parent: TransactionMark | undefined;
  /** The prepared transaction that the target xid is, and its end. */
  prepared: TransactionMark | undefined;
  preparedEnd: TransactionMark | undefined;
  /** Names of restore points, each once, the last ones met. */
  readonly restorePoints: string[] = [];
  last: TransactionMark | undefined;

  constructor(target: RecoveryTarget, rules: StopRules) {
    this.#target = target;
    this.#rules = rules;
  }

  see(event: WalEvent): void {
    const target = this.#target;
    if (event.kind === 'restore-point' && target.kind === 'name') this.#name(event.name);
    if (!isTransaction(event)) return;
    if (target.kind === 'xid') this.#xid(event, target.xid);
    if (!isTransactionEnd(event)) return;
    this.last = transactionMark(event);
    if (target.kind === 'time') {
      if (event.timeUs <= target.timeUs) this.lower = this.last;
      else this.higher ??= this.last;
    }
  }

  #name(name: string): void {
    if (this.restorePoints.includes(name)) return;
    this.restorePoints.push(name);
    if (this.restorePoints.length > namesListed) this.restorePoints.shift();
  }

  #xid(event: TransactionEvent, xid: bigint): void {
    const mark = transactionMark(event);
    if (event.subxids.some((sub) => isSameXid(sub, xid, this.#rules))) this.parent = mark;
    if (isSameXid(event.xid, xid, this.#rules)) {
      if (event.kind === 'prepare') this.prepared = mark;
      else if (event.kind.endsWith('-prepared')) this.preparedEnd = mark;
      return;
    }
    if (event.kind === 'prepare') return;
    const looked = this.#rules.wideTransactionIds ? xid : BigInt.asUintN(32, xid);
    if (event.xid < looked && (this.lower === undefined || event.xid > this.lower.xid)) this.lower = mark;
    if (event.xid > looked && (this.higher === undefined || event.xid < this.higher.xid)) this.higher = mark;
  }
}
