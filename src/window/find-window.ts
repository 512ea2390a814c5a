import { say, type Message } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { timelineAt } from '../wal/timeline-history.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import { gapBetween, gapsOfLine, withNotedGap, type NotedGap } from './noted-gap.ts';
import type { BackupRange, LineWindow, RestorePoint, Stretch, WalLine, WindowBackup } from './recovery-window.ts';
import { isCommit, isTransactionEnd } from './transaction.ts';
import { LineWalker, type LineBreak, type LineItem, type LineSegment } from './wal-line.ts';

/**
 * The recovery window of a line: what its segments hold and which backups they serve. Memory: restore points, stretches
 * and gaps, not transactions.
 * @param segments in order of position; holes are found by their positions
 * @param gaps what was noted of WAL that servers no longer had
 */
export async function findWindow(
  line: WalLine,
  segments: AsyncIterable<LineSegment> | Iterable<LineSegment>,
  backups: readonly WindowBackup[],
  gaps: readonly NotedGap[] = [],
): Promise<LineWindow> {
  const noted = gapsOfLine(gaps, line);
  const survey = new WindowSurvey(line, backups, noted);
  const walker = new LineWalker(noted);
  for await (const segment of segments) survey.take(walker.step(segment));
  survey.take(walker.finish());
  return survey.result();
}

/** A backup whose WAL is being passed. */
interface Passing {
  readonly backup: WindowBackup;
  /** The checkpoint that it begins with is where it says: the WAL is that of the backup, not of another line. */
  hasCheckpoint: boolean;
  consistentLsn: Lsn | undefined;
  consistentTimeUs: bigint | undefined;
}

type Counts = { -readonly [Key in Exclude<keyof Stretch, 'end'>]: Stretch[Key] };

class WindowSurvey {
  readonly #line: WalLine;
  #waiting: WindowBackup[];
  #passing: Passing[] = [];
  #stretch: Counts | undefined;
  /** The stretch begins in a damaged segment, and nothing before can be replayed into it. */
  #beginsDamaged = false;
  #segmentSizeBytes = 0;
  readonly #stretches: Stretch[] = [];
  readonly #gaps: LineBreak[] = [];
  readonly #points: RestorePoint[] = [];
  readonly #names = new Set<string>();
  readonly #ranges: BackupRange[] = [];

  readonly #noted: readonly NotedGap[];

  constructor(line: WalLine, backups: readonly WindowBackup[], noted: readonly NotedGap[]) {
    this.#line = line;
    this.#noted = noted;
    this.#waiting = backups.filter(
      ({ timeline, startLsn }) => timelineAt(line.history, line.timeline, startLsn) === timeline,
    );
  }

  take(items: readonly LineItem[]): void {
    for (const item of items) {
      switch (item.kind) {
        case 'segment':
          this.#segment(item);
          break;
        case 'event':
          this.#event(item.event);
          break;
        case 'unread':
          if (this.#stretch !== undefined) this.#stretch.unread += 1;
          break;
        case 'break':
          this.#endStretch(item.endLsn, item.break);
      }
    }
  }

  result(): LineWindow {
    const left = this.#waiting.map((backup) => {
      const missing = say('window.no-wal-of-backup', { lsn: formatLsn(backup.startLsn) });
      const noted = gapBetween(this.#noted, backup.startLsn, backup.startLsn + 1n);
      return unreachable(backup, withNotedGap(missing, noted));
    });
    return {
      line: this.#line,
      segmentSizeBytes: this.#segmentSizeBytes,
      stretches: this.#stretches,
      gaps: this.#gaps,
      restorePoints: this.#points,
      backups: [...this.#ranges, ...left].sort((a, b) => compare(a.backup.startLsn, b.backup.startLsn)),
    };
  }

  #segment({ segment, index, isFirst }: Extract<LineItem, { kind: 'segment' }>): void {
    this.#segmentSizeBytes = index.segmentSizeBytes;
    if (isFirst) {
      this.#beginsDamaged = segment.brokenBefore !== undefined;
      const startLsn = index.head === undefined ? index.startLsn : (index.first?.startLsn ?? index.startLsn);
      this.#stretch = {
        firstSegment: segment.name,
        lastSegment: segment.name,
        segments: 0,
        startLsn,
        endLsn: startLsn,
        commits: 0,
        aborts: 0,
        firstTimeUs: undefined,
        lastTimeUs: undefined,
        unread: 0,
      };
    }
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    stretch.lastSegment = segment.name;
    stretch.segments += 1;
    const end = index.startLsn + BigInt(index.segmentSizeBytes);
    const begun = this.#waiting.filter(({ startLsn }) => startLsn >= stretch.startLsn && startLsn < end);
    this.#waiting = this.#waiting.filter((backup) => !begun.includes(backup));
    for (const backup of begun) {
      this.#passing.push({ backup, hasCheckpoint: false, consistentLsn: undefined, consistentTimeUs: undefined });
    }
  }

  /** What a damaged segment holds serves no backup but one that begins in it. */
  get #servesNothing(): boolean {
    return this.#beginsDamaged && this.#passing.length === 0;
  }

  #event(event: WalEvent): void {
    const stretch = this.#stretch;
    if (stretch === undefined) return;
    for (const passing of this.#passing) {
      if (passing.consistentLsn === undefined) meet(passing, event, stretch.lastTimeUs);
    }
    if (isTransactionEnd(event)) {
      stretch[isCommit(event) ? 'commits' : 'aborts'] += 1;
      stretch.firstTimeUs ??= event.timeUs;
      stretch.lastTimeUs = event.timeUs;
    } else if (event.kind === 'restore-point' && !this.#servesNothing) {
      const { name, startLsn, endLsn, timeUs } = event;
      this.#points.push({ name, startLsn, endLsn, timeUs, isRepeated: this.#names.has(name) });
      this.#names.add(name);
    }
  }

  #endStretch(endLsn: Lsn | undefined, broken: LineBreak): void {
    const stretch = this.#stretch;
    this.#stretch = undefined;
    if (stretch !== undefined && this.#servesNothing) {
      // That its segment is damaged was told before it.
      if (broken.kind !== 'end' && broken.kind !== 'damaged') this.#gaps.push(broken);
      return;
    }
    if (broken.kind !== 'end') this.#gaps.push(broken);
    if (stretch === undefined || endLsn === undefined) return;
    stretch.endLsn = endLsn;
    this.#stretches.push({ ...stretch, end: broken });
    for (const passing of this.#passing) this.#ranges.push(rangeOf(passing, stretch));
    this.#passing = [];
  }
}

/** What an event tells of a backup that is not consistent yet. */
function meet(passing: Passing, event: WalEvent, lastTimeUs: bigint | undefined): void {
  const { startLsn, stopLsn, checkpointLsn } = passing.backup;
  if (event.endLsn <= startLsn) return;
  if (event.kind === 'checkpoint' && event.startLsn === checkpointLsn) {
    passing.consistentTimeUs = event.timeUs;
    passing.hasCheckpoint = true;
  }
  if (stopLsn === undefined) {
    if (event.kind !== 'backup-end' || event.backupStartLsn !== startLsn) return;
    passing.consistentLsn = event.endLsn;
  } else {
    if (event.endLsn < stopLsn) return;
    passing.consistentLsn = stopLsn;
    if (event.endLsn === stopLsn && isTransactionEnd(event)) lastTimeUs = event.timeUs;
  }
  passing.consistentTimeUs = later(passing.consistentTimeUs, lastTimeUs);
}

function rangeOf(passing: Passing, stretch: Counts): BackupRange {
  const { backup } = passing;
  // Behind the last event there may be records that are none.
  if (passing.consistentLsn === undefined && backup.stopLsn !== undefined && backup.stopLsn <= stretch.endLsn) {
    passing.consistentLsn = backup.stopLsn;
    passing.consistentTimeUs = later(passing.consistentTimeUs, stretch.lastTimeUs);
  }
  const { consistentLsn, consistentTimeUs, hasCheckpoint } = passing;
  if (!hasCheckpoint) return unreachable(backup, say('window.other-line', { lsn: formatLsn(backup.checkpointLsn) }));
  if (consistentLsn === undefined) {
    return unreachable(backup, say('window.wal-ends-in-backup', { lsn: formatLsn(stretch.endLsn) }));
  }
  const endTimeUs = later(consistentTimeUs, stretch.lastTimeUs);
  return { backup, consistentLsn, consistentTimeUs, endLsn: stretch.endLsn, endTimeUs, problem: undefined };
}

function unreachable(backup: WindowBackup, problem: Message): BackupRange {
  const nothing = { consistentLsn: undefined, consistentTimeUs: undefined, endLsn: undefined, endTimeUs: undefined };
  return { backup, ...nothing, problem };
}

function later(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
