import { runLanes } from '../backup-source/lanes.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { isDamage } from '../packs/damage.ts';
import { digestOf } from '../storage/digest.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { readReceipt, segmentBase } from '../wal-archive/archive-wal.ts';
import { decompressed, suffixOf } from '../wal-archive/codec.ts';
import { encodeReceipt, type Receipt } from '../wal-archive/receipt.ts';
import type { FoundSegment } from '../wal-archive/segment-folder.ts';
import type { DamagedSegment } from './copy-request.ts';
import { archiveConflict } from './archive-conflict.ts';
import { mendIndex } from './mend-index.ts';
import {
  clearSegment,
  isEqual,
  isSound,
  readSegment,
  replaceData,
  stateOf,
  undefinedIfDamaged,
  type SegmentPair,
  type SegmentWay,
} from './mend-segment.ts';

/** Segments that are copied at the same time. */
const atOnce = 4;
/** So many are copied before their receipts are put: a run that is killed leaves no more than these without one. */
const batch = 16;

export interface CopiedSegments {
  segments: number;
  bytes: number;
  present: number;
  mended: number;
  read: number;
  readonly damaged: DamagedSegment[];
}

interface Options extends StorageOptions {
  /** What the target has is read, and mended where it is damaged inside. */
  readonly readsData: boolean;
  /** The data of a segment is durable in the target. */
  readonly onStored: (bytes: number) => void;
}

/** Data that is in the target, and the receipt that is to follow it. */
interface Stored {
  readonly receiptName: string;
  readonly receipt: Receipt;
  /** Of what lies in the target, which may be compressed otherwise. */
  readonly storedBytes: number;
  readonly isNew: boolean;
  /** The target had it, and lost something of it. */
  readonly isMended: boolean;
}

/**
 * Copies segments in the order in which they are given: data and index of some, then their receipts, one after another. So what an interrupted run leaves ends early, and has no hole that was
 * not there. Damaged ones are named, and left out.
 * @throws BackupError `OBJECT_EXISTS` when the target has another content under a name
 */
export async function copySegments(
  way: SegmentWay,
  pairs: readonly SegmentPair[],
  copied: CopiedSegments,
  options: Options,
): Promise<void> {
  for (let from = 0; from < pairs.length; from += batch) {
    const some = pairs.slice(from, from + batch);
    const stored = new Map<SegmentPair, Stored>();
    await runLanes(some, atOnce, async (pair) => {
      const result = await copyData(way, pair, { ...options, onRead: () => (copied.read += 1) });
      if (result === 'present') copied.present += 1;
      else if (result === 'index-mended') {
        copied.segments += 1;
        copied.mended += 1;
      } else if (result !== undefined && 'reason' in result) copied.damaged.push(result);
      else if (result !== undefined) stored.set(pair, result);
    });
    for (const pair of some) {
      const one = stored.get(pair);
      if (one === undefined) continue;
      await putReceipt(way, one, options);
      copied.segments += 1;
      if (one.isMended) copied.mended += 1;
      if (one.isNew) copied.bytes += one.storedBytes;
    }
  }
}

/** Undefined: the source removed it meanwhile. */
async function copyData(
  way: SegmentWay,
  { found, there }: SegmentPair,
  { onRead, ...options }: Options & { readonly onRead: () => void },
): Promise<Stored | 'present' | 'index-mended' | DamagedSegment | undefined> {
  options.signal?.throwIfAborted();
  const { source, generation } = way;
  const { name } = found;
  const object = (codec: Receipt['codec']): string => segmentBase(generation, name) + suffixOf(codec);
  let receipt: Receipt | undefined;
  try {
    receipt = await readReceipt(source, generation, name, options);
    if (receipt === undefined || found.receipt === undefined) return undefined;
    let state = await stateOf(way, there, receipt, options);
    if (state === 'whole' && options.readsData) {
      onRead();
      if (!(await isSound(way, name, options))) state = 'no-data';
    }
    if (state === 'whole') {
      return (await mendIndex(way, { found, there }, options)) ? 'index-mended' : 'present';
    }
    const problem = problemOf(found, receipt, object(receipt.codec));
    if (problem !== undefined) throw new BackupError('CORRUPT', problem);
    const segment = { object: object(receipt.codec), receipt };
    if (there !== undefined && state !== 'none') await clearSegment(way, { there, state, ...segment }, options);
    const stored = await putData(way, segment.object, receipt, options);
    if (stored.isNew) options.onStored(stored.storedBytes);
    await mendIndex(way, { found, there }, options);
    return { ...stored, isMended: state !== 'none', receiptName: found.receipt, receipt };
  } catch (error) {
    if (!isDamage(error)) throw error;
    // Who cleans up removes the receipt first.
    const isGone = (await readReceipt(source, generation, name, options).catch(() => receipt)) === undefined;
    return isGone && receipt !== undefined ? undefined : { name, generation, reason: error.sentence };
  }
}

function problemOf({ data }: FoundSegment, { storedBytes }: Receipt, name: string): Message | undefined {
  const listed = data.find((one) => one.name === name);
  if (listed === undefined) return say('archive.receipt-alone', { name });
  if (listed.sizeBytes === storedBytes) return undefined;
  return say('archive.wrong-size', { name, actual: listed.sizeBytes, expected: storedBytes });
}

async function putData(
  { source, target, generation }: SegmentWay,
  object: string,
  receipt: Receipt,
  { signal }: Options,
): Promise<Pick<Stored, 'storedBytes' | 'isNew'>> {
  const read = () => readSegment(source, object, receipt, signal);
  try {
    await target.put(object, read, { signal });
    return { storedBytes: receipt.storedBytes, isNew: true };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
  }
  // A copy or a push that did not come to its end, or is at work; or what is left of one whose receipt was lost.
  const found = await digestOf(decompressed(receipt.codec, target.get(object, { signal }))).catch(undefinedIfDamaged);
  if (found?.sizeBytes === receipt.sizeBytes) {
    const there = await target.stat(object, { signal });
    if (found.sha256 !== receipt.sha256 || there === undefined) {
      throw archiveConflict(receipt.name, generation, target);
    }
    return { storedBytes: there.sizeBytes, isNew: false };
  }
  await replaceData(target, object, read, { signal });
  return { storedBytes: receipt.storedBytes, isNew: true };
}

async function putReceipt(way: SegmentWay, stored: Stored, options: StorageOptions): Promise<void> {
  const { source, target, generation } = way;
  const { receipt, receiptName, storedBytes } = stored;
  const asItIs = storedBytes === receipt.storedBytes ? await readSmallObject(source, receiptName, options) : undefined;
  const bytes = asItIs ?? encodeReceipt({ ...receipt, storedBytes });
  if (await putIfAbsent(target, receiptName, bytes, options)) return;
  if (!(await isSame(way, receipt.name, receipt, options))) throw archiveConflict(receipt.name, generation, target);
}

/** @throws BackupError `OBJECT_EXISTS` when the target has another content with its receipt */
async function isSame(way: SegmentWay, name: string, receipt: Receipt, options: StorageOptions): Promise<boolean> {
  const own = await readReceipt(way.target, way.generation, name, options);
  if (own === undefined) return false;
  if (isEqual(own, receipt)) return true;
  throw archiveConflict(name, way.generation, way.target);
}
