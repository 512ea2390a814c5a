import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Instance } from '../repository/instance.ts';
import { marksFolder } from '../repository/mark.ts';
import { putHold, type KeptHold } from '../repository/keep-hold.ts';
import { commitObject, newId, removalObject } from '../repository/names.ts';
import { fence, isFenced } from '../repository/put-commit.ts';
import { deleteHold } from '../repository/read-holds.ts';
import { putRemoval } from '../repository/removal.ts';
import { keepReserve, withReserve } from '../repository/reserve.ts';
import type { RetentionRules } from '../retention/rules.ts';
import { openPlace, type Place } from '../storage/place.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { cutWal, type WalCut } from './cut-wal.ts';
import { planExpire, type PlannedBackup } from './plan-expire.ts';
import { surveyRemovals, type RemovalSurvey } from './survey-removals.ts';
import { deleteUnusedPacks, findUnusedPacks } from './unused-packs.ts';

const hourMs = 60 * 60 * 1000;
/** Others may change things again and again. */
const mostAttempts = 5;
const leastGraceMs = 10 * 60 * 1000;

export interface ExpireRequest {
  readonly instance: Pick<Instance, 'storage' | 'wal' | 'foreignNames'>;
  readonly rules: RetentionRules;
  /** How long after it was taken off the catalogue a backup is deleted, in ms, at least ten minutes; default 24 hours. */
  readonly graceMs?: number | undefined;
}

export interface ExpireResult {
  /** What was decided about each backup, oldest first; those without `keep` are off the catalogue. */
  readonly plan: readonly PlannedBackup[];
  /** Ids of backups that were taken off before and are deleted now. */
  readonly deleted: readonly string[];
  /** Ids of backups that are off the catalogue and still there. */
  readonly waiting: readonly string[];
  /** So many packs, of so many bytes, were deleted. */
  readonly packs: number;
  readonly bytes: number;
  readonly wal: readonly WalCut[];
}

/**
 * Takes off the catalogue what no rule keeps, and deletes what was taken off earlier and nobody needs. A run that ends in the
 * middle leaves nothing that the next one does not take up.
 * @throws BackupError `USAGE` for rules that keep nothing, a grace that is too short, or a storage that tells no times; `CORRUPT`, `REPOSITORY_VERSION` when
 * something there is not understood, `LOCKED` when others change things all the time: nothing is deleted then
 */
export async function performExpire(request: ExpireRequest, options: StorageOptions = {}): Promise<ExpireResult> {
  const { instance, rules, graceMs = 24 * hourMs } = request;
  const { storage } = instance;
  if (!(graceMs >= leastGraceMs)) throw new BackupError('USAGE', say('expire.short-grace'));
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const result = await withHold(storage, (hold) => expire(instance, rules, { hold, graceMs }, options), options);
    if (result !== undefined) return result;
  }
  throw new BackupError('LOCKED', say('expire.changing'), { hint: say('expire.changing.hint') });
}

/** The hold tells the time, and lets nobody wait for what ends here. */
async function withHold<Result>(
  storage: Storage,
  perform: (hold: KeptHold) => Promise<Result>,
  options: StorageOptions,
): Promise<Result> {
  const things = { kind: 'expire', backup: newId(), prior: undefined } as const;
  const hold = await withReserve(storage, () => putHold(storage, things, options), options);
  try {
    return await perform(hold);
  } finally {
    // What happened counts, and not that this failed: the hold dies by itself, the next run keeps a reserve.
    await hold.release().catch(() => undefined);
    await keepReserve(storage).catch(() => undefined);
  }
}

/** Undefined: things changed while they were looked at, and nothing was deleted. */
async function expire(
  instance: ExpireRequest['instance'],
  rules: RetentionRules,
  { hold, graceMs }: { readonly hold: KeptHold; readonly graceMs: number },
  options: StorageOptions,
): Promise<ExpireResult | undefined> {
  const { storage } = instance;
  const { storedAtMs: nowMs } = hold;
  if (nowMs === undefined) {
    throw new BackupError('USAGE', say('expire.no-times', { storage: storage.description }));
  }
  const time = { nowMs, graceMs };
  const plan = await planExpire(storage, rules, nowMs, options);
  for (const { keep, listed } of plan) {
    if (keep) continue;
    const removal = { backup: listed.commit.backup, reason: 'retention', minimum: rules.keepMinimum ?? 1 };
    await putRemoval(storage, removal, options);
  }
  const survey = await surveyRemovals(instance, time, options);
  // What was taken off the catalogue since this run began cannot have been deleted by others before this moment.
  const isStale = ((await hold.touch(options)) ?? nowMs) - nowMs > graceMs / 2;
  if (survey === undefined || isStale) return undefined;
  const unused = await findUnusedPacks(storage, survey, time, options);
  if (unused === undefined) return undefined;
  // Up to here nothing was removed.
  for (const { backup } of survey.due) await deleteCommit(storage, backup, survey, options);
  const deleted = await deleteUnusedPacks(storage, unused, options);
  for (const { backup } of survey.due) {
    for await (const { name } of storage.list(`${marksFolder}${backup}/`, options)) await storage.delete(name, options);
    await storage.delete(removalObject(backup), options);
  }
  for (const { objects } of survey.spent) await deleteHold(storage, objects, options);
  const gone = new Set(survey.due.map(({ backup }) => backup));
  const waiting = survey.catalogue.removed.flatMap(({ commit }) => (gone.has(commit.backup) ? [] : [commit.backup]));
  const archive = await openWal(instance.wal);
  const wal = archive === undefined ? [] : await cutWal(archive, survey, time, options);
  return { plan, deleted: [...gone], waiting, ...deleted, wal };
}

/** Undefined: no WAL was ever stored. */
async function openWal(wal: Place): Promise<Storage | undefined> {
  try {
    return (await openPlace(wal)).storage;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}

/** A run whose hold died with its commit there may put that once more, when it wakes up: then it finds a tombstone. */
async function deleteCommit(
  storage: Storage,
  backup: string,
  { fencedCommits }: RemovalSurvey,
  options: StorageOptions,
): Promise<void> {
  if (await isFenced(storage, backup, options)) return;
  do await storage.delete(commitObject(backup), options);
  while (fencedCommits.has(backup) && (await fence(storage, backup, 'its backup was removed', options)) !== undefined);
}
