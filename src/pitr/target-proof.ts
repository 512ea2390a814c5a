import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { formatUtc, type RecoveryTarget } from '../server/recovery-target.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { ProofRequest } from './proof-request.ts';
import { withNotedGap } from '../window/noted-gap.ts';
import type { RestorePoint, WindowBackup } from '../window/recovery-window.ts';
import type { ReplayOutcome, ReplayStop } from './replay.ts';
import { describeTarget } from './target.ts';
import type { TransactionMark } from '../window/transaction.ts';
import { noPause } from './pause-places.ts';
import { pauseTargetAt } from './pause-target.ts';
import { unreachable } from './unreachable.ts';

/** What is written into the server's configuration for a target. */
export interface WrittenTarget {
  readonly target: RecoveryTarget;
  readonly inclusive: boolean | undefined;
}

/** Where a recovery will really end, and what that means. */
export interface TargetProof {
  readonly backup: WindowBackup;
  readonly target: RecoveryTarget;
  readonly inclusive: boolean;
  readonly consistentLsn: Lsn;
  readonly consistentTimeUs: bigint | undefined;
  /** Undefined: at the end of the WAL. */
  readonly stop: ReplayStop | undefined;
  /** End of what is replayed, whatever ends it. */
  readonly endLsn: Lsn;
  /** Where the supplied WAL is to be cut; undefined: it is not. */
  readonly cutLsn: Lsn | undefined;
  /** First position of WAL that is not needed any more: the segment of the byte before it is the last one needed. */
  readonly neededEndLsn: Lsn;
  readonly written: WrittenTarget;
  /** Whether the server will pause there; `impossible` where it was asked to and cannot. */
  readonly pause: 'yes' | 'no' | 'impossible';
  readonly lastKept: TransactionMark | undefined;
  /** Where no end of a transaction is replayed: the last one before the backup, where that is known. */
  readonly endedBefore: TransactionMark | undefined;
  readonly firstLost: TransactionMark | undefined;
  readonly lostCommits: number;
  readonly lostAborts: number;
  /** False: WAL behind the stop is damaged or missing, and what was lost is counted only as far as indexes behind that tell. */
  readonly isLossKnown: boolean;
  readonly leftPrepared: readonly TransactionMark[];
  /** Transactions that the backup has as prepared and the WAL prepares again. */
  readonly preparedAgain: ReadonlySet<bigint>;
  readonly tablespaces: ReplayOutcome['tablespaces'];
  /** Changes of limits that the copy must follow from its start on. */
  readonly parameterChanges: ReplayOutcome['parameterChanges'];
  readonly named: readonly RestorePoint[];
  readonly notes: readonly Message[];
}

/**
 * Judges what a replay came to: where it will end, or why the target cannot be met.
 * @throws BackupError `TARGET_UNREACHABLE` with the nearest reachable points, `WAL_MISSING` when the WAL does not even reach
 * the point at which the backup is consistent
 */
export function proveTarget(request: ProofRequest, outcome: ReplayOutcome): TargetProof {
  const { consistentLsn, endLsn } = outcome;
  if (consistentLsn === undefined || endLsn === undefined) throw walMissing(request, outcome);
  const refusal = refusalOf(request, outcome, consistentLsn);
  if (refusal !== undefined) throw refusal;
  const { stop } = outcome;
  const isExact = request.supply === 'exact' && request.target.kind !== 'latest' && stop !== undefined;
  const cut = isExact ? cutAt(request.target, stop, outcome, consistentLsn) : undefined;
  const stopEnd = stop?.lsn ?? endLsn;
  const written = isExact ? pauseTarget(outcome, cut) : asAsked(request, stop);
  const pause = pauseOf(request, written);
  if (request.requirePause === true && pause !== 'yes') throw noPause(pause, request, outcome);
  return {
    backup: request.backup,
    target: request.target,
    inclusive: request.inclusive,
    consistentLsn,
    consistentTimeUs: outcome.consistentTimeUs,
    stop,
    endLsn: cut ?? stopEnd,
    cutLsn: cut,
    // A server that stops before a record has to read it.
    neededEndLsn: cut ?? (stop === undefined ? endLsn : stop.record.endLsn),
    written,
    pause,
    lastKept: outcome.lastKept,
    endedBefore: undefined,
    firstLost: outcome.firstLost,
    lostCommits: outcome.lostCommits,
    lostAborts: outcome.lostAborts,
    isLossKnown: outcome.broken === undefined || outcome.broken.kind === 'end',
    leftPrepared: outcome.leftPrepared,
    preparedAgain: outcome.preparedAgain,
    tablespaces: outcome.tablespaces,
    parameterChanges: outcome.parameterChanges,
    named: outcome.named,
    notes: notesOf(request, outcome, written),
  };
}

/** Why the target cannot be had, or must not: undefined when all is well. */
function refusalOf(request: ProofRequest, outcome: ReplayOutcome, consistentLsn: Lsn): BackupError | undefined {
  const { target, rules } = request;
  const { stop, neighbours, overrun, broken } = outcome;
  if (target.kind === 'latest') {
    const hasMore = broken !== undefined && broken.kind !== 'end';
    return hasMore && !request.allowEndOfWal ? unreachable('not-met', request, outcome) : undefined;
  }
  const { consistentTimeUs } = outcome;
  // What had been committed when the backup was consistent cannot be taken back.
  if (target.kind === 'time' && consistentTimeUs !== undefined && target.timeUs < consistentTimeUs) {
    return unreachable('before-consistency', request, outcome);
  }
  if (target.kind === 'immediate' && !rules.hasImmediate) return unreachable('no-immediate', request, outcome);
  if (stop === undefined) {
    if (target.kind === 'xid' && neighbours.parent !== undefined)
      return unreachable('subtransaction', request, outcome);
    if (request.allowEndOfWal) return undefined;
    if (target.kind === 'immediate') return unreachable('nothing-behind', request, outcome);
    const isPrepared = target.kind === 'xid' && (neighbours.preparedEnd ?? neighbours.prepared) !== undefined;
    if (isPrepared) return unreachable('prepared-xid', request, outcome);
    return unreachable(isOlder(target, outcome, rules) ? 'older-xid' : 'not-met', request, outcome);
  }
  if (stop.lsn < consistentLsn) return unreachable('before-consistency', request, outcome);
  if (overrun.length > 0) return unreachable('overrun', request, outcome);
  return undefined;
}

/** Whether a transaction had begun when the backup's checkpoint was made. A number without epoch is of the same epoch. */
function isOlder(target: RecoveryTarget, { nextXid, broken }: ReplayOutcome, rules: ProofRequest['rules']): boolean {
  if (target.kind !== 'xid' || nextXid === undefined || (broken !== undefined && broken.kind !== 'end')) return false;
  if (rules.wideTransactionIds) return target.xid < nextXid;
  // The numbers go round: the nearer way counts, as for the servers.
  return BigInt.asIntN(32, target.xid - nextXid) < 0n;
}

function walMissing(request: ProofRequest, { endLsn, broken, hasCheckpoint }: ReplayOutcome): BackupError {
  const { name, startLsn, checkpointLsn } = request.backup;
  const parameters = { backup: name, start: formatLsn(startLsn) };
  if (broken?.kind === 'damaged' && (endLsn === undefined || endLsn <= startLsn) && request.lacksBegin !== true) {
    return new BackupError('WAL_MISSING', say('window.proof.damaged-begin', { ...parameters, reason: broken.reason }), {
      hint: say('window.proof.damaged-begin.hint'),
    });
  }
  if (request.lacksBegin === true || endLsn === undefined || endLsn <= startLsn) {
    const missing = withNotedGap(say('window.proof.no-wal', parameters), request.lostBegin);
    return new BackupError('WAL_MISSING', missing, {
      hint: say('window.proof.no-wal.hint'),
    });
  }
  if (!hasCheckpoint && endLsn > checkpointLsn) {
    return new BackupError(
      'WAL_MISSING',
      say('window.proof.other-line', { backup: name, lsn: formatLsn(checkpointLsn) }),
      {
        hint: say('window.proof.other-line.hint'),
      },
    );
  }
  return new BackupError('WAL_MISSING', say('window.proof.not-consistent', { ...parameters, end: formatLsn(endLsn) }), {
    hint:
      broken === undefined
        ? say('window.proof.no-wal.hint')
        : say('window.proof.broken.hint', { reason: broken.reason }),
  });
}

/**
 * The end of the last record that counts. For an LSN that is the record asked for. For anything else records behind the
 * last end of a transaction belong to transactions that are not kept: without them the last record can be paused at.
 */
function cutAt(target: RecoveryTarget, stop: ReplayStop, { lastMark }: ReplayOutcome, consistentLsn: Lsn): Lsn {
  const exact = target.kind === 'lsn' ? stop.lsn : (lastMark?.endLsn ?? consistentLsn);
  return exact > consistentLsn ? exact : consistentLsn;
}

/** The server pauses where its WAL ends: by the xid or the LSN of the last record that it gets. */
function pauseTarget({ lastMark }: ReplayOutcome, cut: Lsn | undefined): WrittenTarget {
  if (lastMark !== undefined && lastMark.endLsn === cut) {
    const target = pauseTargetAt(lastMark);
    if (target !== undefined) return { target, inclusive: true };
  }
  return { target: { kind: 'latest' }, inclusive: undefined };
}

function asAsked({ target, inclusive }: ProofRequest, stop: ReplayStop | undefined): WrittenTarget {
  // A target that will not be met is not given to the server, which may fail for it.
  if (stop === undefined) return { target: { kind: 'latest' }, inclusive: undefined };
  const hasSides = target.kind === 'time' || target.kind === 'xid' || target.kind === 'lsn';
  return { target, inclusive: hasSides ? inclusive : undefined };
}

function pauseOf(request: ProofRequest, written: WrittenTarget): TargetProof['pause'] {
  if (request.action !== 'pause' || request.target.kind === 'latest') return 'no';
  return written.target.kind === 'latest' ? 'impossible' : 'yes';
}

function notesOf(request: ProofRequest, outcome: ReplayOutcome, written: WrittenTarget): Message[] {
  const { target, rules } = request;
  const { stop, named, leftPrepared, unread, checkpointTimeUs } = outcome;
  const notes: Message[] = [];
  if (stop === undefined && target.kind !== 'latest') {
    notes.push(say('window.note.end-of-wal', { target: describeTarget(target) }));
  }
  // Between the clock being read for it and the position from which the backup is replayed there is a moment more.
  const surelyLaterUs = checkpointTimeUs === undefined ? 0n : checkpointTimeUs + 2_000_000n;
  if (checkpointTimeUs !== undefined && target.kind === 'time' && target.timeUs < surelyLaterUs) {
    notes.push(say('window.note.same-second', { time: formatUtc(checkpointTimeUs) }));
  }
  if (stop === undefined && outcome.broken?.isTorn === true && outcome.endLsn !== undefined) {
    notes.push(say('window.note.torn-end', { lsn: formatLsn(outcome.endLsn) }));
  }
  const { broken } = outcome;
  if (stop === undefined && broken !== undefined && broken.kind !== 'end') {
    notes.push(
      say('window.note.broken-end', {
        lsn: outcome.endLsn === undefined ? '-' : formatLsn(outcome.endLsn),
        reason: broken.reason,
      }),
    );
  }
  if (target.kind === 'xid' && stop?.event?.kind.startsWith('abort') === true) {
    notes.push(say('window.note.aborted', { xid: target.xid }));
  }
  const [first, ...others] = named;
  if (first !== undefined && others.length > 0) {
    const list = named.map(({ startLsn, timeUs }) => `${formatLsn(startLsn)} (${formatUtc(timeUs)})`).join(', ');
    notes.push(say('window.note.repeated-name', { name: first.name, list }));
  }
  if (leftPrepared.length > 0) {
    const list = leftPrepared.map(({ gid, xid }) => gid ?? xid.toString()).join(', ');
    notes.push(say('window.note.prepared', { count: leftPrepared.length, list }));
  }
  if (unread > 0) notes.push(say('window.note.unread', { count: unread }));
  const pauses = pauseOf(request, written);
  if (pauses === 'impossible') notes.push(say('window.note.no-pause'));
  if (pauses === 'yes' && request.supply === 'whole' && rules.restartOpens && target.kind !== 'lsn') {
    notes.push(say(target.kind === 'time' ? 'window.note.restart-time' : 'window.note.restart'));
  }
  if (pauses === 'yes' && request.supply === 'exact' && written.target.kind === 'xid') {
    notes.push(say('window.note.restart-exact'));
  }
  return notes;
}
