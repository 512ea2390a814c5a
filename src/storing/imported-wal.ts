import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openWal } from '../archiving/open-wal.ts';
import { pushWal } from '../archiving/push-wal.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { readPieces } from '../files/read-file.ts';
import { say } from '../messages/message.ts';
import { proveOwnWal } from '../pitr/prove-own-wal.ts';
import type { Instance } from '../repository/instance.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';
import { openBackup } from '../survey/backups.ts';
import { SegmentReader } from '../survey/read-whole.ts';
import { WalKnowledge } from '../survey/wal-knowledge.ts';
import { checkInstance, chooseGeneration, findArchive, readGenerations } from '../wal-archive/archive.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { inspectSegment } from '../wal-archive/inspect-segment.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { decodeSegmentIndex } from '../wal/segment-index-codec.ts';
import { parseSegmentName, segmentEndLsn, segmentName, segmentStart } from '../wal/segment.ts';

interface Options {
  readonly signal: AbortSignal;
}

/** Where the WAL that a backup needs ends, and what says so. */
export interface NeededWalEnd {
  readonly endLsn: Lsn;
  /** Of the last transaction before that, microseconds since 1970; undefined: not known. */
  readonly timeUs: bigint | undefined;
  /** Every record of it was read, in the backup itself. */
  readonly isRead: boolean;
}

/**
 * Reads the WAL inside a backup, every record from its start to its end. Where there is none the manifest says where it ends, or the pg_control of a standby.
 * @param directory of the backup
 * @throws BackupError `WAL_MISSING` when the WAL in it does not reach its end, or nothing says where that is; `CORRUPT`
 */
export async function proveImportedWal(
  directory: string,
  { manifest, label, description }: SourceFacts,
  { signal }: Options,
): Promise<NeededWalEnd> {
  const backup = await openBackup(directory, { signal, depth: 'quick' });
  const knowledge = new WalKnowledge();
  const reader = new SegmentReader(knowledge, { signal });
  const ends = manifest?.walRanges.map(({ endLsn }) => endLsn) ?? [];
  try {
    const proved = await proveOwnWal(backup, { knowledge, reader, signal });
    if (proved !== undefined) {
      const { proof } = proved;
      const endLsn = [...ends, proof.consistentLsn].reduce((one, other) => (one > other ? one : other));
      return { endLsn, timeUs: proof.consistentTimeUs, isRead: true };
    }
  } finally {
    await reader.end();
  }
  if (label.from === 'standby' && backup.facts.minRecoveryLsn !== undefined) ends.push(backup.facts.minRecoveryLsn);
  const endLsn = ends.reduce((one, other) => (one > other ? one : other), lsn(0n));
  if (endLsn > label.startLsn) return { endLsn, timeUs: undefined, isRead: false };
  throw new BackupError('WAL_MISSING', say('importing.no-wal', { backup: description }), {
    hint: say('importing.no-wal.hint'),
  });
}

/** The archive of an instance, where anything was ever stored in it. */
async function existingArchive({ wal }: Pick<Instance, 'wal'>): Promise<Storage | undefined> {
  if (typeof wal === 'string' && !existsSync(wal)) return undefined;
  return (await openPlace(wal)).storage;
}

/**
 * The generation of the archive that a backup belongs to.
 * @param to `read` where nothing goes into it
 * @throws BackupError `USAGE` where it has to be named; `SYSTEM_MISMATCH` when the archive is of another instance
 */
export async function generationFor(
  instance: Instance,
  { wanted, to, systemIdentifier }: { wanted: number | undefined; to: 'push' | 'read'; systemIdentifier: bigint },
  { signal }: Options,
): Promise<number> {
  const storage = await existingArchive(instance);
  const archive = storage && (await findArchive(storage, { signal }));
  if (archive === undefined) return wanted ?? 1;
  checkInstance(archive, { systemIdentifier });
  return chooseGeneration(await readGenerations(archive, { signal }), wanted, to).number;
}

/** A file of WAL that came with a backup, and what becomes of it. */
interface ImportedFile {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface SortedWal {
  /** Whole segments, then histories: in the order in which they are pushed. */
  readonly archived: readonly ImportedFile[];
  /** What the backup needs and no archive takes. */
  readonly own: readonly ImportedFile[];
}

interface WalToSort {
  readonly directory: string;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  readonly segmentSizeBytes: number;
  /** None of it goes into the archive. */
  readonly keepsAll: boolean;
}

/**
 * What becomes of the WAL of a backup. A segment goes into the archive if it is whole: WAL reaches its end, or the server switched to the next one. One that is not stays in the backup if that needs it.
 * What comes before the start of the backup, or is the beginning of a segment behind its end, is left out.
 */
export async function sortWal(
  { directory, startLsn, endLsn, segmentSizeBytes, keepsAll }: WalToSort,
  { signal }: Options,
): Promise<SortedWal> {
  const archived: ImportedFile[] = [];
  const histories: ImportedFile[] = [];
  const own: ImportedFile[] = [];
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    const { size: sizeBytes } = await stat(path);
    const file = { name, path, sizeBytes };
    const parsed = parseWalFileName(name);
    const start = parsed?.kind === 'segment' ? parseSegmentName(name, segmentSizeBytes)?.startLsn : undefined;
    if (parsed?.kind === 'history') (keepsAll ? own : histories).push(file);
    if (start === undefined || segmentEndLsn(start, segmentSizeBytes) <= startLsn) continue;
    const isNeeded = start < endLsn;
    if (!keepsAll && sizeBytes === segmentSizeBytes && (await isWhole(file, signal))) archived.push(file);
    else if (isNeeded) own.push(file);
  }
  return { archived: [...archived, ...histories], own };
}

/** Whether WAL goes on to the end of the segment, or the server left it there. What holds something else than its name says is none. */
async function isWhole({ name, path }: ImportedFile, signal: AbortSignal): Promise<boolean> {
  const source = readPieces(fromText(path), { signal });
  try {
    const { index } = await inspectSegment(source, { segment: name, isPartial: true, signal });
    return decodeSegmentIndex(index).end.kind !== 'partial';
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/**
 * Puts them into the archive, each compared with what is there already.
 * @throws BackupError `OBJECT_EXISTS` when that is another line of WAL; `CORRUPT`, `SYSTEM_MISMATCH`
 */
export async function archiveWal(
  { archived }: SortedWal,
  into: {
    readonly storage: Storage;
    readonly generation: number;
    readonly codec: Codec;
    readonly level: number | undefined;
  },
  { signal }: Options,
): Promise<void> {
  for (const { path } of archived) await pushWal({ ...into, path }, { signal });
}

/**
 * Every segment from the start of the backup to its end is there: in the backup or in the archive.
 * @throws BackupError `WAL_MISSING` for the first one that is not
 */
export async function requireWal(
  instance: Instance,
  { label, description, manifest }: SourceFacts,
  needed: {
    readonly endLsn: Lsn;
    readonly segmentSizeBytes: number;
    readonly generation: number;
    readonly systemIdentifier: bigint;
    readonly has: ReadonlySet<string>;
  },
  { signal }: Options,
): Promise<void> {
  const { endLsn, segmentSizeBytes, generation, systemIdentifier, has } = needed;
  const timelines = new Set([label.startTimeline, ...(manifest?.walRanges.map(({ timeline }) => timeline) ?? [])]);
  const storage = await existingArchive(instance);
  const archive = storage && (await findArchive(storage, { signal }));
  const source = archive && (await openWal({ storage, generation, systemIdentifier }, { signal })).source;
  const size = BigInt(segmentSizeBytes);
  for (let at = segmentStart(label.startLsn, segmentSizeBytes); at < endLsn; at = lsn(at + size)) {
    const names = [...timelines].map((timeline) => segmentName(timeline, at, segmentSizeBytes));
    if (names.some((name) => has.has(name))) continue;
    if (await hasAny(source, names, signal)) continue;
    const values = { backup: description, segment: names[0] ?? '', instance: instance.name };
    throw new BackupError('WAL_MISSING', say('importing.segment-missing', values), {
      hint:
        instance.identity === undefined
          ? say('importing.segment-missing-new.hint', { instance: instance.name })
          : say('importing.segment-missing.hint'),
    });
  }
}

async function hasAny(source: WalSource | undefined, names: readonly string[], signal: AbortSignal): Promise<boolean> {
  for (const name of names) if ((await source?.find(name, { signal })) !== undefined) return true;
  return false;
}
