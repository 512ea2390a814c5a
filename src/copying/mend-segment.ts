import type { ByteSource } from '../bytes/byte-reader.ts';
import { say } from '../messages/message.ts';
import { isDamage } from '../packs/damage.ts';
import { digestOf } from '../storage/digest.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readReceipt, segmentBase } from '../wal-archive/archive-wal.ts';
import { checkedSegment } from '../wal-archive/checked-segment.ts';
import { suffixOf } from '../wal-archive/codec.ts';
import type { Receipt } from '../wal-archive/receipt.ts';
import type { FoundSegment } from '../wal-archive/segment-folder.ts';
import { archiveConflict } from './archive-conflict.ts';
import { readableSource } from './readable-source.ts';
import { cannotReplace } from './replace-object.ts';

/** A segment that the source has with its receipt, and what the target has of it. */
export interface SegmentPair {
  readonly found: FoundSegment;
  readonly there: FoundSegment | undefined;
}

export interface SegmentWay {
  /** Of the archives. */
  readonly source: Storage;
  readonly target: Storage;
  readonly generation: number;
}

/**
 * What the target has of a segment, by its receipt and the listing. `none`: no receipt. `whole`: that, and data of its size. `data-gone`: its data is missing, and comes as it was; `no-data`: it is of another size, or comes in another form. `no-receipt`: there is one
 * that cannot be read.
 */
export type SegmentState = 'none' | 'whole' | 'data-gone' | 'no-data' | 'no-receipt';

/** @throws BackupError `OBJECT_EXISTS` when the target has another content */
export async function stateOf(
  { target, generation }: SegmentWay,
  there: FoundSegment | undefined,
  receipt: Receipt,
  options: StorageOptions,
): Promise<SegmentState> {
  if (there?.receipt === undefined) return 'none';
  let own: Receipt | undefined;
  try {
    own = await readReceipt(target, generation, receipt.name, options);
  } catch (error) {
    if (isDamage(error)) return 'no-receipt';
    throw error;
  }
  if (own === undefined) return 'none';
  if (!isEqual(own, receipt)) throw archiveConflict(receipt.name, generation, target);
  const object = segmentBase(generation, receipt.name) + suffixOf(own.codec);
  const data = there.data.find(({ name }) => name === object);
  if (data?.sizeBytes === own.storedBytes) return 'whole';
  const isSameForm = own.codec === receipt.codec && own.storedBytes === receipt.storedBytes;
  return data === undefined && isSameForm ? 'data-gone' : 'no-data';
}

/** Whether both are of the same content. */
export function isEqual(one: Receipt, other: Receipt): boolean {
  return one.sha256 === other.sha256 && one.sizeBytes === other.sizeBytes;
}

/** Whether the content of a segment of the target is what its receipt there says. */
export async function isSound(
  { target, generation }: SegmentWay,
  name: string,
  { signal }: StorageOptions,
): Promise<boolean> {
  try {
    const receipt = await readReceipt(target, generation, name, { signal });
    if (receipt === undefined) return false;
    const object = segmentBase(generation, name) + suffixOf(receipt.codec);
    await digestOf(readSegment(readableSource(target), object, receipt, signal));
    return true;
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

interface BrokenSegment {
  readonly there: FoundSegment;
  readonly state: SegmentState;
  /** Name of its data in the source. */
  readonly object: string;
  readonly receipt: Receipt;
}

/** Makes room in the target for a segment that the source has, which is made sure of first: nothing is overwritten. */
export async function clearSegment(
  { source, target }: SegmentWay,
  { there, state, object, receipt }: BrokenSegment,
  { signal }: StorageOptions,
): Promise<void> {
  if (state === 'data-gone') return;
  await digestOf(readSegment(source, object, receipt, signal));
  const remove = (name: string): Promise<void> => target.delete(name, { signal }).catch(cannotReplace(name));
  // As a reader finds it: without its receipt it is none.
  if (there.receipt !== undefined) await remove(there.receipt);
  if (state === 'no-data') for (const { name } of there.data) await remove(name);
}

/** Data without a receipt that is none: it is deleted and put anew. */
export async function replaceData(
  target: Storage,
  object: string,
  read: () => ByteSource,
  { signal }: StorageOptions,
): Promise<void> {
  await digestOf(read());
  await target.delete(object, { signal }).catch(cannotReplace(object));
  await target.put(object, read, { signal });
}

/** The stored bytes of a segment, which end with an error unless they are what the receipt says. */
export function readSegment(
  source: Storage,
  object: string,
  receipt: Receipt,
  signal: AbortSignal | undefined,
): ByteSource {
  const segment = { codec: receipt.codec, receipt };
  return checkedSegment(object, segment, source.get(object, { signal }), say('copy.damaged-segment.hint'));
}

export function undefinedIfDamaged(error: unknown): undefined {
  if (isDamage(error)) return undefined;
  throw error;
}
