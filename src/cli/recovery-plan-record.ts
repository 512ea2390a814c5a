import { actionAtTarget, describeTarget, formatLsn, formatUtc, raisedLimits, type PreparedRecovery } from '../index.ts';
import { render } from '../messages/message.ts';

type Proof = PreparedRecovery['proved']['proof'];

/** The proof of a recovery as JSON. Fields are only ever added. */
export function recoveryRecord(
  { proved, preparation }: PreparedRecovery,
  hotStandby: boolean,
): Record<string, unknown> {
  const { proof, backup, segments, supply, supplyReason, line, target, passedOver } = proved;
  const { stop, cutLsn, written } = proof;
  const atTarget = actionAtTarget(proved, hotStandby);
  return {
    backup: backup.name,
    passedOver: passedOver.map(({ name, reason }) => ({ name, reason: render(reason) })),
    target: describeTarget(target.target),
    inclusive: proof.inclusive,
    action: target.action,
    generation: line.generation ?? null,
    timeline: line.timeline,
    walSupply: supply,
    walSupplyReason: supplyReason.kind,
    walRead: preparation.isProved,
    earliestLsn: formatLsn(proof.consistentLsn),
    earliestTime: timeOf(proof.consistentTimeUs),
    stop:
      stop === undefined
        ? null
        : {
            how: stop.how,
            record: stop.event?.kind ?? null,
            startLsn: formatLsn(stop.record.startLsn),
            endLsn: formatLsn(stop.record.endLsn),
          },
    endLsn: formatLsn(proof.endLsn),
    cutLsn: cutLsn === undefined ? null : formatLsn(cutLsn),
    toldTarget: describeTarget(written.target),
    pause: proof.pause === 'yes' && atTarget !== 'pause' ? 'impossible' : proof.pause,
    atTarget: atTarget ?? null,
    limits: raisedLimits(proved).map(({ name, value, raisedAt }) => ({
      name,
      value,
      lsn: raisedAt === undefined ? null : formatLsn(raisedAt),
    })),
    segments: segments.map(({ name, from }) => ({ name, from })),
    lastKept: markOf(proof.lastKept),
    firstLost: markOf(proof.firstLost),
    lostCommits: proof.lostCommits,
    lostAborts: proof.lostAborts,
    lossKnown: proof.isLossKnown,
    leftPrepared: proof.leftPrepared.map(markOf),
    restorePoints: proof.named.map(({ name, startLsn, timeUs }) => ({
      name,
      startLsn: formatLsn(startLsn),
      time: formatUtc(timeUs),
    })),
    notes: proof.notes.map((note) => render(note)),
  };
}

function markOf(mark: Proof['lastKept']): Record<string, unknown> | null {
  if (mark === undefined) return null;
  const { kind, xid, timeUs, startLsn, endLsn, gid } = mark;
  return {
    kind,
    xid: xid.toString(),
    time: formatUtc(timeUs),
    startLsn: formatLsn(startLsn),
    endLsn: formatLsn(endLsn),
    gid: gid ?? null,
  };
}

function timeOf(timeUs: bigint | undefined): string | null {
  return timeUs === undefined ? null : formatUtc(timeUs);
}
