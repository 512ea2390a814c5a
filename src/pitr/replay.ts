import type { RecoveryTarget } from '../server/recovery-target.ts';
import type { StopRules } from '../server/stop-rules.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { longPageHeaderBytes, shortPageHeaderBytes, walPageBytes } from '../wal/page-header.ts';
import { defaultSegmentSizeBytes, segmentEndLsn, segmentOffset } from '../wal/segment.ts';
import type { RecoveryLimits } from '../wal/recovery-limits.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import type { RestorePoint, WindowBackup } from '../window/recovery-window.ts';
import { isSameXid, KeptAndLost } from './kept-and-lost.ts';
import { pauseTargetAt } from './pause-target.ts';
import {
  isCommit,
  isTransaction,
  isTransactionEnd,
  transactionMark,
  type TransactionMark,
} from '../window/transaction.ts';
import type { LineBreak, LineItem } from '../window/wal-line.ts';

/** A record by its place. */
export interface RecordPlace {
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

export interface ReplayRequest {
  readonly backup: WindowBackup;
  readonly target: RecoveryTarget;
  /** Of time, xid and LSN. */
  readonly inclusive: boolean;
  readonly rules: StopRules;
  /**
   * For an LSN target: the first record at or behind the LSN at which `rules` can stop, which only the WAL itself tells.
   * Undefined: there is none.
   */
  readonly lsnRecord?: RecordPlace | undefined;
  /** What the backup has as prepared; the WAL may prepare some of it again. */
  readonly prepared?: readonly TransactionMark[] | undefined;
}

/** Where a replay stops because of its target. */
export interface ReplayStop {
  /** Whether the record is the first that is not replayed, or the last that is. */
  readonly how: 'before' | 'after';
  readonly record: RecordPlace;
  /** What the record is, where the index has it. */
  readonly event: WalEvent | undefined;
  /** The end of what is replayed. */
  readonly lsn: Lsn;
}

type TablespaceEvent = Extract<WalEvent, { kind: 'tablespace-create' | 'tablespace-drop' }>;

type ParameterChange = Extract<WalEvent, { kind: 'parameter-change' }>;

/** What a server does with a backup, a line of WAL and a target, and what it loses by it. */
export interface ReplayOutcome {
  /** The checkpoint that the backup begins with is where the backup says. */
  readonly hasCheckpoint: boolean;
  /** The next transaction number at that checkpoint, epoch included: lower ones had begun before. */
  readonly nextXid: bigint | undefined;
  /** When that checkpoint began, in whole seconds: what was committed later in that second may be in the backup. */
  readonly checkpointTimeUs: bigint | undefined;
  /** Where the backup becomes consistent; undefined: the WAL does not reach that. */
  readonly consistentLsn: Lsn | undefined;
  /** Of the last transaction that had ended by then, or of the checkpoint. */
  readonly consistentTimeUs: bigint | undefined;
  /** Undefined: the target is not met, replay goes to the end of the WAL. */
  readonly stop: ReplayStop | undefined;
  /** The last end of a transaction that is replayed, and the last that is a commit. */
  readonly lastKept: TransactionMark | undefined;
  /** The last event replayed that means something by itself: the end or the prepare of a transaction, a restore point, the end of the backup. */
  readonly lastMark: WalEvent | undefined;
  /** The last event replayed, and the first one behind the stop, at whose end a server pauses whose WAL ends there. */
  readonly pausePlaces: { readonly before: WalEvent | undefined; readonly behind: WalEvent | undefined };
  readonly keptCommits: number;
  /** The first end of a transaction behind the stop, and how many there are. */
  readonly firstLost: TransactionMark | undefined;
  readonly lostCommits: number;
  readonly lostAborts: number;
  /** Prepared in the backup or in what is replayed, and not ended there. */
  readonly leftPrepared: readonly TransactionMark[];
  /** Prepared in the backup, and again in what is replayed: that it was in the backup already is too early. */
  readonly preparedAgain: ReadonlySet<bigint>;
  /** Ends of prepared transactions that are replayed although they are later than the target time. */
  readonly overrun: readonly TransactionMark[];
  readonly tablespaces: readonly TablespaceEvent[];
  /** What was replayed of the source's changes of limits; each that raised one. */
  readonly parameterChanges: readonly ParameterChange[];
  /** Where the WAL that was there ends, and why. */
  readonly endLsn: Lsn | undefined;
  readonly broken: LineBreak | undefined;
  readonly lastSegment: string | undefined;
  /** Records that may have been events. */
  readonly unread: number;
  readonly neighbours: KeptAndLost;
  /** For a name: all restore points of that name, in WAL order. */
  readonly named: readonly RestorePoint[];
}

/** Names no more than so many of a kind. */
const listed = 100;

/** Replays a line of WAL in thought: give it every item from the segment in which the backup begins. */
export class Replay {
  readonly #request: ReplayRequest;
  readonly #neighbours: KeptAndLost;
  readonly #prepared = new Map<bigint, TransactionMark>();
  readonly #inBackup: ReadonlySet<bigint>;
  readonly #preparedAgain = new Set<bigint>();
  readonly #overrun: TransactionMark[] = [];
  readonly #tablespaces: TablespaceEvent[] = [];
  readonly #named: RestorePoint[] = [];
  readonly #parameterChanges: ParameterChange[] = [];
  #consistentLsn: Lsn | undefined;
  #nextXid: bigint | undefined;
  #checkpointTimeUs: bigint | undefined;
  #consistentTimeUs: bigint | undefined;
  #stop: ReplayStop | undefined;
  #lastKept: TransactionMark | undefined;
  #lastMark: WalEvent | undefined;
  #pauseBefore: WalEvent | undefined;
  #pauseBehind: WalEvent | undefined;
  #firstLost: TransactionMark | undefined;
  #keptCommits = 0;
  #lostCommits = 0;
  #lostAborts = 0;
  #endLsn: Lsn | undefined;
  #broken: LineBreak | undefined;
  #lastSegment: string | undefined;
  /** End of the last segment that was passed. */
  #passedLsn: Lsn | undefined;
  #unread = 0;
  #segmentSizeBytes = defaultSegmentSizeBytes;

  constructor(request: ReplayRequest) {
    this.#request = request;
    this.#inBackup = new Set(request.prepared?.map(({ xid }) => xid));
    for (const mark of request.prepared ?? []) this.#prepared.set(mark.xid, mark);
    this.#neighbours = new KeptAndLost(request.target, request.rules);
  }

  /** @returns false when the line has broken: nothing behind can be replayed */
  take(items: readonly LineItem[]): boolean {
    for (const item of items) {
      if (this.#broken !== undefined) return false;
      if (item.kind === 'event') this.#event(item.event);
      else if (item.kind === 'unread') this.#unread += 1;
      else if (item.kind === 'segment') {
        this.#lastSegment = item.segment.name;
        this.#passedLsn = segmentEndLsn(item.index.startLsn, item.index.segmentSizeBytes);
        this.#segmentSizeBytes = item.index.segmentSizeBytes;
      } else this.#break(item.endLsn, item.break);
    }
    return this.#broken === undefined;
  }

  outcome(): ReplayOutcome {
    return {
      hasCheckpoint: this.#checkpointTimeUs !== undefined,
      nextXid: this.#nextXid,
      checkpointTimeUs: this.#checkpointTimeUs,
      consistentLsn: this.#consistentLsn,
      consistentTimeUs: this.#consistentTimeUs,
      stop: this.#stop,
      lastKept: this.#lastKept,
      lastMark: this.#lastMark,
      pausePlaces: { before: this.#pauseBefore, behind: this.#pauseBehind },
      keptCommits: this.#keptCommits,
      firstLost: this.#firstLost,
      lostCommits: this.#lostCommits,
      lostAborts: this.#lostAborts,
      leftPrepared: [...this.#prepared.values()],
      preparedAgain: this.#preparedAgain,
      overrun: this.#overrun,
      tablespaces: this.#tablespaces,
      parameterChanges: this.#parameterChanges,
      endLsn: this.#endLsn,
      broken: this.#broken,
      lastSegment: this.#lastSegment,
      unread: this.#unread,
      neighbours: this.#neighbours,
      named: this.#named,
    };
  }

  #event(event: WalEvent): void {
    if (event.startLsn < this.#request.backup.startLsn) return;
    this.#meetConsistency(event, false);
    this.#stop ??= stopBefore(event, this.#request, this.#segmentSizeBytes);
    this.#meetImmediate();
    if (this.#stop === undefined) {
      this.#keep(event);
      this.#meetConsistency(event, true);
      this.#stop = stopAfter(event, this.#request, this.#segmentSizeBytes);
      this.#meetImmediate();
    } else if (this.#stop.lsn > event.startLsn) {
      this.#keep(event);
    } else {
      this.#lose(event);
    }
    this.#neighbours.see(event);
    const { target } = this.#request;
    if (target.kind === 'name' && event.kind === 'restore-point' && event.name === target.name) {
      const { name, startLsn, endLsn, timeUs } = event;
      if (this.#named.length < listed) {
        this.#named.push({ name, startLsn, endLsn, timeUs, isRepeated: this.#named.length > 0 });
      }
    }
  }

  #keep(event: WalEvent): void {
    if (pauseTargetAt(event) !== undefined) this.#pauseBefore = event;
    if (isTransactionEnd(event)) {
      this.#lastKept = transactionMark(event);
      if (isCommit(event)) this.#keptCommits += 1;
      this.#prepared.delete(event.xid);
      this.#noteOverrun(event.kind.endsWith('-prepared'), this.#lastKept);
    }
    if (event.kind === 'prepare') {
      this.#prepared.set(event.xid, transactionMark(event));
      if (this.#inBackup.has(event.xid)) this.#preparedAgain.add(event.xid);
    }
    if (isTransaction(event) || event.kind === 'restore-point' || event.kind === 'backup-end') this.#lastMark = event;
    const isTablespace = event.kind === 'tablespace-create' || event.kind === 'tablespace-drop';
    if (isTablespace && this.#tablespaces.length < listed) this.#tablespaces.push(event);
    if (event.kind === 'parameter-change' && this.#raises(event)) this.#parameterChanges.push(event);
  }

  /** Whether a limit is higher than in every change before: so there are few. */
  #raises({ limits }: ParameterChange): boolean {
    return (Object.keys(limits) as (keyof RecoveryLimits)[]).some((key) =>
      this.#parameterChanges.every((before) => (limits[key] ?? 0) > (before.limits[key] ?? 0)),
    );
  }

  #noteOverrun(isPreparedEnd: boolean, mark: TransactionMark): void {
    const { target, inclusive } = this.#request;
    if (!isPreparedEnd || target.kind !== 'time') return;
    const isLater = inclusive ? mark.timeUs > target.timeUs : mark.timeUs >= target.timeUs;
    if (isLater && this.#overrun.length < listed) this.#overrun.push(mark);
  }

  #lose(event: WalEvent): void {
    if (pauseTargetAt(event) !== undefined) this.#pauseBehind ??= event;
    if (!isTransactionEnd(event)) return;
    this.#firstLost ??= transactionMark(event);
    if (isCommit(event)) this.#lostCommits += 1;
    else this.#lostAborts += 1;
  }

  /** @param replayed whether the event has been replayed already */
  #meetConsistency(event: WalEvent, replayed: boolean): void {
    if (this.#consistentLsn !== undefined) return;
    const { startLsn, stopLsn, checkpointLsn } = this.#request.backup;
    if (event.kind === 'checkpoint' && event.startLsn === checkpointLsn) {
      this.#checkpointTimeUs = event.timeUs;
      this.#nextXid = event.nextXid;
    }
    // Without it the WAL is that of another instance or of another line.
    if (this.#checkpointTimeUs === undefined) return;
    const reached = replayed ? event.endLsn : event.startLsn;
    if (stopLsn !== undefined && reached >= stopLsn) this.#setConsistent(stopLsn);
    const isEnd = replayed && event.kind === 'backup-end' && event.backupStartLsn === startLsn;
    if (stopLsn === undefined && isEnd) this.#setConsistent(event.endLsn);
  }

  #setConsistent(position: Lsn): void {
    this.#consistentLsn = position;
    const times = [this.#checkpointTimeUs, this.#lastKept?.timeUs].filter((time) => time !== undefined);
    this.#consistentTimeUs = times.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
  }

  #meetImmediate(): void {
    const position = this.#consistentLsn;
    if (this.#request.target.kind !== 'immediate' || position === undefined || this.#stop !== undefined) return;
    const record = { startLsn: position, endLsn: position };
    this.#stop = { how: 'after', record, event: undefined, lsn: position };
  }

  #break(endLsn: Lsn | undefined, broken: LineBreak): void {
    this.#broken = broken;
    this.#endLsn = endLsn;
    const { stopLsn } = this.#request.backup;
    if (endLsn === undefined) return;
    const isReached = this.#checkpointTimeUs !== undefined && stopLsn !== undefined && stopLsn <= endLsn;
    if (this.#consistentLsn === undefined && isReached) this.#setConsistent(stopLsn);
    this.#meetImmediate();
    // The record of an LSN target need not be an event. It was looked for by its position: it may lie behind a hole.
    const { lsnRecord } = this.#request;
    const isBehind = this.#passedLsn !== undefined && lsnRecord !== undefined && lsnRecord.startLsn >= this.#passedLsn;
    if (!isBehind) this.#stop ??= lsnStop(this.#request, undefined, this.#segmentSizeBytes);
  }
}

function stopBefore(event: WalEvent, request: ReplayRequest, segmentSizeBytes: number): ReplayStop | undefined {
  const { target, inclusive, rules } = request;
  if (target.kind === 'lsn') {
    const record = request.lsnRecord;
    const isPassed = record !== undefined && event.startLsn > record.startLsn;
    const isMet = record !== undefined && !inclusive && event.startLsn === record.startLsn;
    return isPassed || isMet ? lsnStop(request, isMet ? event : undefined, segmentSizeBytes) : undefined;
  }
  const isEnd = isTransactionEnd(event) && (rules.stopsAtPreparedEnds || !event.kind.endsWith('-prepared'));
  if (isEnd && target.kind === 'time') {
    const isLater = inclusive ? event.timeUs > target.timeUs : event.timeUs >= target.timeUs;
    return isLater ? before(event, segmentSizeBytes) : undefined;
  }
  if (isEnd && target.kind === 'xid') {
    return !inclusive && isSameXid(event.xid, target.xid, rules) ? before(event, segmentSizeBytes) : undefined;
  }
  if (event.kind === 'restore-point' && target.kind === 'name') {
    return event.name === target.name && !rules.replaysRestorePoint ? before(event, segmentSizeBytes) : undefined;
  }
  return undefined;
}

function stopAfter(event: WalEvent, request: ReplayRequest, segmentSizeBytes: number): ReplayStop | undefined {
  const { target, inclusive, rules } = request;
  switch (target.kind) {
    case 'lsn':
      return inclusive && event.startLsn === request.lsnRecord?.startLsn
        ? lsnStop(request, event, segmentSizeBytes)
        : undefined;
    case 'name':
      return event.kind === 'restore-point' && event.name === target.name ? after(event) : undefined;
    case 'xid': {
      const isEnd = isTransactionEnd(event) && (rules.stopsAtPreparedEnds || !event.kind.endsWith('-prepared'));
      return isEnd && inclusive && isSameXid(event.xid, target.xid, rules) ? after(event) : undefined;
    }
    default:
      return undefined;
  }
}

function lsnStop(
  { lsnRecord, inclusive }: ReplayRequest,
  event: WalEvent | undefined,
  segmentSizeBytes: number,
): ReplayStop | undefined {
  if (lsnRecord === undefined) return undefined;
  const how = inclusive ? 'after' : 'before';
  return {
    how,
    record: lsnRecord,
    event,
    lsn: inclusive ? lsnRecord.endLsn : endBefore(lsnRecord.startLsn, segmentSizeBytes),
  };
}

function before(event: WalEvent, segmentSizeBytes: number): ReplayStop {
  return { how: 'before', record: placeOf(event), event, lsn: endBefore(event.startLsn, segmentSizeBytes) };
}

function after(event: WalEvent): ReplayStop {
  return { how: 'after', record: placeOf(event), event, lsn: event.endLsn };
}

/** The end of the record before one: the end of a page where that one is the first behind the header of the next. */
function endBefore(startLsn: Lsn, segmentSizeBytes: number): Lsn {
  const offset = segmentOffset(startLsn, segmentSizeBytes);
  if (offset === longPageHeaderBytes) return lsn(startLsn - BigInt(longPageHeaderBytes));
  const isFirst = offset > walPageBytes && offset % walPageBytes === shortPageHeaderBytes;
  return isFirst ? lsn(startLsn - BigInt(shortPageHeaderBytes)) : startLsn;
}

function placeOf({ startLsn, endLsn }: WalEvent): RecordPlace {
  return { startLsn, endLsn };
}
