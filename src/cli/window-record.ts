import { formatLsn, formatUtc, type ListedTransaction, type Lsn, type RecoveryWindow } from '../index.ts';
import { render } from '../messages/message.ts';
import type { NamedInstance } from './restore-from-repository.ts';

type Line = RecoveryWindow['lines'][number];
type Json = Record<string, unknown>;

/**
 * A recovery window as JSON: positions as `X/X`, times as text in UTC with microseconds, 64-bit numbers as text. Fields are
 * only ever added.
 */
export function windowRecord(window: RecoveryWindow, named?: NamedInstance): Json {
  return {
    messageType: 'window',
    archive: named === undefined ? window.archive : null,
    repository: named?.repository ?? null,
    instance: named?.instance ?? null,
    systemIdentifier: window.systemIdentifier.toString(),
    segments: window.segments.count,
    segmentsReadWhole: window.segments.readWhole,
    lines: window.lines.map(lineRecord),
    passedOver: window.passedOver.map(({ name, reason }) => ({ name, reason: render(reason) })),
  };
}

function lineRecord(window: Line): Json {
  const { line, stretches, gaps, restorePoints, backups } = window;
  return {
    generation: line.generation ?? null,
    timeline: line.timeline,
    history: line.history.map(({ timeline, switchLsn, reason }) => ({
      timeline,
      switchLsn: formatLsn(switchLsn),
      reason,
    })),
    problem: window.problem === undefined ? null : render(window.problem),
    segmentSizeBytes: window.segmentSizeBytes,
    stretches: stretches.map((stretch) => ({
      firstSegment: stretch.firstSegment,
      lastSegment: stretch.lastSegment,
      segments: stretch.segments,
      startLsn: formatLsn(stretch.startLsn),
      endLsn: formatLsn(stretch.endLsn),
      commits: stretch.commits,
      aborts: stretch.aborts,
      firstTime: timeOf(stretch.firstTimeUs),
      lastTime: timeOf(stretch.lastTimeUs),
      unread: stretch.unread,
      end: gapRecord(stretch.end),
    })),
    gaps: gaps.filter(({ kind }) => kind !== 'pruned').map(gapRecord),
    pruned: gaps.filter(({ kind }) => kind === 'pruned').map(prunedRecord),
    restorePoints: restorePoints.map(({ name, startLsn, endLsn, timeUs, isRepeated }) => ({
      name,
      startLsn: formatLsn(startLsn),
      endLsn: formatLsn(endLsn),
      time: timeOf(timeUs),
      isRepeated,
    })),
    backups: backups.map(({ backup, consistentLsn, consistentTimeUs, endLsn, endTimeUs, problem }) => ({
      name: backup.name,
      label: backup.label ?? null,
      startLsn: formatLsn(backup.startLsn),
      earliestLsn: consistentLsn === undefined ? null : formatLsn(consistentLsn),
      earliestTime: timeOf(consistentTimeUs),
      latestLsn: endLsn === undefined ? null : formatLsn(endLsn),
      latestTime: timeOf(endTimeUs),
      problem: problem === undefined ? null : render(problem),
    })),
  };
}

function prunedRecord({ firstSegment, lastSegment, segments, noted }: Line['gaps'][number]): Json {
  const positions = { beginLsn: positionOf(noted?.beginLsn), endLsn: positionOf(noted?.endLsn) };
  return { firstSegment, lastSegment, segments, ...positions, removedAt: noted?.noticedAt ?? null };
}

function positionOf(lsn: Lsn | undefined): string | null {
  return lsn === undefined ? null : formatLsn(lsn);
}

function gapRecord({ kind, firstSegment, lastSegment, segments, reason, noted }: Line['gaps'][number]): Json {
  const removed =
    noted === undefined || noted.isPruned === true
      ? null
      : {
          noticedAt: noted.noticedAt,
          beginLsn: formatLsn(noted.beginLsn),
          endLsn: formatLsn(noted.endLsn),
          reason: noted.reason,
        };
  return { kind, firstSegment, lastSegment, segments, reason: render(reason), removed };
}

function timeOf(timeUs: bigint | undefined): string | null {
  return timeUs === undefined ? null : formatUtc(timeUs);
}

export function transactionRecord({ line, ...mark }: ListedTransaction): Json {
  return {
    messageType: 'transaction',
    generation: line.generation ?? null,
    timeline: line.timeline,
    kind: mark.kind,
    xid: mark.xid.toString(),
    time: formatUtc(mark.timeUs),
    startLsn: formatLsn(mark.startLsn),
    endLsn: formatLsn(mark.endLsn),
    gid: mark.gid ?? null,
    subtransactions: mark.subtransactions,
    droppedFiles: mark.droppedFiles,
  };
}
