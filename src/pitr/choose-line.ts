import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { WalInventory } from '../survey/inventory.ts';
import type { NeededSegment } from '../survey/prove-wal.ts';
import { historyProblem, nameOnLine } from '../survey/read-line.ts';
import { lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import { timelineAt } from '../wal/timeline-history.ts';
import type { WalLine, WindowBackup } from '../window/recovery-window.ts';
import type { ParsedTarget } from './target.ts';
import type { TargetProof } from './target-proof.ts';

/** Which line is wanted. */
export interface LineRequest {
  readonly target: ParsedTarget;
  readonly generation: number | undefined;
  /** The server is told nothing and replays what lies in the backup: no history is needed for its own timeline. */
  readonly isOwnWal?: boolean | undefined;
}

/**
 * Where the segment with the beginning of a timeline is missing, a server that fetches WAL takes that of the timeline before
 * and replays in it what the timeline has left behind.
 */
export function refuseOlderTimeline(inventory: WalInventory, line: WalLine, segments: readonly NeededSegment[]): void {
  const last = segments.at(-1);
  if (last === undefined) return;
  const { segmentSizeBytes } = inventory;
  const next = lsn(last.startLsn + BigInt(segmentSizeBytes));
  const name = nameOnLine(line, next, segmentSizeBytes);
  if (inventory.segments.has(name)) return;
  for (const { timeline } of line.history) {
    // It never goes back behind the timeline of the file that it read last.
    if (timeline < last.timeline) continue;
    const older = segmentName(timeline, next, segmentSizeBytes);
    if (older >= name || !inventory.segments.has(older)) continue;
    throw new BackupError('WAL_MISSING', say('survey.older-timeline', { name, older }), {
      hint: say('window.proof.no-wal.hint'),
    });
  }
}

/**
 * The line of WAL that the target is looked for on: the backup's own timeline unless another was named.
 * @throws BackupError `WAL_MISSING` without its history, `TARGET_UNREACHABLE` when the backup does not lie on it
 */
export function lineFor(
  backup: WindowBackup,
  { target, generation, isOwnWal }: LineRequest,
  inventory: WalInventory,
): WalLine {
  const wanted = target.timeline;
  const timeline = wanted === 'latest' ? latestFrom(backup, inventory) : (wanted ?? backup.timeline);
  // A server follows no timeline but the first without its history.
  const problem = isOwnWal === true ? undefined : historyProblem(inventory, timeline);
  if (problem !== undefined) throw new BackupError('WAL_MISSING', problem, { hint: say('survey.no-history.hint') });
  const history = inventory.histories.get(timeline);
  // The parents of the backup's own timeline lie before it.
  const line = { generation, timeline, history: history === undefined || history instanceof Error ? [] : history };
  if (timelineAt(line.history, timeline, backup.startLsn) !== backup.timeline) {
    throw new BackupError(
      'TARGET_UNREACHABLE',
      say('survey.other-timeline', { backup: backup.name, own: backup.timeline, timeline }),
      { hint: say('survey.other-timeline.hint') },
    );
  }
  return line;
}

/** The newest timeline that comes from the backup's, as the servers follow `latest`. */
function latestFrom(backup: WindowBackup, inventory: WalInventory): number {
  const heirs = inventory.timelines.filter((timeline) => {
    const history = inventory.histories.get(timeline);
    if (timeline === backup.timeline) return true;
    return Array.isArray(history) && timelineAt(history, timeline, backup.startLsn) === backup.timeline;
  });
  return heirs.at(-1) ?? backup.timeline;
}

/** A timeline that was left before the backup was consistent. */
export function checkTimeline(
  backup: WindowBackup,
  { timeline, history }: WalLine,
  { consistentLsn }: TargetProof,
): void {
  const left = history.find((entry) => entry.timeline === backup.timeline);
  if (left === undefined || left.switchLsn >= consistentLsn) return;
  throw new BackupError(
    'TARGET_UNREACHABLE',
    say('survey.other-timeline', { backup: backup.name, own: backup.timeline, timeline }),
    { hint: say('survey.other-timeline.hint') },
  );
}
