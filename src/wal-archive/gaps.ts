import { BackupError } from '../errors/backup-error.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { LineagePart } from './archive.ts';
import { generationFolder, isLsnText } from './generation.ts';
import { damaged, decodeSealed, encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';

/**
 * WAL that a receiver asked for and the server no longer had. It explains a hole, and is no proof of one: what is missing
 * follows from the segments alone, for the hole may have been filled since.
 */
export interface RecordedGap {
  readonly timeline: TimelineId;
  readonly beginLsn: Lsn;
  /** The first position behind it. */
  readonly endLsn: Lsn;
  /** When it was noticed: ISO 8601, UTC. */
  readonly noticedAt: string;
  /** What the server said, for people. */
  readonly reason: string;
  /** Not a server but retention removed it, see `PrunedRange`. */
  readonly isPruned?: boolean | undefined;
}

function gapsFolder(generation: number): string {
  return `${generationFolder(generation)}gaps/`;
}

function gapName(
  generation: number,
  { timeline, beginLsn, endLsn }: Omit<RecordedGap, 'noticedAt' | 'reason'>,
): string {
  const hex = (value: number | bigint, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  return `${gapsFolder(generation)}${hex(timeline, 8)}.${hex(beginLsn, 16)}.${hex(endLsn, 16)}.json`;
}

/** Records a gap, durably. That it is recorded already is no error: it was noticed first then. */
export async function recordGap(
  storage: Storage,
  generation: number,
  gap: RecordedGap,
  options: StorageOptions = {},
): Promise<void> {
  const { timeline, beginLsn, endLsn, noticedAt, reason } = gap;
  const [begin, end] = [formatLsn(beginLsn), formatLsn(endLsn)];
  // What a server says is cut to what people read, so that the object stays small.
  const fields = { format: 1, timeline, beginLsn: begin, endLsn: end, noticedAt, reason: reason.slice(0, 1000) };
  await putIfAbsent(storage, gapName(generation, gap), encodeSealed(fields), options);
}

/** A stored record of a gap. */
export interface StoredGap extends RecordedGap {
  readonly storedName: string;
}

/**
 * The gaps that were recorded in one generation, by timeline and position. What cannot be read is passed over: it explains
 * nothing then.
 */
export async function readGaps(
  storage: Storage,
  generation: number,
  options: StorageOptions = {},
): Promise<StoredGap[]> {
  const folder = gapsFolder(generation);
  const gaps: StoredGap[] = [];
  for await (const { name } of storage.list(folder, { ...options, recursive: false })) {
    if (!/^[0-9A-F]{8}\.[0-9A-F]{16}\.[0-9A-F]{16}\.json$/.test(name.slice(folder.length))) continue;
    const bytes = await readSmallObject(storage, name, options).catch(nothingIfDamaged);
    const gap = bytes && decoded(bytes, name);
    if (gap !== undefined) gaps.push({ ...gap, storedName: name });
  }
  return gaps;
}

/** The gaps of a generation and of what it inherits. */
export async function gapsOfLineage(
  storage: Storage,
  lineage: readonly LineagePart[],
  options: StorageOptions = {},
): Promise<RecordedGap[]> {
  const gaps: RecordedGap[] = [];
  for (const { generation, end } of lineage) {
    const own = await readGaps(storage, generation, options);
    gaps.push(...own.filter(({ beginLsn }) => end === undefined || beginLsn < end));
  }
  return gaps;
}

function decoded(bytes: Uint8Array, name: string): RecordedGap | undefined {
  try {
    const { timeline, beginLsn, endLsn, noticedAt, reason } = decodeSealed(bytes, name);
    if (
      !Number.isInteger(timeline) ||
      !isLsnText(beginLsn) ||
      !isLsnText(endLsn) ||
      typeof noticedAt !== 'string' ||
      typeof reason !== 'string'
    ) {
      throw damaged(name);
    }
    return { timeline: Number(timeline), beginLsn: parseLsn(beginLsn), endLsn: parseLsn(endLsn), noticedAt, reason };
  } catch (error) {
    nothingIfDamaged(error);
    return undefined;
  }
}

function nothingIfDamaged(error: unknown): undefined {
  if (error instanceof BackupError && (error.code === 'CORRUPT' || error.code === 'REPOSITORY_VERSION'))
    return undefined;
  throw error;
}
