import { formatLsn, type PrunedRange } from '../index.ts';
import { printableName, say, type Message } from '../messages/message.ts';
import { dueTime } from './due-time.ts';
import { stateOf, type ShownBackup, type ShownInstance, type Said } from './shown-backup.ts';
import { sizeText } from './size-text.ts';
import { shortNames } from './short-names.ts';
import { speak } from './speech.ts';
import { cutToWidth, padToWidth, textWidth } from './text-width.ts';

const columns = 80;
interface Row {
  readonly cells: readonly [name: string, ended: string, size: string, added: string, state: string];
  /** What more there is to say, in lines below. */
  readonly remarks: readonly Message[];
}

/** An instance and its backups for people: a table that fits 80 columns, oldest first. */
export function listLines(instance: ShownInstance): string[] {
  const { name, identity, backups, newestWal } = instance;
  const title =
    identity === undefined
      ? say('repo.list.title-unknown', { name })
      : say('repo.list.title', { name, ...identity, product: productOf(instance) });
  return [
    speak(title),
    ...(backups.length === 0 ? [`  ${speak(say('repo.list.no-backups'))}`] : table(backups)),
    ...totalsOf(backups).map((text) => fitted(speak(text), 2)),
    fitted(speak(walLine(newestWal)), 2),
  ];
}

/** With the release that the newest backup was taken of. */
function productOf({ identity, backups }: ShownInstance): string {
  const newest = backups.findLast(({ facts }) => facts !== undefined)?.facts;
  return newest === undefined ? (identity?.product ?? '') : `${newest.product} ${newest.release}`;
}

function table(backups: readonly ShownBackup[]): string[] {
  const names = shortNames(backups.map(({ id }) => id));
  const rows = backups.map((backup, at) => rowOf(backup, names[at] ?? backup.id));
  const head = headings.map((key) => speak(say(key))) as [string, string, string, string, string];
  const cells = [head, ...rows.map((row) => row.cells)];
  const widths = head.map((_, column) => Math.max(...cells.map((line) => textWidth(line[column] ?? ''))));
  const line = (texts: Row['cells']): string => {
    const [id, ended, size, added, state] = texts.map((text, column) => aligned(text, widths[column] ?? 0, column));
    return fitted(`${id}  ${ended}  ${size}  ${added}  ${state}`.trimEnd(), 2);
  };
  return [
    line(head),
    ...rows.flatMap((row) => [line(row.cells), ...row.remarks.map((text) => fitted(speak(text), 4))]),
  ];
}

const headings = [
  'repo.list.head.backup',
  'repo.list.head.ended',
  'repo.list.head.size',
  'repo.list.head.new',
  'repo.list.head.state',
] as const;

/** Sizes stand on the right. */
function aligned(text: string, width: number, column: number): string {
  const isNumber = column === 2 || column === 3;
  return isNumber ? `${' '.repeat(Math.max(0, width - textWidth(text)))}${text}` : padToWidth(text, width);
}

function rowOf(backup: ShownBackup, name: string): Row {
  const { facts, pins, note, condemned, standaloneBy, lockedUntilMs } = backup;
  const plain = say(`repo.list.state.${stateOf(backup)}`);
  const state = standaloneBy === undefined ? plain : standaloneState(stateOf(backup), plain);
  const shown = pins.length === 0 ? state : say('repo.list.state.pinned', { state });
  const remarks = [
    ...(note === undefined || note === '' ? [] : [say('repo.list.note', { text: note })]),
    ...pins.map((pin) => withReason(pinned(pin), pin)),
    ...(condemned === undefined
      ? []
      : [withReason(say('repo.list.condemned', { at: minute(condemned.at), by: condemned.by }), condemned)]),
    ...(standaloneBy === undefined ? [] : [standaloneWords(standaloneBy)]),
    ...(lockedUntilMs === undefined ? [] : [say('lock.list', { until: dueTime(lockedUntilMs) })]),
  ];
  const sizes =
    facts === undefined
      ? (['', ''] as const)
      : ([facts.logicalBytes, facts.newBytes].map(sizeText) as [string, string]);
  return { cells: [name, facts === undefined ? '' : minute(facts.endedAt), ...sizes, speak(shown)], remarks };
}

/** Only what is complete stands alone: with both words the column would be cut. */
function standaloneState(state: ReturnType<typeof stateOf>, plain: Message): Message {
  return state === 'complete' ? say('pruned.list.standalone-alone') : say('pruned.list.standalone', { state: plain });
}

function standaloneWords({ beginLsn, endLsn, at }: PrunedRange): Message {
  return say('pruned.list.why', { begin: formatLsn(beginLsn), end: formatLsn(endLsn), date: at.slice(0, 10) });
}

function pinned({ until, by }: ShownBackup['pins'][number]): Message {
  return until === undefined
    ? say('repo.list.pinned', { by })
    : say('repo.list.pinned-until', { until: minute(until), by });
}

function withReason(what: Message, { text }: Said): Message {
  return text === undefined || text === '' ? what : say('repo.list.with-reason', { what, reason: text });
}

/**
 * Backups of the catalogue, and apart from them those that are no longer in it or cannot be read: the numbers of `repo stats`.
 * What they wrote is not what the repository takes: what removed ones wrote and others still use is in it as well.
 */
function totalsOf(backups: readonly ShownBackup[]): Message[] {
  const readable = backups.filter(({ facts }) => facts !== undefined);
  const listed = readable.flatMap(({ facts, isRemoved }) => (facts === undefined || isRemoved ? [] : [facts]));
  const [since = ''] = listed.map(({ endedAt }) => endedAt).sort();
  const written = sizeText(listed.reduce((sum, { newBytes }) => sum + newBytes, 0));
  const [removed, damaged] = [readable.length - listed.length, backups.length - readable.length];
  return [
    ...(listed.length > 0
      ? [say('repo.list.summary-line', { count: listed.length, since: minute(since), written })]
      : []),
    ...(removed > 0 ? [say('repo.list.being-removed', { count: removed })] : []),
    ...(damaged > 0 ? [say('repo.list.unreadable', { count: damaged })] : []),
  ];
}

function walLine(newest: ShownInstance['newestWal']): Message {
  if (newest === undefined) return say('repo.list.no-wal');
  const { name, generation, storedAtMs } = newest;
  if (storedAtMs === undefined) return say('repo.list.wal-undated', { name, generation });
  return say('repo.list.wal', { name, generation, at: minute(new Date(storedAtMs).toISOString()) });
}

/** `2026-11-22 03:15` of a time in ISO 8601. */
function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** A line of the screen, `indent` columns in. */
function fitted(text: string, indent: number): string {
  const shown = printableName(text);
  const room = columns - indent;
  const cut = textWidth(shown) <= room ? shown : `${cutToWidth(shown, room - 1)}…`;
  return `${' '.repeat(indent)}${cut}`;
}
