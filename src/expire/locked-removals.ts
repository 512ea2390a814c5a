import { commitObject } from '../repository/names.ts';
import { compareNames } from '../storage/object-name.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { DueRemoval, WaitingRemoval } from './judge-removals.ts';

/** Removals as they are judged, where commits may be locked: such a backup waits as a whole, so that nothing goes of it before its commit does. */
export async function keepLocked(
  storage: Storage,
  { due, waiting }: { readonly due: readonly DueRemoval[]; readonly waiting: readonly WaitingRemoval[] },
  options: StorageOptions = {},
): Promise<{ readonly due: readonly DueRemoval[]; readonly waiting: readonly WaitingRemoval[] }> {
  const { lock } = storage;
  if (lock === undefined) return { due, waiting };
  const free: DueRemoval[] = [];
  const kept: WaitingRemoval[] = [];
  for (const removal of due) {
    const { backup, name, hasCommit } = removal;
    const untilMs = hasCommit ? await lock.lockedUntil(commitObject(backup), options) : undefined;
    if (untilMs === undefined) free.push(removal);
    else kept.push({ backup, name, dueAtMs: untilMs, obstacles: ['locked'] });
  }
  for (const removal of waiting) {
    const { dueAtMs, obstacles } = removal;
    const untilMs = await lock.lockedUntil(commitObject(removal.backup), options);
    if (untilMs === undefined || untilMs <= (dueAtMs ?? 0)) kept.push(removal);
    else kept.push({ ...removal, dueAtMs: dueAtMs && untilMs, obstacles: [...obstacles, 'locked'] });
  }
  return { due: free, waiting: kept.sort((a, b) => compareNames(a.name, b.name)) };
}
