import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lsn, parseLsn, type Lsn } from '../../src/wal/lsn.ts';
import { defaultSegmentSizeBytes, parseSegmentName } from '../../src/wal/segment.ts';
import type { WindowBackup } from '../../src/window/recovery-window.ts';
import type { LineSegment } from '../../src/window/wal-line.ts';
import { fixtureWal } from './fixture-wal.ts';
import { indexSegment } from './whole-wal.ts';

const directory = join(import.meta.dirname, '../fixtures/opengauss/pitr');

/** The segments that a live openGauss archived, 26 to 2B, as a line of WAL. */
export async function fixtureLine(): Promise<LineSegment[]> {
  const segments: LineSegment[] = [];
  for (const [name, bytes] of await fixtureWal()) {
    const parsed = parseSegmentName(name, defaultSegmentSizeBytes);
    if (parsed === undefined) continue;
    const { timeline, startLsn } = parsed;
    const content = indexSegment(bytes, { startLsn, check: 'every-record' });
    segments.push({
      name,
      timeline,
      startLsn,
      segmentSizeBytes: defaultSegmentSizeBytes,
      from: `archive ${name}`,
      content,
    });
  }
  return segments;
}

/** The backup that all recorded recoveries began with. */
export const fixtureBackup: WindowBackup = {
  name: 'pitrbase',
  label: 'pitrbase',
  startLsn: parseLsn('0/27000028'),
  checkpointLsn: parseLsn('0/270000A8'),
  timeline: 1,
  stopLsn: undefined,
};

export interface HistoryLine {
  readonly event: string;
  readonly kind: string;
  readonly xid: bigint | undefined;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  /** Microseconds since 1970. */
  readonly timeUs: bigint | undefined;
  readonly name: string;
}

/** What was done on the server, in order. */
export async function fixtureHistory(): Promise<HistoryLine[]> {
  const text = await readFile(join(directory, 'history.tsv'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [event = '', kind = '', xid = '-', start = '', end = '', time = '-', name = ''] = line.split('\t');
      return {
        event,
        kind,
        xid: xid === '-' ? undefined : BigInt(xid),
        startLsn: parseLsn(start),
        endLsn: parseLsn(end),
        timeUs: time === '-' ? undefined : microseconds(time),
        name,
      };
    });
}

/** What the tables of the history hold when everything up to `end` has been replayed, in the words of outcomes.md. */
export function rowsAt(history: readonly HistoryLine[], end: Lsn): string {
  const done = new Set(history.filter(({ endLsn }) => endLsn <= end).map(({ event }) => event));
  const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L'];
  const rows = letters.filter((letter) => done.has(letter === 'F' ? 'commitprep1' : letter));
  const counts = `histc ${done.has('colstore') ? 100 : 0} histu ${done.has('ustore') ? 10 : 0}`;
  return `${['before-backup', ...rows].join(' ')} | ${counts} doomed ${done.has('droptable') ? 'gone' : '20'}`;
}

/** `2026-11-20 21:28:25.980598` in UTC. */
export function microseconds(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(Date.parse(`${whole.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

export interface Outcome {
  readonly scenario: string;
  /** Settings of recovery.conf; the last of a name counts. */
  readonly settings: ReadonlyMap<string, string>;
  readonly log: string;
  readonly hasRecoveryConf: boolean;
  /** State after the first start: where replay stands and what the tables hold; undefined where the server did not start. */
  readonly replayedLsn: Lsn | undefined;
  readonly rows: string | undefined;
}

/** The recorded recoveries. */
export async function fixtureOutcomes(): Promise<Outcome[]> {
  const text = await readFile(join(directory, 'outcomes.md'), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const settings = new Map<string, string>();
      for (const [, name = '', value = ''] of section.matchAll(/^(\w+) = '?(.*?)'?$/gm)) settings.set(name, value);
      const position = /replay location \(\d+,([^)]+)\)/.exec(section)?.[1];
      return {
        scenario: section.split(' ')[0] ?? '',
        settings,
        log: /^- log: (.*)$/m.exec(section)?.[1] ?? '',
        hasRecoveryConf: !section.includes('(no recovery.conf)'),
        replayedLsn: position === undefined ? undefined : parseLsn(position),
        rows: /^ {2}- rows: (.*)$/m.exec(section)?.[1],
      };
    });
}

/** The segments from position `from` to before `to`. */
export function between(line: readonly LineSegment[], from: bigint, to = 1n << 63n): LineSegment[] {
  return line.filter(({ startLsn }) => startLsn >= lsn(from) && startLsn < lsn(to));
}
