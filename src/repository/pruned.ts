import { encodeSealed } from '../storage/sealed-json.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { mergeRanges, type PrunedRange } from '../wal-archive/pruned-range.ts';
import { formatLsn } from '../wal/lsn.ts';
import { clockToleranceMs, type ListedBackup } from './catalogue.ts';
import { Members } from './members.ts';
import { idIn, newId } from './names.ts';
import { readObjects } from './read-objects.ts';

const prunedFolder = 'pruned/';

/** A range as it is stored. */
export interface StoredRange extends PrunedRange {
  readonly storedName: string;
}

/** Says that a range of WAL is removed, before it is. Durable when it resolves. @returns the name of the object */
export async function putPruned(storage: Storage, range: PrunedRange, options: StorageOptions = {}): Promise<string> {
  const name = `${prunedFolder}${newId()}.json`;
  const { generation, timeline, beginLsn, endLsn, at } = range;
  const fields = { timeline, generation, beginLsn: formatLsn(beginLsn), endLsn: formatLsn(endLsn), at };
  await putIfAbsent(storage, name, encodeSealed({ format: 1, ...fields }), options);
  return name;
}

/**
 * All ranges, by their names. What cannot be read is passed over: it explains nothing then, and what is missing is a gap.
 * @throws BackupError `REPOSITORY_VERSION` when one is of a newer format
 */
export async function readPruned(storage: Storage, options: StorageOptions = {}): Promise<StoredRange[]> {
  const decoderOf = (name: string) =>
    idIn(prunedFolder, name) === undefined ? undefined : (bytes: Uint8Array) => decodeRange(bytes, name);
  const { found } = await readObjects(storage, { folder: prunedFolder, decoderOf }, options);
  return found.map(({ content }) => content);
}

function decodeRange(bytes: Uint8Array, storedName: string): StoredRange {
  const members = Members.of(bytes, storedName);
  const [beginLsn, endLsn] = [members.position('beginLsn'), members.position('endLsn')];
  if (endLsn <= beginLsn) members.refuse();
  const [timeline, generation] = [members.timeline('timeline'), members.count('generation')];
  return { generation, timeline, beginLsn, endLsn, at: members.time('at'), storedName };
}

/**
 * The range that keeps a backup from being recovered further than to its own end, or a little further; undefined: none does. Judged by positions, times and the numbers of
 * timelines and generations, which grow: WAL is not looked at.
 */
export function standaloneBy(
  { commit, timeMs }: Pick<ListedBackup, 'commit' | 'timeMs'>,
  ranges: readonly PrunedRange[],
): PrunedRange | undefined {
  const isBehind = ({ generation, timeline, beginLsn, at }: PrunedRange): boolean =>
    generation >= commit.generation &&
    timeline >= commit.timeline &&
    beginLsn >= commit.startLsn &&
    // What lies behind the end of a backup was written later; one that was imported or copied was stored later still.
    Date.parse(at) >= timeMs - clockToleranceMs;
  return mergeRanges(ranges)
    .filter(isBehind)
    .toSorted((a, b) => (a.beginLsn < b.beginLsn ? -1 : 1))[0];
}
