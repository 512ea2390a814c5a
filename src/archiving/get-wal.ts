import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { findArchive } from '../wal-archive/archive.ts';
import { parseWalFileName, segmentAt } from '../wal-archive/wal-file-name.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';
import type { FindPruned } from '../wal-archive/pruned-range.ts';
import type { Storage } from '../storage/storage.ts';
import { decodePageHeader, longPageHeaderBytes } from '../wal/page-header.ts';
import { formatLsn } from '../wal/lsn.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { deliver, type DeliveredWal } from './deliver-wal.ts';
import { readLocal } from './local-bytes.ts';
import { openWal, type OpenedWal } from './open-wal.ts';

export interface GetRequest {
  /** One that keeps at it (`openRetrying`) where a passing failure must not end a recovery. */
  readonly storage: Storage;
  /** What the server calls the file: `%f`. */
  readonly name: string;
  /** Where it goes: `%p`. What is there is replaced. */
  readonly target: string;
  readonly generation?: number | undefined;
  /** Of the instance that asks. WAL of another one is refused. */
  readonly systemIdentifier?: bigint | undefined;
  /** Whether the beginning of a segment will do where it is not there whole; default true. */
  readonly partial?: boolean | undefined;
  /** What retention removed: where that is asked for, WAL is missing, and does not end. */
  readonly pruned?: FindPruned | undefined;
}

export type GetResult =
  | DeliveredWal
  /** The archive was opened, is that of the instance, and has no such file. */
  | { readonly outcome: 'absent' };

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers one file of WAL, as restore_command asks: a private copy, of exact size, that appears at once under its name.
 * Absence is an answer; whatever keeps us from knowing is an error, because a server that is told "not there" opens the database.
 */
export async function getWal(request: GetRequest, { signal }: Options = {}): Promise<GetResult> {
  if (parseWalFileName(request.name) === undefined) {
    throw new BackupError('USAGE', say('archive.no-wal-name', { name: request.name }), {
      hint: say('archive.get-name.hint'),
    });
  }
  const options = { signal };
  const { name, storage, generation, systemIdentifier, partial = true, pruned } = request;
  const opened = await openWal({ storage, generation, systemIdentifier, pruned }, options);
  const { source } = opened;
  const object = await source.find(name, options);
  if (object !== undefined) return deliver(source, object, request.target, options);
  const unsound = await source.findUnsound(name, options);
  if (unsound !== undefined) {
    throw new BackupError('CORRUPT', say('archive.half-written', { name, stored: unsound }), {
      hint: say('archive.half-written.hint'),
    });
  }
  const isSegment = parseWalFileName(name)?.kind === 'segment';
  const beginning = isSegment && partial ? await source.find(`${name}.partial`, options) : undefined;
  if (isSegment && !(await isBeside(request.target, name, source))) {
    if (pruned !== undefined) await refusePruned(name, source, options);
    const arrived = await findArrived(name, source, options);
    if (arrived.object !== undefined) return deliver(source, arrived.object, request.target, options);
    await refuseGap(request, source, { beginning, later: arrived.later }, options);
  }
  if (beginning !== undefined) return deliver(source, beginning, request.target, options);
  await proveAbsent(request, opened, storage, options);
  return { outcome: 'absent' };
}

/** What shows that WAL went on behind a segment that was not found; where something does, the segment itself may have come meanwhile. */
async function findArrived(name: string, source: WalSource, options: Options) {
  const later = await source.findLater(name, options);
  return { later, object: later === undefined ? undefined : await source.find(name, options) };
}

/**
 * A segment that is missing while later ones of its timeline are there is no end of WAL: a server that is told so opens the
 * database and loses what follows. So is one of which only the beginning is there, unless that is all of it. Where there is no
 * segment at all the end of WAL is known only to a server that has the segment before.
 */
async function refuseGap(
  { name, target }: GetRequest,
  source: WalSource,
  { beginning, later }: { readonly beginning: WalObject | undefined; readonly later: string | undefined },
  options: Options,
): Promise<void> {
  if (later !== undefined) {
    if (beginning !== undefined && (await isAllOfIt(beginning, name, options))) return;
    throw new BackupError('WAL_MISSING', say('archive.gap', { name, later }), { hint: say('archive.gap.hint') });
  }
  for await (const { file, isUnsound } of source.list(options)) {
    if (isUnsound !== true && (file.kind === 'segment' || file.kind === 'partial')) return;
  }
  const before = segmentAt(name, -1, source.segmentSizeBytes);
  if (before !== undefined && (await isBeside(target, before, source))) return;
  throw new BackupError('WAL_MISSING', say('archive.no-segments', { name, source: source.description }), {
    hint: say('archive.gap.hint'),
  });
}

/** What retention removed went on: a server that is told that WAL ends there would open the database too early. */
async function refusePruned(name: string, source: WalSource, options: Options): Promise<void> {
  const { startLsn, timeline } = parseSegmentName(name, source.segmentSizeBytes) ?? {};
  if (startLsn === undefined) return;
  const gaps = (await source.gaps?.(options)) ?? [];
  const range = gaps.find(
    (gap) => gap.isPruned === true && gap.timeline === timeline && gap.beginLsn <= startLsn && gap.endLsn > startLsn,
  );
  if (range === undefined) return;
  const [begin, end, date] = [formatLsn(range.beginLsn), formatLsn(range.endLsn), range.noticedAt.slice(0, 10)];
  throw new BackupError('WAL_MISSING', say('pruned.wal-file', { name, begin, end, date }), {
    hint: say('pruned.wal-file.hint'),
  });
}

/** Whether a segment that is named as a beginning has records to its end: a receiver that was killed had not renamed it yet. */
async function isAllOfIt(beginning: WalObject, segment: string, { signal }: Options): Promise<boolean> {
  // Only here: a restore_command that finds its segment does not load it.
  const { inspectSegment } = await import('../wal-archive/inspect-segment.ts');
  try {
    await inspectSegment(beginning.read({ signal }), { segment, isPartial: false, signal });
    return true;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/**
 * Whether the server has a segment itself, in the directory into which it lets us write: it goes on with that when it is
 * told that the archive lacks it. So it is with a backup that brought its WAL, older than the archive.
 */
async function isBeside(target: string, name: string, source: WalSource): Promise<boolean> {
  const path = join(dirname(target), name);
  if (basename(target) === name) return false;
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true || facts.size !== source.segmentSizeBytes) return false;
  for await (const piece of readLocal(path)) {
    const header = piece.length < longPageHeaderBytes ? undefined : decodePageHeader(piece);
    const isNamed = header?.address === parseSegmentName(name, source.segmentSizeBytes)?.startLsn;
    return isNamed && header?.segment?.systemIdentifier === source.systemIdentifier;
  }
  return false;
}

/** That a name was not found proves something only if the archive is still there, and is the right one. */
async function proveAbsent(
  { name, systemIdentifier }: GetRequest,
  { archive }: OpenedWal,
  storage: Storage,
  options: Options,
): Promise<void> {
  if (archive !== undefined) {
    const again = await findArchive(storage, options);
    if (again?.identity.archive === archive.identity.archive) return;
    throw new BackupError(
      'STORAGE_UNAVAILABLE',
      say('archive.identity-changed', { storage: placeWords(storage.description) }),
    );
  }
  if (systemIdentifier !== undefined) return;
  throw new BackupError(
    'WAL_MISSING',
    say('archive.absent-unproved', { name, storage: placeWords(storage.description) }),
    {
      hint: say('archive.absent-unproved.hint'),
    },
  );
}
