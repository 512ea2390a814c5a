import type { Catalogue } from '../repository/catalogue.ts';
import type { Hold } from '../repository/hold.ts';
import { isLive, liveUntil, readHolds } from '../repository/read-holds.ts';
import { endedIn, isVoid } from '../repository/void-holds.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';

/** A hold that counts, and whose it is: what it needs is not deleted. Times in ms since 1970, by the clock of the storage. */
export interface LiveHold extends Pick<Hold, 'kind' | 'host' | 'pid'> {
  /** Name of the backup, where it has a commit; else its id. */
  readonly backup: string;
  readonly sinceMs: number;
  readonly renewedAtMs: number;
  /** From when on it counts no more unless it is renewed; undefined for a copy, which the next one goes on with. */
  readonly untilMs: number | undefined;
}

/**
 * Holds that keep something, the oldest first: of runs under way, and of those that were killed less than a day ago. Those of `expire`, which need nothing, and of backups that came to their end are none.
 * @param nowMs by the clock of the storage
 * @throws BackupError `REPOSITORY_VERSION`
 */
export async function readLiveHolds(
  storage: Storage,
  catalogue: Pick<Catalogue, 'backups' | 'removed' | 'removals'>,
  { nowMs = Date.now(), ...options }: StorageOptions & { readonly nowMs?: number | undefined } = {},
): Promise<readonly LiveHold[]> {
  const { holds } = await readHolds(storage, options);
  const ended = endedIn(catalogue);
  const names = new Map([...catalogue.backups, ...catalogue.removed].map(({ commit }) => [commit.backup, commit.name]));
  return holds
    .filter((hold) => hold.kind !== 'expire' && isLive(hold, nowMs) && !isVoid(hold, ended))
    .map((hold) => ({
      kind: hold.kind,
      backup: names.get(hold.backup) ?? hold.backup,
      host: hold.host,
      pid: hold.pid,
      sinceMs: hold.sinceMs,
      renewedAtMs: hold.storedAtMs,
      untilMs: hold.kind === 'copy' ? undefined : liveUntil(hold),
    }))
    .sort((left, right) => left.sinceMs - right.sinceMs);
}
