import type { Message } from '../messages/message.ts';
import { say } from '../messages/message.ts';
import type { Catalogue, ListedBackup } from '../repository/catalogue.ts';
import type { Copied } from '../repository/copied.ts';
import type { Commit } from '../repository/commit.ts';
import type { CopiedBackup, CopyOutcome } from './copy-request.ts';

export interface BackupsToCopy {
  /** Oldest first. */
  readonly pending: readonly Commit[];
  /** Of all others, what becomes of them. */
  readonly settled: readonly CopiedBackup[];
}

/** Which backups of the source the target lacks and is to have. @param copied what was copied into the target before */
export function planCopy(source: Catalogue, target: Catalogue, copied: readonly Copied[]): BackupsToCopy {
  const there = new Set(target.backups.map(({ commit }) => commit.backup));
  const unreadable = new Set(target.damagedBackups);
  // A copy that ends between the commit and the record leaves the commit: it is there.
  const gone = new Set([
    ...copied.map(({ backup }) => backup),
    ...target.removals.map(({ backup }) => backup),
    ...target.removed.map(({ commit }) => commit.backup),
    ...target.tombstones,
  ]);
  const pending: Commit[] = [];
  const settled: CopiedBackup[] = [];
  const outcomeOf = ({ commit: { backup }, isCondemned }: ListedBackup): CopyOutcome | undefined => {
    if (there.has(backup)) return 'present';
    if (unreadable.has(backup)) return 'damaged';
    if (gone.has(backup)) return 'expired';
    return isCondemned ? 'condemned' : undefined;
  };
  for (const listed of source.backups) {
    const { commit } = listed;
    const outcome = outcomeOf(listed);
    if (outcome === undefined) pending.push(commit);
    else settled.push(settledAs(commit, outcome, outcome === 'damaged' ? [unreadableThere(commit)] : []));
  }
  for (const { backup, error } of source.damagedCommits) {
    settled.push(settledAs({ backup, name: backup }, 'damaged', [error.sentence]));
  }
  return { pending, settled };
}

export function settledAs(
  { backup, name }: Pick<Commit, 'backup' | 'name'>,
  outcome: CopyOutcome,
  reasons: readonly Message[] = [],
): CopiedBackup {
  return { backup, name, outcome, reasons, packs: 0, bytes: 0 };
}

function unreadableThere({ backup }: Commit): Message {
  return say('copy.target-damaged', { what: say('repo.damaged-commit', { name: backup }) });
}
