import type { PackId } from '../packs/chunk-ref.ts';
import type { ReadBefore } from './read-before.ts';
import { areMapsReadable, type StoredPackFacts, type SurveyedInstance } from './stored-survey.ts';

/** How much content is read: none; all; or so much of the packs of content that backups refer to, in percent of their bytes or in bytes. */
export type ReadAmount = 'none' | 'all' | { readonly percent: number } | { readonly bytes: number };

/** An instance with what this host remembers of its packs. */
export interface RememberedInstance {
  readonly survey: SurveyedInstance;
  readonly before: ReadBefore;
}

/** What was read of the content that backups refer to. Packs count with all of their bytes. */
export interface StoredCoverage {
  /** All packs of content that the backups of the instances refer to. */
  readonly packs: number;
  readonly bytes: number;
  /** Those that were read in this run, sound or not. */
  readonly readPacks: number;
  readonly readBytes: number;
  /** Those of which this host never read what is known to be used of them as they are now and found it sound, as far as it remembers. */
  readonly neverReadBytes: number;
  /** Backups whose root, records or leaves cannot be read, as far as they were looked at: what they use besides is not known. */
  readonly unreadableMaps: number;
  /** Since when every pack was read at least once, ms since 1970; undefined: some were not, maps cannot be read, or there is none. */
  readonly allReadSinceMs: number | undefined;
  /** What was read is remembered for the next run. */
  readonly isKept: boolean;
}

/**
 * The packs to read of each instance: those that were never read first, in the order in which they were written, then those that were read longest ago. So a run goes on
 * where the one before ended. Those that were damaged come besides: as long as they are, each run says so, and they take nothing away from the others.
 */
export function choosePacks(
  instances: readonly { readonly survey: Pick<SurveyedInstance, 'packs'>; readonly before: ReadBefore }[],
  amount: Exclude<ReadAmount, 'none'>,
  nowMs: number,
): PackId[][] {
  if (amount === 'all') return instances.map(({ survey }) => survey.packs.map(({ pack }) => pack));
  const all = instances.flatMap(({ survey, before }, index) =>
    survey.packs.map((facts) => ({ index, facts, ...(before.find(facts, nowMs) ?? never) })),
  );
  const total = all.reduce((sum, { facts }) => sum + facts.sizeBytes, 0);
  let left = 'bytes' in amount ? amount.bytes : (total * amount.percent) / 100;
  const chosen: PackId[][] = instances.map(() => []);
  for (const { index, facts, result } of all.sort((a, b) => a.readAtMs - b.readAtMs)) {
    const isDamaged = result === 'damaged';
    if (left <= 0 && !isDamaged) continue;
    chosen[index]?.push(facts.pack);
    if (!isDamaged) left -= facts.sizeBytes;
  }
  return chosen;
}

const never = { readAtMs: -1, result: 'nothing' } as const;

/** @param read packs that were read in this run */
export function coverageOf(
  instances: readonly RememberedInstance[],
  read: readonly ReadonlySet<PackId>[],
  nowMs: number,
): StoredCoverage {
  const sum = { packs: 0, bytes: 0, readPacks: 0, readBytes: 0, neverReadBytes: 0, unreadableMaps: 0 };
  let oldestMs: number | undefined;
  for (const [index, { survey, before }] of instances.entries()) {
    sum.bytes += survey.lostBytes;
    sum.neverReadBytes += survey.lostBytes;
    const unreadable = survey.backups.filter((backup) => !areMapsReadable(backup)).length;
    sum.unreadableMaps += unreadable;
    for (const facts of survey.packs) {
      const reading = before.find(facts, nowMs);
      // Once the maps can be read again there may be more to read.
      const isKnown = reading?.result === 'sound' || (reading?.result === 'partly' && unreadable > 0);
      take(facts, isKnown ? reading.readAtMs : undefined, read[index]?.has(facts.pack) === true);
    }
  }
  const isKept = instances.every(({ before }) => before.isKept);
  return { ...sum, allReadSinceMs: sum.neverReadBytes + sum.unreadableMaps > 0 ? undefined : oldestMs, isKept };

  function take({ sizeBytes }: StoredPackFacts, readAtMs: number | undefined, isRead: boolean): void {
    sum.packs += 1;
    sum.bytes += sizeBytes;
    if (isRead) [sum.readPacks, sum.readBytes] = [sum.readPacks + 1, sum.readBytes + sizeBytes];
    if (readAtMs === undefined) sum.neverReadBytes += sizeBytes;
    else oldestMs = Math.min(oldestMs ?? readAtMs, readAtMs);
  }
}
