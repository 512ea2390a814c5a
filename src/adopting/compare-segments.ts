import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Archive } from '../wal-archive/archive.ts';
import { readReceipt, segmentBase } from '../wal-archive/archive-wal.ts';
import { checkNeighbours } from '../wal-archive/check-neighbours.ts';
import { decompressed, suffixOf } from '../wal-archive/codec.ts';
import type { Generation } from '../wal-archive/generation.ts';
import type { Receipt } from '../wal-archive/receipt.ts';
import { readStored } from '../wal-archive/wal-object.ts';
import { digestOf } from '../storage/digest.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { readSegmentFolder, type FoundSegment, type StoredData } from '../wal-archive/segment-folder.ts';

/** Receipts that are read at the same time. */
const atOnce = 16;

/** A segment that the other archive lacks. */
export interface SegmentToAdopt {
  /** `SEGMENT` or `SEGMENT.partial`. */
  readonly name: string;
  /** Undefined: its push did not come to its end. */
  readonly receipt: Receipt | undefined;
  readonly receiptName: string | undefined;
  readonly data: readonly StoredData[];
  readonly index: string | undefined;
  /** What an unfinished push left of it in the other archive: the same content. */
  readonly there: readonly StoredData[];
}

export interface ComparedFolder {
  /** The newest first. */
  readonly missing: readonly SegmentToAdopt[];
  /** How many segments are in both. */
  readonly present: number;
  readonly unknown: readonly string[];
}

/** The archive that is taken over, the one that takes it, and the generation of both that is compared. */
export interface ComparedArchives {
  readonly source: Archive;
  /** As far as it is there. */
  readonly target: Archive | undefined;
  /** Of the target. */
  readonly generations: readonly Generation[];
  readonly generation: number;
}

/**
 * Compares one folder of segments by receipts and sizes.
 * @throws BackupError `OBJECT_EXISTS` when a segment has other content in the other archive, `CORRUPT` when a receipt cannot be read or the data
 * is not there as it says
 */
export async function compareFolder(
  archives: ComparedArchives,
  folder: string,
  options: StorageOptions,
): Promise<ComparedFolder> {
  const { segments, unknown } = await readSegmentFolder(archives.source.storage, folder, options);
  const target = archives.target && (await readSegmentFolder(archives.target.storage, folder, options));
  const missing: SegmentToAdopt[] = [];
  let present = 0;
  const names = [...segments.values()].reverse();
  for (let at = 0; at < names.length; at += atOnce) {
    const compared = names
      .slice(at, at + atOnce)
      .map((found) => compareSegment(archives, found, target?.segments.get(found.name), options));
    for (const segment of await Promise.all(compared)) {
      if (segment === 'present') present += 1;
      else if (segment !== undefined) missing.push(segment);
    }
  }
  return { missing, present, unknown };
}

/** Undefined: it was removed meanwhile, or there is nothing of it but an index. */
async function compareSegment(
  archives: ComparedArchives,
  found: FoundSegment,
  there: FoundSegment | undefined,
  options: StorageOptions,
): Promise<SegmentToAdopt | 'present' | undefined> {
  const { source, target, generation } = archives;
  const { name } = found;
  const receipt = await readReceipt(source.storage, generation, name, options);
  const data = receipt === undefined ? found.data : await dataOf(archives, found, receipt, options);
  if (data.length === 0) return undefined;
  const own = there?.receipt === undefined ? undefined : await readOwn(archives, name, options);
  if (own !== undefined) {
    const same = receipt ?? (await digestOf(decompressedData(source, data[0], options)));
    if (own.sha256 === same.sha256 && own.sizeBytes === same.sizeBytes) return 'present';
    throw conflict(name, generation, target);
  }
  for (const left of there?.data ?? []) {
    const ofTarget = target && (await digestOf(decompressedData(target, left, options)));
    const same = receipt ?? (await digestOf(decompressedData(source, data[0], options)));
    if (ofTarget?.sha256 !== same.sha256) throw conflict(name, generation, target);
    if (receipt === undefined) return 'present';
  }
  const receiptName = receipt === undefined ? undefined : found.receipt;
  return { name, receipt, receiptName, data, index: found.index, there: there?.data ?? [] };
}

async function readOwn({ target, generation }: ComparedArchives, name: string, options: StorageOptions) {
  return target && readReceipt(target.storage, generation, name, options);
}

/** The object that a receipt is about. None: both were removed meanwhile. @throws BackupError `CORRUPT` */
async function dataOf(
  { source, generation }: ComparedArchives,
  { name, data }: FoundSegment,
  { codec, storedBytes }: Receipt,
  options: StorageOptions,
): Promise<StoredData[]> {
  const { storage } = source;
  const stored = segmentBase(generation, name) + suffixOf(codec);
  const listed = data.find((one) => one.name === stored) ?? (await storage.stat(stored, options));
  if (listed?.sizeBytes === storedBytes) return [{ name: stored, codec, sizeBytes: storedBytes }];
  // Who cleans up removes the receipt first.
  if ((await readReceipt(storage, generation, name, options)) === undefined) return [];
  const problem =
    listed === undefined
      ? say('archive.receipt-alone', { name: stored })
      : say('archive.wrong-size', { name: stored, actual: listed.sizeBytes, expected: storedBytes });
  throw new BackupError('CORRUPT', problem, {
    hint: say('adopt.damaged.hint'),
    context: { storage: storage.description },
  });
}

function decompressedData({ storage }: Archive, data: StoredData | undefined, options: StorageOptions) {
  return decompressed(data?.codec ?? 'none', storage.get(data?.name ?? '', options));
}

export function conflict(name: string, generation: number, target: Archive | undefined): BackupError {
  return new BackupError('OBJECT_EXISTS', say('adopt.conflict', { name, generation }), {
    hint: say('adopt.conflict.hint'),
    context: { archive: target?.storage.description ?? '' },
  });
}

/**
 * Whether what is missing links to what the other archive has before and behind it in this generation.
 * @throws BackupError `OBJECT_EXISTS`, `CORRUPT`
 */
export async function checkLinks(
  { source, target, generations, generation }: ComparedArchives,
  { missing }: ComparedFolder,
  options: StorageOptions,
): Promise<void> {
  if (target === undefined || !generations.some(({ number }) => number === generation)) return;
  const limitBytes = source.identity.segmentSizeBytes;
  for (const { name, receipt, data } of missing) {
    const [stored] = data;
    if (receipt === undefined || stored === undefined) continue;
    const { codec, name: storedName } = stored;
    const body = () => readStored({ storage: source.storage, storedName, codec, receipt, limitBytes }, options);
    const segment = { name, segment: name.slice(0, 24), links: receipt.links, body };
    await checkNeighbours({ archive: target, generations, generation, segment }, [-1, 1], options);
  }
}
