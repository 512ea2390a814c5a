import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { isDamage } from '../packs/damage.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { decodeSegmentIndex } from '../wal/segment-index-codec.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { SegmentPair, SegmentWay } from './mend-segment.ts';
import { cannotReplace } from './replace-object.ts';

/** Largest index that is copied, in bytes: that of 16 MiB full of the smallest transactions takes some 6 MB. */
const largestIndex = 32 * 1024 * 1024;

/**
 * Sees to it that the index is there: one that is missing, of another size than in the source or, where it is read, damaged or of another segment is put anew if that of the source is sound.
 * Whoever misses it reads the segment: what cannot be had is left.
 * @returns whether it was put
 */
export async function mendIndex(
  { source, target }: Pick<SegmentWay, 'source' | 'target'>,
  { found, there }: SegmentPair,
  { readsData, ...options }: StorageOptions & { readonly readsData: boolean },
): Promise<boolean> {
  const { index: name, sizes } = found;
  if (name === undefined) return false;
  const isSameSize = there?.sizes?.index === sizes?.index;
  if (isSameSize && !(readsData && there !== undefined)) return false;
  try {
    const own = await readIndex(source, name, options);
    if (own === undefined || !isOf(own.index, found.name)) return false;
    if (isSameSize && (await isSound(target, name, own.index, options))) return false;
    if (there?.index !== undefined) await target.delete(name, options).catch(cannotReplace(name));
    await target.put(name, () => onePiece(own.bytes), options);
    return true;
  } catch (error) {
    if (isDamage(error) || isOneOf(error, 'OBJECT_EXISTS', 'REPOSITORY_VERSION')) return false;
    throw error;
  }
}

function isOneOf(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return error instanceof BackupError && codes.includes(error.code);
}

interface StoredIndex {
  readonly bytes: Buffer;
  readonly index: SegmentIndex;
}

/** @throws BackupError `CORRUPT` */
async function readIndex(storage: Storage, name: string, options: StorageOptions): Promise<StoredIndex | undefined> {
  const bytes = await readSmallObject(storage, name, { ...options, limit: largestIndex });
  return bytes && { bytes, index: decodeSegmentIndex(bytes) };
}

/** @param name of a segment, or partial segment */
function isOf({ startLsn, segmentSizeBytes }: SegmentIndex, name: string): boolean {
  return parseSegmentName(name.slice(0, 24), segmentSizeBytes)?.startLsn === startLsn;
}

/** Other releases may have written it otherwise: it is sound if it can be read and is of the same segment. */
async function isSound(target: Storage, name: string, own: SegmentIndex, options: StorageOptions): Promise<boolean> {
  try {
    const there = await readIndex(target, name, options);
    if (there === undefined) return false;
    const { startLsn, timeline, systemIdentifier, segmentSizeBytes } = there.index;
    const isSame = startLsn === own.startLsn && timeline === own.timeline && segmentSizeBytes === own.segmentSizeBytes;
    return isSame && systemIdentifier === own.systemIdentifier;
  } catch (error) {
    if (isDamage(error)) return false;
    // Nobody here can judge that of a newer release.
    if (isOneOf(error, 'REPOSITORY_VERSION')) return true;
    throw error;
  }
}
