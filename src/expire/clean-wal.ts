import { checkHoldName, oldestSegment, performCleanup } from '../archiving/cleanup-wal.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Instance } from '../repository/instance.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { chooseGeneration, findArchive, readGenerations } from '../wal-archive/archive.ts';
import { setHold } from '../wal-archive/holds.ts';
import { refuseExpireOfWal } from './ask-expire.ts';
import { checkGrace, defaultGraceMs } from './expire-request.ts';
import { openExpiredWal } from './expired-wal.ts';
import { mostAttempts, noTimes, withHold } from './perform-expire.ts';
import { planWalCut, type CutPlan, type WalLimit } from './plan-wal-cut.ts';
import type { RemovalTime } from './removal-time.ts';
import { surveyRemovals } from './survey-removals.ts';

export interface CleanWalRequest {
  readonly instance: Pick<Instance, 'storage' | 'wal' | 'foreignNames'>;
  /** What was stored less long ago stays, in ms, at least ten minutes; default 24 hours. */
  readonly graceMs?: number | undefined;
  readonly limit?: WalLimit | undefined;
  /** Nothing is written. Default false. */
  readonly dryRun?: boolean | undefined;
}

export interface CleanWalResult {
  /** What goes, by generation; of those that no backup lies in nothing goes. */
  readonly cuts: readonly Pick<CutPlan, 'generation' | 'before'>[];
  /** Nothing goes, because it is not known where the WAL begins that an unfinished backup needs. */
  readonly isUnclear: boolean;
}

/**
 * The WAL half of `expire`, and nothing else: removes the WAL of an instance that no backup needs which is there, is being made or is read. No backup
 * is removed; one that retention took off the catalogue keeps its WAL until `expire` has deleted it.
 * @throws BackupError `USAGE`; `CORRUPT`, `REPOSITORY_VERSION` when something there is not understood, `LOCKED` when others change things all the time
 */
export async function cleanInstanceWal(
  request: CleanWalRequest,
  options: StorageOptions = {},
): Promise<CleanWalResult> {
  const { instance, graceMs = defaultGraceMs, dryRun = false } = request;
  checkGrace(graceMs, say('expire.short-wal-grace'));
  const { oldest, hold: named } = request.limit ?? {};
  if (oldest !== undefined) oldestSegment(oldest, undefined);
  if (named !== undefined) checkHoldName(named);
  if (!dryRun) await refuseExpireOfWal(instance.wal, options);
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const result = dryRun
      ? await clean(request, { nowMs: instance.storage.nowMs ?? Date.now(), graceMs }, options)
      : await withHold(
          instance.storage,
          async (hold) => {
            const nowMs = hold.storedAtMs;
            if (nowMs === undefined) throw noTimes(instance.storage);
            const isStale = async (): Promise<boolean> => ((await hold.touch(options)) ?? nowMs) - nowMs > graceMs / 2;
            return clean(request, { nowMs, graceMs }, { ...options, isStale });
          },
          options,
        );
    if (result !== undefined) return result;
  }
  throw new BackupError('LOCKED', say('expire.changing'), { hint: say('expire.changing.hint') });
}

/** @param options.isStale asked when everything was looked at. @returns undefined: to be done anew */
async function clean(
  { instance, limit = {}, dryRun }: CleanWalRequest,
  time: RemovalTime,
  { isStale, ...options }: StorageOptions & { readonly isStale?: () => Promise<boolean> },
): Promise<CleanWalResult | undefined> {
  const survey = await surveyRemovals(instance, time, { ...options, removes: false });
  if (survey === undefined || (await isStale?.()) === true) return undefined;
  const storage = await openExpiredWal(instance.wal);
  const archive = storage && (await findArchive(storage, options));
  if (archive === undefined) return { cuts: [], isUnclear: false };
  const narrowed = narrow(limit, await readGenerations(archive, options));
  const isUnclear = survey.live.some(({ kind, position }) => kind === 'backup' && position === undefined);
  const cuts = await planWalCut(archive, { ...survey, time, walWindowMs: undefined, limit: narrowed }, options);
  if (dryRun !== true) {
    const { hold: name, oldest } = limit;
    if (name !== undefined && oldest !== undefined) {
      await setHold(archive.storage, { name, segment: oldestSegment(oldest, undefined) }, options);
    }
    // The hold of whoever asks is where it said, whatever the backups need.
    for (const { before } of cuts) await performCleanup(archive.storage, { ...before, hold: undefined }, options);
  }
  return { cuts, isUnclear };
}

/** What is named is a place in one generation: of the others nothing is known by it. */
function narrow(limit: WalLimit, generations: Parameters<typeof chooseGeneration>[0]): WalLimit {
  const { oldest, generation } = limit;
  if (oldest === undefined && generation === undefined) return limit;
  return { ...limit, generation: chooseGeneration(generations, generation, 'read').number };
}
