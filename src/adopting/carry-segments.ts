import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { readReceipt } from '../wal-archive/archive-wal.ts';
import { encodeReceipt } from '../wal-archive/receipt.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Carrier } from './carry-objects.ts';
import { conflict, type ComparedArchives, type SegmentToAdopt } from './compare-segments.ts';
import type { StoredData } from '../wal-archive/segment-folder.ts';

/**
 * Takes the segments of a folder over: the data of all, then the receipts. @returns how many there were
 * @throws BackupError `OBJECT_EXISTS`, `CORRUPT`; `LOCKED` when another run stored one of them in the archive of the instance meanwhile
 */
export async function carrySegments(
  carrier: Carrier,
  archives: ComparedArchives,
  missing: readonly SegmentToAdopt[],
  options: StorageOptions,
): Promise<number> {
  const wanted = missing.filter((segment) => storedThere(segment) === undefined);
  const objects = wanted.flatMap(({ data, receipt }) =>
    data.map(({ name, sizeBytes, codec }) => ({ name, sizeBytes, segment: { codec, receipt } })),
  );
  const left = await carrier.carry(objects, options);
  const gone = new Set<string>();
  for (const name of left) {
    if ((await archives.source.storage.stat(name, options)) !== undefined) throw changed(name);
    gone.add(name);
  }
  const here = missing.filter(({ data }) => !data.some(({ name }) => gone.has(name)));
  await carrier.carry(
    here.flatMap(({ index }) => (index === undefined ? [] : [{ name: index, sizeBytes: 0 }])),
    options,
  );
  await carryReceipts(carrier, archives, here, options);
  return here.length;
}

async function carryReceipts(
  carrier: Carrier,
  archives: ComparedArchives,
  segments: readonly SegmentToAdopt[],
  options: StorageOptions,
): Promise<void> {
  const asTheyAre = segments.filter((segment) => otherSize(segment) === undefined);
  const names = asTheyAre.flatMap(({ receiptName: name }) => (name === undefined ? [] : [{ name, sizeBytes: 0 }]));
  const left = await carrier.carry(names, options);
  for (const segment of segments) {
    const { receiptName, receipt } = segment;
    if (receiptName === undefined || receipt === undefined) continue;
    const stored = otherSize(segment);
    const isPut = stored === undefined ? !left.has(receiptName) : await putReceipt(archives, segment, stored, options);
    if (!isPut) await requireSame(archives, segment, options);
    await removeOthers(archives, segment, options);
  }
}

/** What an unfinished push left under the very name: it stays. */
function storedThere({ data, there, receipt }: SegmentToAdopt): StoredData | undefined {
  const codec = receipt?.codec ?? data[0]?.codec;
  return there.find((one) => one.codec === codec);
}

/** What is there under the name and of another size: the receipt has to say that one. */
function otherSize(segment: SegmentToAdopt): StoredData | undefined {
  const stored = storedThere(segment);
  return stored?.sizeBytes === segment.receipt?.storedBytes ? undefined : stored;
}

/** The same content may be compressed to another size. */
async function putReceipt(
  { target }: ComparedArchives,
  { receipt, receiptName }: SegmentToAdopt,
  { sizeBytes: storedBytes }: StoredData,
  options: StorageOptions,
): Promise<boolean> {
  if (target === undefined || receipt === undefined || receiptName === undefined) return false;
  return putIfAbsent(target.storage, receiptName, encodeReceipt({ ...receipt, storedBytes }), options);
}

/** Another push of the moment was quicker. */
async function requireSame(
  { target, generation }: ComparedArchives,
  { name, receipt }: SegmentToAdopt,
  options: StorageOptions,
): Promise<void> {
  const own = target && (await readReceipt(target.storage, generation, name, options));
  if (own !== undefined && own.sha256 !== receipt?.sha256) throw conflict(name, generation, target);
}

/** What was stored with another codec by a push that did not come to its end: as a push itself does. */
async function removeOthers(
  { target, generation }: ComparedArchives,
  { name, there }: SegmentToAdopt,
  options: StorageOptions,
): Promise<void> {
  if (target === undefined || there.length === 0) return;
  const own = await readReceipt(target.storage, generation, name, options);
  for (const { name: stored, codec } of there) {
    if (own !== undefined && own.codec !== codec) await target.storage.delete(stored, options);
  }
}

function changed(name: string): BackupError {
  return new BackupError('LOCKED', say('adopt.changed', { name }), { hint: say('adopt.changed.hint') });
}
