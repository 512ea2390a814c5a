import { formatLsn, formatUtc, type ListedTransaction, type Lsn, type RecoveryWindow } from '../index.ts';
import { printable, say, type Message } from '../messages/message.ts';
import type { NamedInstance } from './restore-from-repository.ts';
import { speak } from './speech.ts';

type Line = RecoveryWindow['lines'][number];

/** One row of the timeline. */
interface Row {
  readonly lsn: Lsn;
  /** The stretch of WAL to which it belongs; undefined: the one whose WAL comes up to there. */
  readonly stretch?: number | undefined;
  /** Order of rows of a stretch at one position. */
  readonly rank: number;
  readonly timeUs: bigint | undefined;
  readonly mark: string;
  readonly text: Message;
}

/** More restore points of a line are counted, not shown. */
const shownPoints = 40;

/**
 * The recovery window for people: each line of WAL from its beginning to its end, downwards.
 * @param backupsNamed whether folders of backups were looked at
 */
export function windowLines(
  window: RecoveryWindow,
  { backupsNamed, named }: { readonly backupsNamed: boolean; readonly named?: NamedInstance | undefined },
): string[] {
  const { archive, systemIdentifier, lines, segments } = window;
  const title =
    named === undefined
      ? speak(say('window.title', { archive, systemIdentifier }))
      : speak(say('window.title-repository', { ...named, systemIdentifier }));
  const canRecover = lines.some(({ backups }) => backups.some(({ problem }) => problem === undefined));
  return [
    title,
    ...lines.flatMap((line) => ['', ...lineText(line, lines)]),
    ...(canRecover ? [] : ['', speak(whyNothing(lines, backupsNamed))]),
    ...(segments.count === 0 ? [] : ['', speak(readingsOf(segments))]),
  ];
}

function whyNothing(lines: readonly Line[], backupsNamed: boolean): Message {
  if (!backupsNamed) return say('window.no-backups-named');
  const hasBackups = lines.length === 0 || lines.some(({ backups }) => backups.length > 0);
  return say(hasBackups ? 'window.nothing' : 'window.nothing-to-begin');
}

/** What this is based on: indexes know nothing of the CRCs of ordinary records. */
function readingsOf({ count, readWhole }: RecoveryWindow['segments']): Message {
  return readWhole === count ? say('window.all-read', { count }) : say('window.some-read', { count, readWhole });
}

function lineText(window: Line, all: readonly Line[]): string[] {
  const { line, problem } = window;
  const { generation, timeline } = line;
  const title =
    generation === undefined
      ? say('window.line-title', { timeline })
      : say('window.line-title-generation', { generation, timeline });
  const rows = [...stretchRows(window), ...pointRows(window), ...backupRows(window), ...switchRows(window)];
  const stretchOf = ({ stretch, lsn }: Row): number =>
    stretch ?? window.stretches.findIndex(({ endLsn }) => lsn <= endLsn);
  rows.sort((a, b) => {
    if (a.lsn !== b.lsn) return a.lsn < b.lsn ? -1 : 1;
    // Where one stretch ends and the next begins, the end comes first.
    return stretchOf(a) - stretchOf(b) || a.rank - b.rank;
  });
  return [
    speak(title),
    ...(problem === undefined ? [] : [`  ! ${speak(problem)}`]),
    ...rows.map(rowText),
    ...uselessBackups(window, all).map((text) => `  ! ${speak(text)}`),
  ];
}

function rowText({ lsn, timeUs, mark, text }: Row): string {
  const time = timeUs === undefined ? '' : formatUtc(timeUs);
  return `  ${mark} ${time.padEnd(29)} ${formatLsn(lsn).padEnd(12)} ${printable(speak(text))}`.trimEnd();
}

function stretchRows({ stretches }: Line): Row[] {
  return stretches.flatMap((stretch, at) => {
    const { firstSegment, startLsn, endLsn, lastTimeUs, commits, segments, end } = stretch;
    const isLast = end.kind === 'end';
    const counts = { commits, segments };
    const rows: Row[] = [
      {
        lsn: startLsn,
        stretch: at,
        rank: 0,
        timeUs: undefined,
        mark: '+',
        text: say('window.row.begin', { segment: firstSegment }),
      },
      {
        lsn: endLsn,
        stretch: at,
        rank: 8,
        timeUs: lastTimeUs,
        mark: isLast ? '#' : end.kind === 'pruned' ? '-' : 'x',
        text: isLast ? say('window.row.latest', counts) : say(endKey(end.kind), counts),
      },
    ];
    if (end.kind !== 'end') {
      rows.push({
        lsn: endLsn,
        stretch: at,
        rank: 9,
        timeUs: undefined,
        mark: end.kind === 'pruned' ? '-' : 'x',
        text: say(end.kind === 'pruned' ? 'pruned.row' : 'window.row.gap', { reason: end.reason }),
      });
    }
    return rows;
  });
}

function endKey(kind: Line['gaps'][number]['kind']): 'pruned.row-end' | 'window.row.end' {
  return kind === 'pruned' ? 'pruned.row-end' : 'window.row.end';
}

function pointRows({ restorePoints }: Line): Row[] {
  const shown = restorePoints.slice(-shownPoints);
  const rows: Row[] = shown.map(({ name, startLsn, timeUs, isRepeated }) => ({
    lsn: startLsn,
    rank: 4,
    timeUs,
    mark: 'o',
    text: isRepeated ? say('window.row.repeated', { name }) : say('window.row.restore-point', { name }),
  }));
  const [first] = shown;
  const hidden = restorePoints.length - shown.length;
  if (first !== undefined && hidden > 0) {
    const text = say('window.row.more-points', { count: hidden });
    rows.push({ lsn: first.startLsn, rank: 3, timeUs: undefined, mark: 'o', text });
  }
  return rows;
}

function backupRows({ backups }: Line): Row[] {
  return backups.flatMap(({ backup, consistentLsn, consistentTimeUs, problem }): Row[] => {
    if (consistentLsn === undefined || problem !== undefined) return [];
    const text = say('window.row.consistent', { name: backup.name });
    return [{ lsn: consistentLsn, rank: 2, timeUs: consistentTimeUs, mark: '*', text }];
  });
}

function switchRows({ line }: Line): Row[] {
  return line.history.map(({ timeline, switchLsn, reason }) => ({
    lsn: switchLsn,
    rank: 5,
    timeUs: undefined,
    mark: '|',
    text: say('window.row.switch', { timeline, reason }),
  }));
}

/** Backups that serve no line are told once, with the first. */
function uselessBackups(window: Line, all: readonly Line[]): Message[] {
  return window.backups.flatMap(({ backup, problem }): Message[] => {
    if (problem === undefined) return [];
    const tellers = all.filter(({ backups }) => backups.some((range) => range.backup.name === backup.name));
    const isServed = tellers.some(({ backups }) =>
      backups.some((range) => range.backup.name === backup.name && range.problem === undefined),
    );
    if (isServed || tellers[0] !== window) return [];
    return [say('window.row.unusable', { name: backup.name, reason: problem })];
  });
}

/** One transaction: time, LSN, kind, number. */
export function transactionLine({ kind, xid, timeUs, startLsn, gid, droppedFiles }: ListedTransaction): string {
  const name = gid === undefined ? '' : ` '${gid}'`;
  const dropped = droppedFiles === 0 ? '' : speak(say('window.files-removed', { count: droppedFiles }));
  return `${formatUtc(timeUs).padEnd(29)} ${formatLsn(startLsn).padEnd(17)} ${speak(say(`window.kind.${kind}`))} ${xid}${name}${dropped}`;
}
