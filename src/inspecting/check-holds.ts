import { holderWords } from '../messages/hold-words.ts';
import { say } from '../messages/message.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import { isLive, liveUntil, readHolds, type DamagedHold, type ListedHold } from '../repository/read-holds.ts';
import { isVoid } from '../repository/void-holds.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Findings } from './finding.ts';

/** Ids of backups without a commit that can be read, as far as holds say. */
export interface HeldBackups {
  /** A hold on them counts: whether somebody is at work is not known. With the time from which on it counts no more, in ms. */
  readonly held: ReadonlyMap<string, number>;
  /** Their last hold is dead: the run was killed, or its host was lost. */
  readonly crashed: ReadonlySet<string>;
  /** A copy of them from another repository was begun, and they are not in the catalogue: the next copy goes on. */
  readonly copying: ReadonlySet<string>;
}

/** What holds say: who is at work, who was, and what nobody can read. */
export async function checkHolds(
  storage: Storage,
  { backups, removed }: Catalogue,
  findings: Findings,
  options: StorageOptions,
): Promise<HeldBackups> {
  const { holds, damaged } = await readHolds(storage, options);
  const committed = new Set([...backups, ...removed].map(({ commit }) => commit.backup));
  const held = new Map<string, number>();
  const crashed = new Set<string>();
  const copying = new Set<string>();
  findings.lookedAt.holds += holds.length + damaged.length;
  for (const hold of damaged) {
    const action = isLive(hold, findings.nowMs) ? say('repo-check.blocks.action') : say('repo-check.expire.action');
    findings.unreadable(objectOf(hold), hold.error, action);
  }
  for (const hold of holds) {
    if (isVoid(hold, committed)) {
      findings.note(objectOf(hold), say('repo-check.hold-void', { backup: hold.backup }));
      continue;
    }
    if (hold.kind === 'copy') {
      const { backup, host, pid, at, run: from } = hold;
      copying.add(backup);
      findings.note(objectOf(hold), say('repo-check.hold-copy', { backup, from, host, pid, at }));
      continue;
    }
    const isRunning = isLive(hold, findings.nowMs);
    if (hold.kind === 'backup' && isRunning) {
      held.set(hold.backup, Math.max(liveUntil(hold), held.get(hold.backup) ?? 0));
    } else if (hold.kind === 'backup') crashed.add(hold.backup);
    tellHold(hold, isRunning, findings);
  }
  return { held, crashed, copying };
}

function tellHold(hold: ListedHold, isRunning: boolean, findings: Findings): void {
  const { kind, backup, host, pid, storedAtMs } = hold;
  const words = { kind: holderWords(kind), backup, host, pid, at: new Date(storedAtMs).toISOString() };
  const until = new Date(liveUntil(hold)).toISOString();
  const since = new Date(hold.sinceMs).toISOString();
  if (isRunning) findings.note(objectOf(hold), say('repo-check.hold-live', { ...words, since, until }));
  else if (kind === 'backup') {
    findings.warn(objectOf(hold), say('repo-check.hold-dead', words), say('repo-check.expire.action'));
  } else findings.note(objectOf(hold), say('repo-check.hold-dead', words), say('repo-check.expire.action'));
}

function objectOf({ objects }: Pick<ListedHold | DamagedHold, 'objects'>): string {
  return objects.at(-1) ?? 'holds/';
}
