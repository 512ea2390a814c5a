import { BackupError } from '../errors/backup-error.ts';
import type { ErrorKind } from '../errors/codes.ts';
import { say, type Message, type MessageValue } from '../messages/message.ts';
import { formatUtc } from '../server/recovery-target.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ProofRequest } from './proof-request.ts';
import type { ReplayOutcome } from './replay.ts';
import { describeTarget } from './target.ts';
import type { TransactionMark } from '../window/transaction.ts';

/** Why a target cannot be met, or not exactly. */
export type UnreachableReason =
  | 'not-met'
  | 'before-consistency'
  | 'subtransaction'
  | 'prepared-xid'
  /** The server would go past the target time through the end of a prepared transaction. */
  | 'overrun'
  | 'no-immediate'
  /** The server stops as soon as it is consistent only when it reads a further record, and there is none. */
  | 'nothing-behind'
  /** The transaction had begun before the backup, and does not end behind it. */
  | 'older-xid';

/** The error for it, with the nearest that can be reached in its hint. */
export function unreachable(reason: UnreachableReason, request: ProofRequest, outcome: ReplayOutcome): BackupError {
  return new BackupError('TARGET_UNREACHABLE', sentence(reason, request, outcome), {
    hint: hint(reason, request, outcome),
    context: { backup: request.backup.name },
    kind: kindOf(reason, request, outcome),
  });
}

/** Where it may be instead: behind a gap, or before the backup. */
function kindOf(reason: UnreachableReason, { target }: ProofRequest, { broken }: ReplayOutcome): ErrorKind | undefined {
  if (reason === 'older-xid') return 'target-not-seen';
  if (reason !== 'not-met' && reason !== 'nothing-behind') return undefined;
  if (isGap(broken)) return broken.kind === 'pruned' ? 'pruned-before-target' : 'gap-before-target';
  // The WAL inside of an archive, which may go on, is read only where something is said to be missing.
  if (reason === 'nothing-behind') return 'gap-before-target';
  return target.kind === 'xid' || target.kind === 'name' ? 'target-not-seen' : undefined;
}

function isGap(broken: ReplayOutcome['broken']): broken is NonNullable<ReplayOutcome['broken']> {
  return broken !== undefined && broken.kind !== 'end';
}

function sentence(reason: UnreachableReason, { target }: ProofRequest, outcome: ReplayOutcome): Message {
  const asked = target.kind === 'latest' ? say('window.end-of-wal') : describeTarget(target);
  const { neighbours, consistentLsn, consistentTimeUs, endLsn, overrun, broken } = outcome;
  switch (reason) {
    case 'before-consistency':
      return say('window.unreachable.before', {
        target: asked,
        lsn: consistentLsn === undefined ? '-' : formatLsn(consistentLsn),
        time: consistentTimeUs === undefined ? '-' : formatUtc(consistentTimeUs),
      });
    case 'subtransaction':
      return say('window.unreachable.subtransaction', {
        xid: target.kind === 'xid' ? target.xid : 0n,
        parent: neighbours.parent?.xid ?? 0n,
      });
    case 'prepared-xid': {
      const xid = target.kind === 'xid' ? target.xid : 0n;
      return neighbours.preparedEnd === undefined
        ? say('window.unreachable.never-ended', { xid })
        : say('window.unreachable.prepared', { xid });
    }
    case 'overrun':
      return say('window.unreachable.overrun', { target: asked, transaction: describeMark(overrun[0]) });
    case 'no-immediate':
      return say('window.unreachable.no-immediate');
    case 'nothing-behind':
      return say('window.unreachable.nothing-behind', {
        target: asked,
        lsn: consistentLsn === undefined ? '-' : formatLsn(consistentLsn),
        reason: broken?.reason ?? say('window.break.no-more'),
      });
    case 'older-xid':
      return say('window.unreachable.older-xid', { target: asked });
    case 'not-met':
      return notMet(asked, target.kind, outcome, endLsn === undefined ? '-' : formatLsn(endLsn));
  }
}

function notMet(
  target: MessageValue,
  kind: ProofRequest['target']['kind'],
  { broken }: ReplayOutcome,
  end: string,
): Message {
  // Behind a hole there is more: the target may be there.
  if (isGap(broken)) {
    return say('window.unreachable.gap', { target, end, reason: broken.reason });
  }
  return kind === 'xid' || kind === 'name'
    ? say('window.unreachable.unknown', { target, end })
    : say('window.unreachable.after', { target, end });
}

function hint(reason: UnreachableReason, { target }: ProofRequest, outcome: ReplayOutcome): Message {
  const { neighbours, consistentLsn, consistentTimeUs, overrun } = outcome;
  switch (reason) {
    case 'before-consistency':
      return say('window.unreachable.before.hint', {
        lsn: consistentLsn === undefined ? '-' : formatLsn(consistentLsn),
        time: consistentTimeUs === undefined ? '-' : formatUtc(consistentTimeUs),
      });
    case 'subtransaction':
      return say('window.unreachable.subtransaction.hint', { transaction: describeMark(neighbours.parent) });
    case 'prepared-xid':
      return neighbours.preparedEnd === undefined
        ? say('window.unreachable.never-ended.hint', {
            transaction: describeMark(neighbours.prepared),
            lsn: neighbours.prepared === undefined ? '-' : formatLsn(neighbours.prepared.startLsn),
          })
        : say('window.unreachable.prepared.hint', { transaction: describeMark(neighbours.preparedEnd) });
    case 'overrun':
      return say('window.unreachable.overrun.hint', { transaction: describeMark(overrun[0]) });
    case 'no-immediate':
      return say('window.unreachable.no-immediate.hint');
    case 'nothing-behind':
      return say('window.unreachable.nothing-behind.hint');
    case 'older-xid':
      return say('window.unreachable.too-new.hint');
    case 'not-met':
      if (outcome.broken?.kind === 'pruned')
        return say('pruned.unreachable.hint', { nearest: nearest(target.kind, outcome) });
      return say('window.unreachable.not-met.hint', { nearest: nearest(target.kind, outcome) });
  }
}

function nearest(kind: ProofRequest['target']['kind'], { neighbours, endLsn }: ReplayOutcome): Message {
  const { lower, higher, last, restorePoints } = neighbours;
  if (kind === 'name' && restorePoints.length > 0) {
    return say('window.nearest.names', { list: restorePoints.join(', ') });
  }
  if (kind === 'xid' && (lower ?? higher) !== undefined) {
    const list = [lower, higher].filter((mark) => mark !== undefined).map(describeMark);
    return say('window.nearest.transactions', { list: { items: list, separator: '; ' } });
  }
  const end = endLsn === undefined ? '-' : formatLsn(endLsn);
  return last === undefined
    ? say('window.nearest.end', { lsn: end })
    : say('window.nearest.last', { transaction: describeMark(last), lsn: end });
}

/** `commit 14244 (2026-11-20 21:28:25.980598+00, 0/28000530)`; `-` where there is none. */
export function describeMark(mark: TransactionMark | undefined): Message | string {
  if (mark === undefined) return '-';
  const { kind, xid, timeUs, startLsn, gid } = mark;
  const values = { event: say(`window.event.${kind}`), xid, time: formatUtc(timeUs), lsn: formatLsn(startLsn) };
  return gid === undefined ? say('window.mark', values) : say('window.mark-named', { ...values, gid });
}
