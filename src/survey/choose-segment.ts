import { createHash } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { linksTo } from '../wal/segment-links.ts';
import type { FoundSegment } from './inventory.ts';
import { placeOf } from './read-segment.ts';

/** A file that may be the segment that is wanted. */
export interface Candidate {
  readonly found: FoundSegment;
  readonly content: SegmentIndex | { readonly damage: Message };
}

type Readable = Candidate & { readonly content: SegmentIndex };

/**
 * The best of several files of one segment: one that goes on where the segment before ends, and of those the one with the
 * most WAL. A shorter one must be the beginning of the longer, as a receiver's or a backup's last segment is.
 * @throws BackupError `CORRUPT` when two that would both do differ: they belong to different lines of WAL
 */
export async function chooseSegment(
  candidates: readonly Candidate[],
  previous: SegmentIndex | undefined,
  options: StorageOptions = {},
): Promise<Candidate | undefined> {
  const remaining = candidates.filter(({ content }) => !isReused(content, previous));
  const readable = remaining.filter(
    (one): one is Readable => !('damage' in one.content) && one.content.pageMagic !== 0,
  );
  const linked = previous === undefined ? [] : readable.filter(({ content }) => linksTo(previous, content).isLinked);
  const fitting = (linked.length > 0 ? linked : readable).toSorted((a, b) =>
    compare(endOf(b.content), endOf(a.content)),
  );
  const [best, ...others] = fitting;
  if (best === undefined) return remaining[0];
  for (const other of others) {
    const end = endOf(other.content);
    if ((await digestUpTo(best, end, options)) === (await digestUpTo(other, end, options))) continue;
    const [first, second] = [best, other].map(({ found }) => placeOf(found.place, found.object)) as [string, string];
    throw new BackupError('CORRUPT', say('survey.two-contents', { first, second }), {
      hint: say('survey.two-contents.hint'),
      kind: 'two-contents',
    });
  }
  return best;
}

/** A server renames segments that it has done with for later use: such a file still holds an earlier timeline. */
function isReused(content: Candidate['content'], previous: SegmentIndex | undefined): boolean {
  if (previous === undefined || 'damage' in content) return false;
  const link = linksTo(previous, content);
  return !link.isLinked && link.reason === 'timeline-backwards';
}

/** End of the WAL that is valid in a segment. */
function endOf(index: SegmentIndex): Lsn {
  if (index.end.kind === 'partial') return index.end.lsn;
  if (index.end.kind === 'switch') return index.last?.startLsn ?? index.startLsn;
  return (index.startLsn + BigInt(index.segmentSizeBytes)) as Lsn;
}

/** Hash of the bytes of a segment before `end`. */
async function digestUpTo({ found }: Candidate, end: Lsn, options: StorageOptions): Promise<string> {
  const hash = createHash('sha256');
  let left = Number(end - found.startLsn);
  for await (const piece of found.object.read(options)) {
    hash.update(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
    if (left === 0) break;
  }
  return hash.digest('hex');
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
