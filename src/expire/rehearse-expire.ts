import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { rehearseWalCut } from './cut-wal.ts';
import { askExpire } from './ask-expire.ts';
import { checkGrace, defaultGraceMs, type ExpireRequest, type ExpireResult } from './expire-request.ts';
import { openExpiredWal } from './expired-wal.ts';
import { deletedOf } from './perform-expire.ts';
import { planExpire } from './plan-expire.ts';
import { plannedRemovals } from './planned-removals.ts';
import { surveyRemovals } from './survey-removals.ts';
import { countUnusedPacks, findUnusedPacks } from './unused-packs.ts';

/**
 * What `performExpire` would do now, told in the same way. Nothing is written: where something has to be written to be sure, as of a run that is taken for dead, it is taken
 * to turn out as it looks.
 * @param nowMs by the clock of the storage
 * @throws BackupError as `performExpire`; `LOCKED` where others change things meanwhile
 */
export async function rehearseExpire(
  request: ExpireRequest,
  nowMs: number,
  options: StorageOptions = {},
): Promise<ExpireResult> {
  const { instance, rules, graceMs = defaultGraceMs, walWindowMs } = request;
  checkGrace(graceMs);
  const { storage } = instance;
  const time = { nowMs, graceMs };
  const plan = await planExpire(storage, rules, nowMs, options);
  const rehearsal = plannedRemovals(plan, rules).map((removal) => ({
    ...removal,
    by: '',
    at: new Date(nowMs).toISOString(),
  }));
  const survey = await surveyRemovals(instance, time, { ...options, rehearsal });
  const unused = survey && (await findUnusedPacks(storage, survey, time, { ...options, isRehearsal: true }));
  if (survey === undefined || unused === undefined) {
    throw new BackupError('LOCKED', say('expire.changing'), { hint: say('expire.changing.hint') });
  }
  const { packs, bytes, locked } = await countUnusedPacks(storage, unused, options);
  const archive = await openExpiredWal(instance.wal);
  const wal = archive === undefined ? [] : await rehearseWalCut(archive, { ...survey, time, walWindowMs }, options);
  const { due, waiting, passedOver } = survey;
  const deletion = await askExpire(instance, options);
  return { plan, ...deletedOf(storage, due), waiting, packs, bytes, locked, wal, passedOver, deletion };
}
