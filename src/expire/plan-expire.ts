import { datedBackup, readCatalogue, type ListedBackup } from '../repository/catalogue.ts';
import { isLive, readHolds, type ListedHold } from '../repository/read-holds.ts';
import { isVoid } from '../repository/void-holds.ts';
import { planRetention, type RetentionBackup, type RetentionDecision } from '../retention/plan-retention.ts';
import type { RetentionRules } from '../retention/rules.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** What retention decides about a backup of the catalogue. */
export interface PlannedBackup extends RetentionDecision {
  readonly listed: ListedBackup;
}

/**
 * What a run of `expire` would keep and take off the catalogue, oldest first. Nothing is written.
 * @param storage of the instance
 * @param nowMs by the clock of the storage
 * @throws BackupError `USAGE` when no rule says what to keep; `REPOSITORY_VERSION`
 */
export async function planExpire(
  storage: Storage,
  rules: RetentionRules,
  nowMs: number,
  options: StorageOptions = {},
): Promise<PlannedBackup[]> {
  const { backups, removed } = await readCatalogue(storage, options);
  const { holds } = await readHolds(storage, options);
  const committed = new Set([...backups, ...removed].map(({ commit }) => commit.backup));
  // Of a backup that is committed the hold is void.
  const counts = (hold: ListedHold): boolean => isLive(hold, nowMs) && !isVoid(hold, committed);
  const held = new Set(holds.filter(counts).flatMap(({ backup, prior }) => [backup, prior]));
  const byName = new Map(backups.map((listed) => [listed.commit.name, listed]));
  const judged = backups.map((listed) => retentionBackup(listed, held.has(listed.commit.backup)));
  return planRetention(judged, rules, nowMs).flatMap((decision) => {
    const listed = byName.get(decision.backup);
    return listed === undefined ? [] : [{ ...decision, listed }];
  });
}

function retentionBackup(listed: ListedBackup, held: boolean): RetentionBackup {
  const { storedAtMs, isClockWrong, isCondemned, hasDamagedMarks } = listed;
  // A mark that cannot be read may be a pin.
  const pinnedUntilMs = hasDamagedMarks ? 'forever' : listed.pinnedUntilMs;
  return { ...datedBackup(listed), storedAtMs, isClockWrong, pinnedUntilMs, condemned: isCondemned, held };
}
