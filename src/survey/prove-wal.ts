import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { BorderCheck } from '../wal/segment-border.ts';
import { decodeSegmentIndex } from '../wal/segment-index-codec.ts';
import { indexUpTo } from '../wal/segment-index.ts';
import type { LineSegment } from '../window/wal-line.ts';
import { describeCrossing, segmentToBlame, type CrossedSegment } from './damaged-crossing.ts';
import type { FoundSegment } from './inventory.ts';
import { mostThreads, type SegmentReader, type SegmentToRead } from './read-whole.ts';
import type { KnownSegment } from './known-shelf.ts';
import { damageOf, digestOf, type SegmentProof } from './segment-proof.ts';
import type { WalKnowledge } from './wal-knowledge.ts';

/** A segment that a recovery needs, without its content: there may be many. */
export interface NeededSegment extends Omit<LineSegment, 'content'> {
  readonly found: FoundSegment;
  /** `digestOf` the content that was planned with; undefined where it was read together with the one before. */
  readonly digest: string | undefined;
}

/** A segment of which every byte that will be replayed was read and found sound. */
export interface ProvedSegment extends NeededSegment {
  /** SHA-256 (hex) of its first `keptBytes`; undefined where only a plan was made, without reading. */
  readonly content: { readonly keptBytes: number; readonly sha256: string } | undefined;
  /** False: an earlier run read it, and it is unchanged since by place, size and time. */
  readonly isReadNow?: boolean | undefined;
}

export interface ProveWalOptions extends StorageOptions {
  readonly knowledge: WalKnowledge;
  readonly reader: SegmentReader;
}

export interface WalRange {
  readonly fromLsn: Lsn;
  /** The end of what will be replayed. */
  readonly neededEndLsn: Lsn;
}

interface Job extends SegmentToRead {
  readonly segment: NeededSegment;
  readonly at: number;
  readonly neededBytes: number;
  /** Names what the knowledge has in place of its content. */
  readonly corrected?: string | undefined;
}

/**
 * Reads every byte of `segments` that a server will replay, or takes what is known of them from before: objects, their content
 * hashes, every record's CRC, those of records that cross included.
 * @returns the proved segments; undefined when something is not as planned: `knowledge` knows what, and a plan made again takes
 *   that into account
 */
export async function proveWal(
  segments: readonly NeededSegment[],
  range: WalRange,
  options: ProveWalOptions,
): Promise<readonly ProvedSegment[] | undefined> {
  const { knowledge, reader, signal } = options;
  await reader.settle();
  const proofs = new Array<SegmentProof | undefined>(segments.length);
  const jobs: Job[] = [];
  // Behind the first that is not as planned nothing is replayed.
  let changedAt = Infinity;
  for (const [at, segment] of segments.entries()) {
    const corrected = await knowledge.correctionOf(segment.found.place, segment.found.object);
    const job = { ...jobOf(segment, at, range), corrected: corrected && digestOf(corrected) };
    const known = await knowledge.proofOf(job.place, job.object);
    if (known !== undefined && suffices(known, job)) proofs[at] = known;
    else jobs.push(job);
  }
  const totalBytes = jobs.reduce((sum, { task }) => sum + task.segmentSizeBytes, 0);
  if (jobs.length > 0) reader.expect(jobs.length, totalBytes);
  const queue = jobs.values();
  const lane = async (): Promise<void> => {
    for (const job of queue) {
      signal?.throwIfAborted();
      if (job.at >= changedAt) continue;
      const { proof } = await reader.read(job);
      proofs[job.at] = proof;
      if (proof === undefined || !agrees(proof, job)) changedAt = Math.min(changedAt, job.at);
    }
  };
  await Promise.all(Array.from({ length: mostThreads }, lane));
  // Also before one that is not as planned: a plan made again may end there without reading.
  const crossing = findCrossingDamage(proofs.slice(0, changedAt), range);
  if (crossing !== undefined) await correctCrossing(segments, crossing, range, options);
  if (crossing !== undefined || changedAt < Infinity) return undefined;
  const proved: ProvedSegment[] = [];
  for (const [at, segment] of segments.entries()) {
    const { keptBytes = 0, sha256 = '' } = proofs[at] ?? {};
    const isReadNow = await knowledge.wasReadNow(segment.found.place, segment.found.object);
    proved.push({ ...segment, content: { keptBytes, sha256 }, isReadNow });
  }
  return proved;
}

function jobOf(segment: NeededSegment, at: number, { fromLsn, neededEndLsn }: WalRange): Job {
  const { found, startLsn, segmentSizeBytes } = segment;
  const { systemIdentifier } = found.place.source;
  const neededBytes = Math.min(segmentSizeBytes, Number(neededEndLsn - startLsn));
  const task = {
    startLsn,
    segmentSizeBytes,
    systemIdentifier,
    fromLsn: fromLsn > startLsn ? fromLsn : startLsn,
    neededBytes,
  };
  const name = `${segment.name} (${segment.from})`;
  return { segment, at, task, neededBytes, name, place: found.place, object: found.object };
}

/** Whether a reading of before tells everything that is asked now. */
function suffices(proof: SegmentProof, job: Job): boolean {
  return proof.fromLsn <= job.task.fromLsn && proof.keptBytes >= job.neededBytes && agrees(proof, job);
}

/** Whether a segment holds what was planned with: of one that was corrected that is not what it says by itself. */
function agrees(proof: SegmentProof, { segment: { digest }, corrected }: Job): boolean {
  if (digest === undefined) return proof.instead === undefined;
  return proof.digest === digest || corrected === digest;
}

/** Where the first damaged record begins that crosses from one segment into the next. */
function findCrossingDamage(proofs: readonly (SegmentProof | undefined)[], { fromLsn }: WalRange): Lsn | undefined {
  const check = new BorderCheck(proofs[0]?.pageMagic ?? 0);
  for (const proof of proofs) {
    const damaged = proof && check.take(proof.border);
    if (damaged !== undefined && damaged >= fromLsn) return damaged;
  }
  return undefined;
}

/**
 * Ends the WAL before a damaged record that crosses, for this run: in the segment that is to blame, or where that is not known in the
 * one in which the record begins. Where nothing follows the record, it is what a crash leaves, as within a segment: an end, unless
 * later segments show that it is none.
 */
async function correctCrossing(
  segments: readonly NeededSegment[],
  damaged: Lsn,
  range: WalRange,
  { knowledge, reader }: ProveWalOptions,
): Promise<void> {
  const at = segments.findLastIndex(({ startLsn }) => startLsn <= damaged);
  const segment = segments[at];
  if (segment === undefined) return;
  const { index: stored, proof } = await reader.read(jobOf(segment, at, range));
  if (stored === undefined) return;
  const crossed: CrossedSegment[] = [{ found: segment.found, proof }];
  let isEnd = false;
  for (const [behind, next] of segments.slice(at + 1).entries()) {
    const known = await reader.read(jobOf(next, at + 1 + behind, range));
    crossed.push({ found: next.found, proof: known.proof });
    const head = known.proof?.border.head;
    if (head !== undefined && head.seenBytes < head.totalBytes) continue;
    isEnd = behind === 0 && at + 2 === segments.length && holdsNothingElse(known);
    break;
  }
  const damage = describeCrossing(crossed, damaged);
  const blamed = segmentToBlame(crossed)?.found ?? segment.found;
  if (!isEnd && blamed !== segment.found) {
    await knowledge.correct(blamed.place, blamed.object, { damage });
    return;
  }
  const index = decodeSegmentIndex(stored);
  const end = { kind: 'partial', lsn: damaged, reason: 'bad-checksum' } as const;
  const { place, object } = segment.found;
  await knowledge.correct(place, object, indexUpTo(index, index.last, isEnd ? end : { ...end, damage }));
}

/**
 * Looks into the segment behind the last record that can be replayed. Where that is damaged, or there are pages of its own
 * behind what seems torn by a crash, that is no end: noted, for a plan that is made again.
 * @returns whether it was noted now
 */
export async function goesOnBehind(
  segment: NeededSegment,
  range: WalRange,
  { knowledge, reader }: ProveWalOptions,
): Promise<boolean> {
  const { place, object } = segment.found;
  if ((await knowledge.correctionOf(place, object)) !== undefined) return false;
  const job = jobOf(segment, 0, { ...range, neededEndLsn: segment.startLsn });
  const known = await knowledge.proofOf(place, object);
  const proof = known !== undefined && known.fromLsn <= job.task.fromLsn ? known : (await reader.read(job)).proof;
  const damage = proof?.instead === undefined ? undefined : damageOf(proof.instead);
  if (damage === undefined) return false;
  await knowledge.correct(place, object, { damage });
  return true;
}

/** Whether the rest of a record of before is all that a segment holds. */
function holdsNothingElse({ index: stored, proof }: KnownSegment): boolean {
  if (stored === undefined || proof === undefined || proof.instead !== undefined) return false;
  const index = decodeSegmentIndex(stored);
  return index.first === undefined && index.end.kind === 'partial';
}

/** That a segment is never twice the same. */
export function changesWhileRead({ name, from }: Pick<NeededSegment, 'name' | 'from'>): BackupError {
  return new BackupError('CORRUPT', say('survey.changes', { name, from }), { hint: say('survey.changes.hint') });
}

/** A segment of a line without its content. */
export function neededSegment(
  segment: LineSegment & { readonly found: FoundSegment },
  knowledge: WalKnowledge,
): NeededSegment {
  const { name, timeline, startLsn, segmentSizeBytes, from, found, content } = segment;
  const isAlone = 'damage' in content || content.head?.isKnown !== true;
  const digest = isAlone ? knowledge.digestOf(content) : undefined;
  return { name, timeline, startLsn, segmentSizeBytes, from, found, digest };
}
