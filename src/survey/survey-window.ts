import { Teller } from '../events/teller.ts';
import { say, type Message } from '../messages/message.ts';
import type { BackupFacts } from '../wal-archive/backup-facts.ts';
import type { FindPruned } from '../wal-archive/pruned-range.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { segmentEndLsn } from '../wal/segment.ts';
import { findWindow } from '../window/find-window.ts';
import { listTransactions, type TransactionRange } from '../window/list-transactions.ts';
import type { LineWindow, WalLine } from '../window/recovery-window.ts';
import type { TransactionMark } from '../window/transaction.ts';
import type { LineSegment } from '../window/wal-line.ts';
import { findBackups, windowBackup } from './backups.ts';
import type { SurveyListener, SurveyNews } from './events.ts';
import type { IndexCache } from './index-cache.ts';
import { takeInventory, type WalInventory } from './inventory.ts';
import { ListedOnce } from './listed-once.ts';
import { rangesWithOwnWal } from './own-wal-ranges.ts';
import { bytesOfLine, historyProblem, linesOf, readLine } from './read-line.ts';
import { Readings } from './readings.ts';
import type { Place } from '../storage/place.ts';
import { shownPlace } from '../storage/s3/location.ts';
import { WalKnowledge } from './wal-knowledge.ts';
import { archiveIdentifier, openWalPlaces, type WalPlace } from './wal-place.ts';

export interface SurveyRequest {
  /** Where the WAL is. */
  readonly archive: Place;
  /** Places whose folders are backups. */
  readonly backups?: readonly Place[] | undefined;
  /** Undefined: every generation. */
  readonly generation?: number | undefined;
  /** What retention removed of the archive, where that is known beside it. */
  readonly pruned?: FindPruned | undefined;
  /** Undefined: every timeline. */
  readonly timeline?: number | undefined;
}

export interface SurveyOptions extends StorageOptions {
  readonly cache?: IndexCache | undefined;
  /** Told of how much of the WAL was looked at. */
  readonly onEvent?: SurveyListener | undefined;
}

/** The recovery window of an archive. */
export interface RecoveryWindow {
  readonly archive: string;
  readonly systemIdentifier: bigint;
  readonly lines: readonly (LineWindow & { readonly problem: Message | undefined })[];
  /** Different files of segments, and how many of them were read whole by a plan or restore; of the others the index tells. */
  readonly segments: { readonly count: number; readonly readWhole: number };
  /** Backups of other instances, and folders that cannot be used as backups. */
  readonly passedOver: readonly { readonly name: string; readonly reason: Message }[];
}

/**
 * What can be recovered from an archive and folders of backups, for every generation and timeline. Each segment is read
 * once, ever: then its index is beside it or in the cache.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no WAL; `USAGE` for a generation that is not there
 */
export async function surveyWindow(request: SurveyRequest, options: SurveyOptions = {}): Promise<RecoveryWindow> {
  const places = await openWalPlaces(placesOf(request), options);
  const systemIdentifier =
    places[0]?.source.systemIdentifier ?? (await archiveIdentifier(request.archive, options)) ?? 0n;
  const { backups, unusable } = await findBackups(request.backups ?? [], { ...options, depth: 'quick' });
  const passedOver = [...unusable];
  const ours = backups.filter(({ name, facts }) => {
    const reason = reasonToPassOver(facts, systemIdentifier);
    if (reason !== undefined) passedOver.push({ name, reason });
    return reason === undefined;
  });
  const knowledge = new WalKnowledge(options.cache);
  const lines: RecoveryWindow['lines'][number][] = [];
  const readings = new Readings(knowledge);
  try {
    const placed = await linesOfPlaces(places, request, { ...options, knowledge });
    const progress = new LineProgress(placed, options);
    for (const { place, inventory, line } of placed) {
      notePassedOver(passedOver, inventory);
      const segments = progress.passing(readings.counted(readLine(inventory, line, { ...options, knowledge })));
      const window = await findWindow(line, segments, ours.map(windowBackup), inventory.gaps);
      lines.push({
        ...window,
        backups: await rangesWithOwnWal(window, ours, inventory, { ...options, knowledge }),
        segmentSizeBytes: place.source.segmentSizeBytes,
        problem: historyProblem(inventory, line.timeline),
      });
    }
  } finally {
    await knowledge.save();
  }
  const { archive } = request;
  const name = typeof archive === 'string' ? shownPlace(archive) : archive.description;
  return { archive: name, systemIdentifier, lines, segments: readings.counts, passedOver };
}

/** A transaction and the line that it is on. */
export interface ListedTransaction extends TransactionMark {
  readonly line: WalLine;
}

/** Every transaction of an archive in a range, once: line by line in WAL order, with the first line that has it. */
export async function* surveyTransactions(
  request: SurveyRequest & { readonly range: TransactionRange },
  options: SurveyOptions = {},
): AsyncGenerator<ListedTransaction, void, undefined> {
  const places = await openWalPlaces(placesOf(request), options);
  const once = new ListedOnce();
  const knowledge = new WalKnowledge(options.cache);
  const reading = { ...options, knowledge, from: request.range.fromLsn };
  try {
    const placed = await linesOfPlaces(places, request, { ...options, knowledge });
    const progress = new LineProgress(placed, options, request.range.fromLsn);
    for (const { place, inventory, line } of placed) {
      const listed = await once.begin(place, line, options);
      const segments = progress.passing(readLine(inventory, line, reading));
      for await (const mark of listTransactions(listed.passing(segments), request.range)) {
        if (!listed.has(mark)) yield { ...mark, line };
      }
      listed.end();
    }
  } finally {
    await knowledge.save();
  }
}

function placesOf({ archive, generation, pruned }: SurveyRequest): Parameters<typeof openWalPlaces>[0] {
  return { place: archive, generation, pruned };
}

interface PlacedLine {
  readonly place: WalPlace;
  readonly inventory: WalInventory;
  readonly line: WalLine;
}

/** Each generation and timeline with the files that there are. */
async function linesOfPlaces(
  places: readonly WalPlace[],
  { timeline }: SurveyRequest,
  options: SurveyOptions & { readonly knowledge: WalKnowledge },
): Promise<PlacedLine[]> {
  const lines: PlacedLine[] = [];
  for (const place of places) {
    const inventory = await takeInventory([place], options);
    if (inventory === undefined) continue;
    for (const line of linesOf(inventory, place.generation)) {
      if (timeline === undefined || line.timeline === timeline) lines.push({ place, inventory, line });
    }
  }
  return lines;
}

/** Tells how far the lines were looked at, all together. */
class LineProgress {
  readonly #teller: Teller<'survey', SurveyNews>;
  readonly #totalBytes: number;
  #doneBytes = 0;
  #filesDone = 0;

  constructor(lines: readonly PlacedLine[], { onEvent }: SurveyOptions, from: Lsn = lsn(0n)) {
    this.#teller = new Teller(onEvent);
    this.#teller.enter('segments');
    const sizes = lines.map(({ inventory, line }) => bytesOfLine(inventory, line, from));
    this.#totalBytes = onEvent === undefined ? 0 : sizes.reduce((sum, size) => sum + size, 0);
  }

  async *passing<Segment extends Pick<LineSegment, 'startLsn' | 'segmentSizeBytes'>>(
    segments: AsyncIterable<Segment>,
  ): AsyncGenerator<Segment, void, undefined> {
    for await (const segment of segments) {
      const { startLsn, segmentSizeBytes } = segment;
      this.#doneBytes += segmentSizeBytes;
      this.#filesDone += 1;
      const [doneBytes, filesDone] = [this.#doneBytes, this.#filesDone];
      const totalBytes = Math.max(this.#totalBytes, doneBytes);
      const end = segmentEndLsn(startLsn, segmentSizeBytes);
      this.#teller.tell({ type: 'progress', doneBytes, totalBytes, filesDone, lsn: end });
      yield segment;
    }
  }
}

function reasonToPassOver({ systemIdentifier, label }: BackupFacts, expected: bigint): Message | undefined {
  if (systemIdentifier !== undefined && systemIdentifier !== expected) {
    return say('survey.other-instance', { expected, actual: systemIdentifier });
  }
  return label.incrementalFrom === undefined ? undefined : say('survey.incremental');
}

/** Receipts that cannot be read, each once: generations inherit files of each other. */
function notePassedOver(passedOver: { name: string; reason: Message }[], { segments }: WalInventory): void {
  for (const { object } of [...segments.values()].flat()) {
    const { receiptFault: reason } = object;
    const receipt = `${object.file.name}.receipt`;
    if (reason === undefined || passedOver.some(({ name }) => name === receipt)) continue;
    passedOver.push({ name: receipt, reason });
  }
}
