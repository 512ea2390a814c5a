import { say, type Message } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import { describeTarget } from './target.ts';
import { timeEcho } from './target-time.ts';
import { describeMark } from './unreachable.ts';
import { formatUtc, type TargetAction } from '../server/recovery-target.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';
import { raisedLimits } from './raised-limits.ts';
import type { PitrRequest } from './pitr-request.ts';

/** The proof in words, for the plan. */
export function proofSentences(
  proved: ProvedTarget,
  { quick, restoreCommand, ofRepository }: PitrRequest,
  atTarget: TargetAction | undefined,
): Message[] {
  const { proof, segments, backup, target, supply, isExact, line } = proved;
  const { stop, consistentLsn, consistentTimeUs, cutLsn, endLsn, written } = proof;
  const [first, last] = [segments[0]?.name ?? '-', segments.at(-1)?.name ?? '-'];
  const wal = { first, last, count: segments.length, timeline: line.timeline };
  // What lies behind it may be damaged.
  const needed = formatLsn(proof.neededEndLsn);
  const asked = describeTarget(target.target);
  const time = consistentTimeUs === undefined ? '-' : formatUtc(consistentTimeUs);
  const told = describeTarget(written.target);
  return [
    ...proved.passedOver.map(({ name, reason }) => say('restore-recovery.passed-over', { name, reason })),
    say('restore-recovery.backup', { name: backup.name, lsn: formatLsn(consistentLsn), time }),
    asked === '' ? say('restore-recovery.latest') : say('restore-recovery.target', { target: asked }),
    ...(target.time === undefined ? [] : [say('restore-recovery.time', { time: timeEcho(target.time) })]),
    quick === true ? say('restore-recovery.wal-unread', wal) : say('restore-recovery.wal', { ...wal, lsn: needed }),
    ...rememberedSentences(segments, quick === true),
    supply === 'copy'
      ? say('restore-recovery.by-copy', { count: segments.length })
      : say('restore-recovery.by-command', { archive: ofRepository?.name ?? proved.archive?.directory ?? '-' }),
    ...supplySentences(proved.supplyReason),
    ...fetchSentences(proved, restoreCommand),
    ...(cutLsn === undefined ? [] : [say('restore-recovery.cut', { lsn: formatLsn(cutLsn) })]),
    stop === undefined
      ? say('restore-recovery.stops-at-end', { lsn: formatLsn(endLsn) })
      : say(stop.how === 'before' ? 'restore-recovery.stops-before' : 'restore-recovery.stops-after', {
          what: say(`window.event.${stop.event?.kind ?? 'other'}`),
          start: formatLsn(stop.record.startLsn),
          lsn: formatLsn(cutLsn ?? stop.lsn),
        }),
    keptSentence(proof),
    lostSentence(proof),
    ...(isExact && told !== '' && told !== asked ? [say('restore-recovery.told', { target: told })] : []),
    ...(atTarget === 'pause' ? [say('restore-recovery.pauses')] : []),
    ...(atTarget === 'shutdown' ? [shutdownSentence(target.action)] : []),
    ...raisedLimits(proved).map(({ name, value, raisedAt }) =>
      say('restore-recovery.limit', { name, value, lsn: raisedAt === undefined ? '-' : formatLsn(raisedAt) }),
    ),
    ...proof.tablespaces.map((event) =>
      event.kind === 'tablespace-create'
        ? say('restore-recovery.creates-tablespace', {
            oid: event.oid,
            path: event.path,
            lsn: formatLsn(event.startLsn),
          })
        : say('restore-recovery.drops-tablespace', { oid: event.oid, lsn: formatLsn(event.startLsn) }),
    ),
    ...proof.notes,
  ];
}

function keptSentence({ lastKept, endedBefore }: ProvedTarget['proof']): Message {
  if (lastKept !== undefined) return say('restore-recovery.last-kept', { transaction: describeMark(lastKept) });
  return endedBefore === undefined
    ? say('restore-recovery.none-kept')
    : say('restore-recovery.kept-in-backup', { transaction: describeMark(endedBefore) });
}

function lostSentence({ firstLost, lostCommits, lostAborts, isLossKnown }: ProvedTarget['proof']): Message {
  if (firstLost === undefined)
    return say(isLossKnown ? 'restore-recovery.nothing-lost' : 'restore-recovery.loss-unknown');
  const counts = { transaction: describeMark(firstLost), commits: lostCommits, aborts: lostAborts };
  return say(isLossKnown ? 'restore-recovery.first-lost' : 'restore-recovery.lost-by-indexes', counts);
}

/** The configuration stays as it is, so that a start without a change ends at the target again. */
function shutdownSentence(asked: TargetAction): Message {
  return asked === 'shutdown' ? say('restore-recovery.shuts-down') : say('restore-recovery.shuts-down-for-pause');
}

/** What was not read now is told as what it is: the word of an earlier run. */
function rememberedSentences(segments: ProvedTarget['segments'], isQuick: boolean): Message[] {
  const known = segments.filter(({ isReadNow }) => isReadNow !== true).length;
  return isQuick || known === 0 ? [] : [say('restore-recovery.remembered', { known, count: segments.length })];
}

/** Whether WAL that changes behind the plan will be noticed where the server fetches it. */
function fetchSentences({ supply, segments }: ProvedTarget, restoreCommand: string | undefined): Message[] {
  if (supply === 'copy') return [];
  if (restoreCommand !== undefined) return [say('restore-recovery.fetched-by-other')];
  const without = segments.filter(({ found }) => found.object.receipt === undefined).length;
  return [
    without === 0
      ? say('restore-recovery.fetched-compared')
      : say('restore-recovery.fetched-uncompared', { count: without }),
  ];
}

/** Why the WAL comes to the server as it does. */
function supplySentences(reason: ProvedTarget['supplyReason']): Message[] {
  switch (reason.kind) {
    case 'asked':
      return [];
    case 'exact':
      return [say('restore-recovery.copy-exact')];
    case 'missing-behind':
      return [say('pruned.copy-missing-behind', { name: reason.name })];
    case 'damaged-behind':
      return [
        reason.or === undefined
          ? say('restore-recovery.copy-damaged-behind', { name: reason.name })
          : say('restore-recovery.copy-damaged-crossing', { first: reason.name, next: reason.or }),
      ];
    case 'no-archive':
      return [say('restore-recovery.copy-no-archive')];
    case 'out-of-reach':
      return [say('repository-wal.copy-out-of-reach', { reason: reason.reason })];
    case 'elsewhere':
      return [say('restore-recovery.copy-elsewhere', { name: reason.name, from: reason.from })];
    case 'in-archive':
      return [say('restore-recovery.command-in-archive')];
  }
}
