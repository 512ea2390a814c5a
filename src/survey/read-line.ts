import { say, type Message } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { linksTo } from '../wal/segment-links.ts';
import { segmentName, segmentStart, type TimelineId } from '../wal/segment.ts';
import type { WalLine } from '../window/recovery-window.ts';
import type { LineSegment } from '../window/wal-line.ts';
import { chooseSegment, type Candidate } from './choose-segment.ts';
import { OpenRecord } from './damaged-crossing.ts';
import type { FoundSegment, WalInventory } from './inventory.ts';
import { mostThreads } from './read-whole.ts';
import { indexTogether, placeOf, readSegmentIndex, type ReadSegmentOptions } from './read-segment.ts';
import { damageOf } from './segment-proof.ts';

/** A segment of a line and the file that was taken for it. */
export interface ReadLineSegment extends LineSegment {
  readonly found: FoundSegment;
}

export interface ReadLineOptions extends StorageOptions, Pick<ReadSegmentOptions, 'knowledge' | 'reader'> {
  /** Begin with the segment of this position. */
  readonly from?: Lsn | undefined;
}

/**
 * The segments of a line in order of position, each read from the best of the files that there are. In the segment in which
 * one timeline leaves another the file of the newer one counts, which repeats what was before; as the servers look for it.
 */
export async function* readLine(
  inventory: WalInventory,
  line: WalLine,
  options: ReadLineOptions = {},
): AsyncGenerator<ReadLineSegment, void, undefined> {
  let previous: { readonly found: FoundSegment; readonly index: SegmentIndex } | undefined;
  const open = new OpenRecord();
  for await (const { name, candidates } of readAhead(namesOfLine(inventory, line, options.from), inventory, options)) {
    const chosen = await chooseSegment(candidates, previous?.index, options);
    if (chosen === undefined) continue;
    const { found } = chosen;
    const content = await withCrossing(previous, chosen, options);
    const brokenBefore = await damageBefore(previous?.index, { found, content }, open, options);
    open.pass(found, content);
    const { timeline, startLsn } = found;
    const { segmentSizeBytes } = inventory;
    const from = placeOf(found.place, found.object);
    yield { name, timeline, startLsn, segmentSizeBytes, from, content, found, brokenBefore };
    previous = 'damage' in content ? undefined : { found, index: content };
  }
}

interface NamedCandidates {
  readonly name: string;
  readonly candidates: readonly Candidate[];
}

/** The files of each segment in order; those that come next are read meanwhile, where there is a reader for it. */
async function* readAhead(
  names: readonly string[],
  inventory: WalInventory,
  options: ReadLineOptions,
): AsyncGenerator<NamedCandidates, void, undefined> {
  const begun: Promise<NamedCandidates>[] = [];
  const wanted = names.values();
  const begin = (): void => {
    const { value: name } = wanted.next();
    if (name === undefined) return;
    const reading = candidatesOf(name, inventory, options);
    // Nobody may ask for it.
    reading.catch(() => undefined);
    begun.push(reading);
  };
  if (options.reader !== undefined) for (let ahead = 0; ahead < mostThreads; ahead += 1) begin();
  for (;;) {
    options.signal?.throwIfAborted();
    begin();
    const next = begun.shift();
    if (next === undefined) return;
    yield await next;
  }
}

async function candidatesOf(
  name: string,
  { segments }: WalInventory,
  options: ReadLineOptions,
): Promise<NamedCandidates> {
  const candidates: Candidate[] = [];
  for (const found of segments.get(name) ?? []) {
    const content = await readSegmentIndex(found.place, found.object, found.startLsn, options);
    candidates.push({ found, content });
  }
  return { name, candidates };
}

/** The files of a line from a position on, in order: what reading it may read. */
export function filesOfLine(inventory: WalInventory, line: WalLine, from: Lsn): FoundSegment[] {
  return namesOfLine(inventory, line, from).flatMap((name) => inventory.segments.get(name) ?? []);
}

/** How much WAL a line has from a position on, in whole segments. */
export function bytesOfLine(inventory: WalInventory, line: WalLine, from: Lsn): number {
  return namesOfLine(inventory, line, from).length * inventory.segmentSizeBytes;
}

/** Reads both segments again where a long record that crosses them may be an event. */
async function withCrossing(
  previous: { readonly found: FoundSegment; readonly index: SegmentIndex } | undefined,
  { found, content }: Candidate,
  options: StorageOptions,
): Promise<Candidate['content']> {
  if (previous === undefined || 'damage' in content) return content;
  if (content.end.kind === 'partial' && content.end.damage !== undefined) return content;
  const link = linksTo(previous.index, content);
  if (!link.isLinked || link.crossing !== 'unread') return content;
  const { startLsn, object } = previous.found;
  return (await indexTogether(object, found.object, startLsn, found.place, options)) ?? content;
}

/** Why nothing of a damaged segment can be replayed by a server that comes from the one before it. */
async function damageBefore(
  previous: SegmentIndex | undefined,
  { found, content }: Candidate,
  open: OpenRecord,
  options: ReadLineOptions,
): Promise<Message | undefined> {
  const damage = damageOf(content);
  if (previous === undefined || damage === undefined || 'damage' in content) return undefined;
  return linksTo(previous, content).isLinked ? open.damageOfRest(found, content, damage, options) : undefined;
}

/** Names of the segments that a server would ask for on this line, as far as there are files, in order of position. */
function namesOfLine(inventory: WalInventory, line: WalLine, from?: Lsn): string[] {
  const { segmentSizeBytes, segments } = inventory;
  const first = from === undefined ? 0n : segmentStart(from, segmentSizeBytes);
  const names: { readonly name: string; readonly startLsn: Lsn }[] = [];
  for (const [name, [found]] of segments) {
    if (found === undefined || found.startLsn < first) continue;
    if (timelineOfSegment(line, found.startLsn, segmentSizeBytes) === found.timeline) {
      names.push({ name, startLsn: found.startLsn });
    }
  }
  return names.sort((a, b) => (a.startLsn < b.startLsn ? -1 : 1)).map(({ name }) => name);
}

/** The name of the segment at `position` on a line. */
export function nameOnLine(line: WalLine, position: Lsn, segmentSizeBytes: number): string {
  const start = segmentStart(position, segmentSizeBytes);
  return segmentName(timelineOfSegment(line, start, segmentSizeBytes), start, segmentSizeBytes);
}

/** The newest timeline that begins in the segment or before it. */
function timelineOfSegment({ timeline, history }: WalLine, startLsn: Lsn, segmentSizeBytes: number): TimelineId {
  const left = history.find(({ switchLsn }) => segmentStart(switchLsn, segmentSizeBytes) > startLsn);
  return left?.timeline ?? timeline;
}

/** The lines that an inventory holds: each timeline with its parents. */
export function linesOf(inventory: WalInventory, generation: number | undefined): WalLine[] {
  return inventory.timelines.map((timeline) => {
    const history = inventory.histories.get(timeline);
    return { generation, timeline, history: history === undefined || history instanceof Error ? [] : history };
  });
}

/** Why a line cannot be followed back to its parents. */
export function historyProblem(inventory: WalInventory, timeline: TimelineId): ReturnType<typeof say> | undefined {
  if (timeline === 1) return undefined;
  const history = inventory.histories.get(timeline);
  if (history === undefined) {
    return say('survey.no-history', { name: `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history` });
  }
  return history instanceof Error ? history.sentence : undefined;
}
