import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { chooseGeneration, findArchive, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { probedSegment, walFolder } from '../wal-archive/archive-wal.ts';
import { readGaps } from '../wal-archive/gaps.ts';
import { readHolds, setHold, type Hold } from '../wal-archive/holds.ts';
import { openFiles, openFolder } from '../wal-archive/open-folder.ts';
import { parseStoredName, parseWalFileName, positionPart } from '../wal-archive/wal-file-name.ts';
import { refuseUndeletable } from '../storage/ask-deletion.ts';
import { deleteUnlessLocked } from '../storage/object-lock.ts';
import type { Storage } from '../storage/storage.ts';
import { partLockedWal, type LockedRemoval, type WalRemoval } from './locked-wal.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { ArchivingListener, ArchivingNews } from './events.ts';

export interface CleanupRequest {
  readonly storage: Storage;
  /** The oldest WAL file to keep: `%r`, a segment, partial segment or backup history file. */
  readonly oldest: string;
  readonly generation?: number | undefined;
  /** The standby that says so: its hold is moved to `oldest`. */
  readonly hold?: string | undefined;
  /** Folders whose children are backups. What they need stays. Undefined: no backup is protected. */
  readonly backups?: readonly Storage[] | undefined;
  /** Whether backup history files are removed too; default false, as pg_archivecleanup. */
  readonly backupHistory?: boolean | undefined;
  /** A further ending that names of files may have, as pg_archivecleanup -x; `.gz`, `.lz4` and `.zst` always may. */
  readonly stripExtension?: string | undefined;
}

/** What keeps WAL that is older than `oldest`. */
export interface Keeper {
  readonly what: 'hold' | 'backup';
  readonly name: string;
  readonly segment: string;
}

export interface CleanupPlan {
  /** The first segment that stays. */
  readonly cutoff: string;
  /** Keepers that are older than the oldest file named, the oldest first. */
  readonly keptFor: readonly Keeper[];
  readonly protectsBackups: boolean;
  readonly hold: Hold | undefined;
  /** Records of gaps that are older than the cut-off: they go as well. */
  readonly gapRecords: readonly string[];
  /** What goes: a WAL file and the objects that it consists of, in the order in which they are removed. */
  readonly removals: readonly WalRemoval[];
  /** What would go as well, and is locked. */
  readonly locked: readonly LockedRemoval[];
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `wal cleanup` would remove. Order is by position in the WAL, whatever the timeline, as pg_archivecleanup compares.
 * @throws BackupError `USAGE` for a bad name; `CORRUPT` when a backup does not say which WAL it needs
 */
export async function planCleanup(request: CleanupRequest, options: Options = {}): Promise<CleanupPlan> {
  const { storage, backups } = request;
  const oldest = oldestSegment(request.oldest, request.stripExtension);
  if (request.hold !== undefined) checkHoldName(request.hold);
  const hold = request.hold === undefined ? undefined : { name: request.hold, segment: oldest };
  const archive = await findArchive(storage, options);
  const keepers: Keeper[] = [];
  for (const { name, segment } of await readHolds(storage, options)) {
    if (name !== hold?.name) keepers.push({ what: 'hold', name, segment });
  }
  for (const folder of backups ?? []) keepers.push(...(await backupKeepers(folder, archive, options)));
  const keptFor = keepers
    .filter(({ segment }) => positionPart(segment) < positionPart(oldest))
    .sort((a, b) => (positionPart(a.segment) < positionPart(b.segment) ? -1 : 1));
  const cutoff = keptFor[0]?.segment ?? oldest;
  const files = archive === undefined ? plainFiles(request, options) : archiveFiles(archive, request, options);
  const removals = new Map<string, FoundFile[]>();
  for await (const found of files) {
    const { name } = found;
    const file = parseWalFileName(name);
    if (file === undefined || file.kind === 'history') continue;
    if (file.kind === 'backup-history' && request.backupHistory !== true) continue;
    if (positionPart(name) >= positionPart(cutoff)) continue;
    removals.set(name, [...(removals.get(name) ?? []), found]);
  }
  const unneeded = [...removals].map(([name, found]) => removalOf(name, found));
  return {
    gapRecords: archive === undefined ? [] : await outdatedGaps(archive, request, cutoff, options),
    cutoff,
    keptFor,
    protectsBackups: backups !== undefined,
    hold,
    ...(await partLockedWal(storage, unneeded, options)),
  };
}

function removalOf(name: string, found: readonly FoundFile[]): WalRemoval {
  return {
    name,
    stored: receiptFirst(found.map(({ stored }) => stored)),
    sizeBytes: found.reduce((sum, { sizeBytes }) => sum + Math.max(0, sizeBytes), 0),
    receiptStoredAtMs: found.find(({ stored }) => stored.endsWith('.receipt'))?.storedAtMs,
  };
}

/** Carries out a plan; nothing of it where this account may not delete (`AUTHENTICATION`). `onEvent` is told of each WAL file that is gone; how large they were is not asked. */
export async function performCleanup(
  storage: Storage,
  plan: CleanupPlan,
  options: Options & { readonly onEvent?: ArchivingListener | undefined } = {},
): Promise<void> {
  const { signal, onEvent } = options;
  const teller = new Teller<'archiving', ArchivingNews>(onEvent);
  teller.enter('remove');
  if (plan.removals.length + plan.gapRecords.length > 0) await refuseUndeletable(storage, [probedSegment], { signal });
  if (plan.hold !== undefined) await setHold(storage, plan.hold, { signal });
  for (const [at, { name, stored }] of plan.removals.entries()) {
    signal?.throwIfAborted();
    // What is locked longer than its receipt stays, without it: a later run finds it again.
    for (const object of stored) await deleteUnlessLocked(storage, object, { signal });
    const filesTotal = plan.removals.length;
    teller.tell({ type: 'progress', doneBytes: 0, totalBytes: undefined, filesDone: at + 1, filesTotal, name });
  }
  for (const record of plan.gapRecords) await deleteUnlessLocked(storage, record, { signal });
  await storage.sweep({ signal });
}

/** A reader that comes meanwhile finds the receipt and the segment, or no receipt. */
function receiptFirst(stored: readonly string[]): string[] {
  const rank = (name: string): number => (name.endsWith('.receipt') ? 0 : name.endsWith('.index') ? 1 : 2);
  return stored.toSorted((a, b) => rank(a) - rank(b));
}

/** The segment that the name of a WAL file stands for, to be kept. @throws BackupError `USAGE` for a name that is none */
export function oldestSegment(text: string, extension: string | undefined): string {
  const name = extension !== undefined && text.endsWith(extension) ? text.slice(0, -extension.length) : text;
  const file = parseStoredName(name)?.file;
  if (file !== undefined && file.kind !== 'history') return file.segment;
  throw new BackupError('USAGE', say('archive.cleanup-name', { name: text }), {
    hint: say('archive.cleanup-name.hint'),
  });
}

/** @throws BackupError `USAGE` for one that cannot name a hold */
export function checkHoldName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name)) return;
  throw new BackupError('USAGE', say('archive.hold-name', { name }), { hint: say('archive.hold-name.hint') });
}

/** Every backup of a folder that is of this instance, or does not say of which. One that cannot be read stops the cleanup. */
async function backupKeepers(folder: Storage, archive: Archive | undefined, options: Options): Promise<Keeper[]> {
  // Loaded when needed: it reads tar, manifests and pg_control, which push and get do without.
  const { findBackupFolders, readBackupFacts } = await import('../wal-archive/backup-facts.ts');
  const keepers: Keeper[] = [];
  for await (const name of findBackupFolders(folder, '', options)) {
    try {
      const facts = await readBackupFacts(folder, name, { ...options, depth: 'label' });
      keepers.push({
        what: 'backup',
        name: name === '' ? folder.description : name,
        segment: facts.label.startSegment,
      });
    } catch (error) {
      const foreign = error instanceof BackupError && (error.code === 'CORRUPT' || error.code === 'BACKUP_NOT_FOUND');
      if (!foreign) throw error;
      throw new BackupError('CORRUPT', say('archive.unreadable-backup', { name, reason: reasonFor(error) }), {
        hint: say('archive.unreadable-backup.hint'),
        cause: error,
        context: { folder: folder.description, archive: archive?.storage.description ?? '' },
      });
    }
  }
  return keepers;
}

interface FoundFile {
  readonly name: string;
  readonly stored: string;
  readonly sizeBytes: number;
  readonly storedAtMs: number | undefined;
}

/** Files of a plain directory, by their names alone: what pg_archivecleanup goes by. */
async function* plainFiles({ storage, stripExtension }: CleanupRequest, options: Options): AsyncIterable<FoundFile> {
  for await (const { name: stored, ...facts } of storage.list('', { ...options, recursive: false })) {
    const hasExtension = stripExtension !== undefined && stored.endsWith(stripExtension);
    const name = parseStoredName(hasExtension ? stored.slice(0, -stripExtension.length) : stored)?.file.name;
    if (name !== undefined) yield { name, stored, ...facts };
  }
}

async function* archiveFiles(archive: Archive, request: CleanupRequest, options: Options): AsyncIterable<FoundFile> {
  const { storage } = archive;
  const generations = await readGenerations(archive, options);
  const { number } = chooseGeneration(generations, request.generation, 'read');
  const folder = walFolder(number);
  for await (const { name: stored, ...facts } of storage.list(folder, options)) {
    const last = stored.slice(stored.lastIndexOf('/') + 1).replace(/\.(?:receipt|index)$/, '');
    const name = parseStoredName(last)?.file.name;
    if (name !== undefined) yield { name, stored, ...facts };
  }
  // What a receiver is at stays, whatever is said to be needed: the newest segment, which grows.
  const open = await openFiles(storage, number, options);
  const newest = open.reduce((latest, { name }) => (positionPart(name) > latest ? positionPart(name) : latest), '');
  for (const { name } of open) {
    const stored = openFolder(number) + name;
    if (positionPart(name) < newest) yield { name, stored, sizeBytes: 0, storedAtMs: undefined };
  }
}

/** Records of gaps that lie before the cut-off as a whole: they explain nothing any more. */
async function outdatedGaps(
  archive: Archive,
  request: CleanupRequest,
  cutoff: string,
  options: Options,
): Promise<string[]> {
  const { storage, identity } = archive;
  const { number } = chooseGeneration(await readGenerations(archive, options), request.generation, 'read');
  const begin = parseSegmentName(cutoff, identity.segmentSizeBytes)?.startLsn ?? 0n;
  const gaps = await readGaps(storage, number, options);
  return gaps.flatMap(({ endLsn, storedName }) => (endLsn <= begin ? [storedName] : []));
}
