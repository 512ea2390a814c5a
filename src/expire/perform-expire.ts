import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { marksFolder } from '../repository/mark.ts';
import { listCopied, putExpired } from '../repository/copied.ts';
import { putHold, type KeptHold } from '../repository/keep-hold.ts';
import { newId, removalObject } from '../repository/names.ts';
import { deleteHold } from '../repository/read-holds.ts';
import { putRemoval } from '../repository/removal.ts';
import { keepReserve, withReserve } from '../repository/reserve.ts';
import { deleteUnlessLocked } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { refuseExpire } from './ask-expire.ts';
import { cutWal } from './cut-wal.ts';
import { deleteCommit } from './delete-commit.ts';
import { checkGrace, defaultGraceMs, type ExpireRequest, type ExpireResult } from './expire-request.ts';
import { openExpiredWal } from './expired-wal.ts';
import type { DueRemoval } from './judge-removals.ts';
import { planExpire } from './plan-expire.ts';
import { plannedRemovals } from './planned-removals.ts';
import { surveyRemovals } from './survey-removals.ts';
import { deleteUnusedPacks, findUnusedPacks } from './unused-packs.ts';

/** Others may change things again and again. */
export const mostAttempts = 5;

/**
 * Takes off the catalogue what no rule keeps, and deletes what was taken off earlier and nobody needs. A run that ends in the
 * middle leaves nothing that the next one does not take up.
 * @throws BackupError `USAGE` for rules that keep nothing, a grace that is too short, or a storage that tells no times; `CORRUPT`, `REPOSITORY_VERSION` when
 * something there is not understood, `LOCKED` when others change things all the time: nothing is deleted then; `AUTHENTICATION` where this account may not delete: nothing is changed
 * then, but for a storage that allows one deletion and refuses the next
 */
export async function performExpire(request: ExpireRequest, options: StorageOptions = {}): Promise<ExpireResult> {
  const { graceMs = defaultGraceMs } = request;
  checkGrace(graceMs);
  await refuseExpire(request.instance, options);
  const done = { takenOff: 0, deleted: 0 };
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const { storage } = request.instance;
    const perform = (hold: KeptHold) => expire(request, { hold, graceMs, done }, options);
    const result = await withHold(storage, perform, options).catch((error: unknown) => {
      throw howFar(error, done);
    });
    if (result !== undefined) return result;
  }
  throw new BackupError('LOCKED', say('expire.changing'), { hint: say('expire.changing.hint') });
}

/** The hold tells the time, and lets nobody wait for what ends here. */
export async function withHold<Result>(
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

/** What a run has changed. */
interface Done {
  /** Backups that it took off the catalogue. */
  takenOff: number;
  /** Backups that had been taken off before, of which it deleted the commit. */
  deleted: number;
}

/** Whoever reads that a deletion was refused has to know what was done before. */
function howFar(error: unknown, { takenOff, deleted }: Done): unknown {
  if (!(error instanceof BackupError) || error.code !== 'AUTHENTICATION') return error;
  if (takenOff === 0 && deleted === 0) return error;
  const { sentence: what, context } = error;
  return new BackupError(error.code, say('deletion.refused-midway', { what, takenOff, deleted }), {
    hint: say('deletion.refused-midway.hint'),
    context,
    cause: error,
  });
}

/** Undefined: things changed while they were looked at, and nothing was deleted. */
async function expire(
  { instance, rules, walWindowMs }: ExpireRequest,
  { hold, graceMs, done }: { readonly hold: KeptHold; readonly graceMs: number; readonly done: Done },
  options: StorageOptions,
): Promise<ExpireResult | undefined> {
  const { storage } = instance;
  const { storedAtMs: nowMs } = hold;
  if (nowMs === undefined) throw noTimes(storage);
  const time = { nowMs, graceMs };
  const plan = await planExpire(storage, rules, nowMs, options);
  for (const removal of plannedRemovals(plan, rules)) {
    await putRemoval(storage, removal, options);
    done.takenOff += 1;
  }
  const survey = await surveyRemovals(instance, time, options);
  // What was taken off the catalogue since this run began cannot have been deleted by others before this moment.
  const isStale = ((await hold.touch(options)) ?? nowMs) - nowMs > graceMs / 2;
  if (survey === undefined || isStale) return undefined;
  const unused = await findUnusedPacks(storage, survey, time, options);
  if (unused === undefined) return undefined;
  // Up to here nothing was removed.
  const { due, waiting, passedOver } = survey;
  for (const { backup } of due) {
    await deleteCommit(storage, backup, survey.fencedCommits.has(backup), options);
    done.deleted += 1;
  }
  // What nobody needs may be copied anew, by a run that sees no other one at work here: who slept for so long deletes nothing more.
  const check = (): void => hold.check();
  const { lockedOwners, ...packs } = await deleteUnusedPacks(storage, unused, { ...options, check });
  for (const { objects } of survey.voided) await deleteHold(storage, objects, options);
  const { records } = due.length === 0 ? { records: [] } : await listCopied(storage, options);
  for (const { backup } of due) {
    // A copy tells by it what was removed here from what was lost.
    for (const copied of records) if (copied.backup === backup) await putExpired(storage, copied, options);
    // While packs of it are locked its removal says that they may go.
    if (lockedOwners.has(backup)) continue;
    for await (const { name } of storage.list(`${marksFolder}${backup}/`, options)) {
      await deleteUnlessLocked(storage, name, options);
    }
    await deleteUnlessLocked(storage, removalObject(backup), options);
  }
  for (const { objects } of survey.dead) await deleteHold(storage, objects, options);
  const archive = await openExpiredWal(instance.wal);
  const places = archive && { wal: archive, instance: storage };
  const wal = places === undefined ? [] : await cutWal(places, { ...survey, time, walWindowMs }, options);
  return { plan, ...deletedOf(storage, due), waiting, ...packs, wal, passedOver };
}

/** The backups that are gone now. With object lock removals may outlive them for long: those are told once. */
export function deletedOf(
  storage: Storage,
  due: readonly DueRemoval[],
): Pick<ExpireResult, 'deleted' | 'deletedNames'> {
  const now = due.filter(({ hasCommit }) => hasCommit || storage.lock === undefined);
  return { deleted: now.map(({ backup }) => backup), deletedNames: now.map(({ name }) => name) };
}

/** What is removed by age needs a storage that tells ages. */
export function noTimes(storage: Storage): BackupError {
  return new BackupError('USAGE', say('expire.no-times', { storage: placeWords(storage.description) }));
}
