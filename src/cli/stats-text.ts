import { sumOf, type Amount, type InstanceStats } from '../index.ts';
import { printableName, say } from '../messages/message.ts';
import { wrap } from './help-text.ts';
import { holdLines, holdRecord } from './holds-text.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';
import { cutToWidth, padToWidth, textWidth } from './text-width.ts';

const columns = 80;

const headings = [
  'stats.head.instance',
  'stats.head.backups',
  'stats.head.size',
  'stats.head.packs',
  'stats.head.used',
  'stats.head.unused',
  'stats.head.wal',
  'stats.head.objects',
] as const;

/** What instances take, for people: a table that fits 80 columns, and what its columns are. @param stored of the whole repository; undefined: of one instance */
export function statsLines(stats: readonly InstanceStats[], stored: Amount | undefined): string[] {
  const rows = stats.map((one) => cellsOf(printableName(one.instance), one));
  if (stored !== undefined && stats.length > 1) rows.push(cellsOf(speak(say('stats.all')), totalOf(stats)));
  const cells = [headings.map((key) => speak(say(key))), ...rows];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column] ?? ''))));
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  const room = Math.min(widths[0] ?? 0, columns - others);
  return [
    ...cells.map((row) =>
      [cut(row[0] ?? '', room), ...row.slice(1).map((text, at) => right(text, widths[at + 1] ?? 0))].join('  '),
    ),
    '',
    ...remarks(stats).flatMap((text) => wrap(text, 0, columns)),
    ...stats.flatMap(({ instance, holds }) =>
      holds.length === 0 ? [] : [...wrap(speak(say('holds.title', { instance })), 0, columns), ...holdLines(holds)],
    ),
    ...wrap(speak(say('stats.legend')), 0, columns),
    ...(stored === undefined
      ? []
      : wrap(speak(say('stats.stored', { objects: stored.objects, bytes: sizeText(stored.bytes) })), 0, columns)),
  ];
}

type Numbers = Pick<InstanceStats, 'backups' | 'logicalBytes' | 'packs' | 'used' | 'unused' | 'wal' | 'all'>;

function cellsOf(name: string, { backups, logicalBytes, packs, used, unused, wal, all }: Numbers): string[] {
  const amount = (one: Amount | undefined): string => (one === undefined ? '?' : sizeText(one.bytes));
  const sizes = [sizeText(logicalBytes), amount(packs), amount(used), amount(unused), amount(wal)];
  return [name, String(backups), ...sizes, String(all.objects)];
}

function totalOf(stats: readonly InstanceStats[]): Numbers {
  const amount = (of: (one: InstanceStats) => Amount | undefined): Amount | undefined => {
    const amounts = stats.map(of);
    const known = amounts.filter((one) => one !== undefined);
    return known.length === amounts.length ? sumOf(known) : undefined;
  };
  return {
    backups: stats.reduce((sum, { backups }) => sum + backups, 0),
    logicalBytes: stats.reduce((sum, { logicalBytes }) => sum + logicalBytes, 0),
    packs: sumOf(stats.map(({ packs }) => packs)),
    used: amount(({ used }) => used),
    unused: amount(({ unused }) => unused),
    wal: sumOf(stats.map(({ wal }) => wal)),
    all: sumOf(stats.map(({ all }) => all)),
  };
}

function remarks(stats: readonly InstanceStats[]): string[] {
  return stats.flatMap(({ instance, removed, damagedBackups, running, runningUntilMs = 0 }) => [
    ...(removed > 0 ? [speak(say('stats.removed', { instance, count: removed }))] : []),
    ...(damagedBackups > 0 ? [speak(say('stats.damaged-backups', { instance, count: damagedBackups }))] : []),
    ...(running !== undefined && running.objects > 0
      ? [
          speak(
            say('stats.held', {
              instance,
              bytes: sizeText(running.bytes),
              until: new Date(runningUntilMs).toISOString(),
            }),
          ),
        ]
      : []),
  ]);
}

function right(text: string, width: number): string {
  return `${' '.repeat(Math.max(0, width - textWidth(text)))}${text}`;
}

function cut(text: string, width: number): string {
  return textWidth(text) <= width ? padToWidth(text, width) : padToWidth(`${cutToWidth(text, width - 1)}…`, width);
}

/** What an instance takes, as JSON; sizes before framing. */
export function statsRecord(one: InstanceStats): Record<string, unknown> {
  const { instance, removed, damagedBackups, damaged, running, unreadable, holds } = one;
  return {
    ...{ messageType: 'stats', instance, ...numbersRecord(one), removed, damagedBackups, damaged },
    ...{ runningBytes: running?.bytes ?? null, unreadable, storedObjects: null, storedBytes: null },
    holds: holds.map(holdRecord),
  };
}

/** The same of all. @param stored what the storage lists */
export function totalRecord(stats: readonly InstanceStats[], stored: Amount): Record<string, unknown> {
  const known = stats.flatMap(({ running }) => running ?? []);
  return {
    ...{ messageType: 'stats', instance: null, ...numbersRecord(totalOf(stats)) },
    removed: stats.reduce((sum, { removed }) => sum + removed, 0),
    damagedBackups: stats.reduce((sum, { damagedBackups }) => sum + damagedBackups, 0),
    damaged: stats.reduce((sum, { damaged }) => sum + damaged, 0),
    runningBytes: known.length === stats.length ? sumOf(known).bytes : null,
    unreadable: stats.flatMap(({ unreadable }) => unreadable),
    storedObjects: stored.objects,
    storedBytes: stored.bytes,
    holds: stats.flatMap(({ holds }) => holds.map(holdRecord)),
  };
}

function numbersRecord({ backups, logicalBytes, packs, used, unused, wal, all }: Numbers): Record<string, unknown> {
  return {
    ...{ backups, logicalBytes, packs: packs.objects, packBytes: packs.bytes },
    ...{ usedBytes: used?.bytes ?? null, unusedBytes: unused?.bytes ?? null },
    ...{ walObjects: wal.objects, walBytes: wal.bytes, objects: all.objects, bytes: all.bytes },
  };
}
