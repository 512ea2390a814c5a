import type { Message } from '../messages/message.ts';
import type { Catalogue, ListedBackup } from '../repository/catalogue.ts';
import type { CopiedBackups } from '../repository/copied.ts';
import type { Commit } from '../repository/commit.ts';
import { idIn } from '../repository/names.ts';
import type { CopiedBackup, CopyOutcome } from './copy-request.ts';

export interface BackupsToCopy {
  /** Oldest first. */
  readonly pending: readonly Commit[];
  /** Ids of those among them that the target had: it lost the commit, or has one that cannot be read, or a tombstone of what it took for nobody's. */
  readonly lost: ReadonlySet<string>;
  /** Those that the target has by their commits, oldest first. */
  readonly present: readonly Commit[];
  /** Of all others, what becomes of them. */
  readonly settled: readonly CopiedBackup[];
}

/** Which backups of the source the target lacks and is to have. @param copied what is said of those that were copied into the target before */
export function planCopy(source: Catalogue, target: Catalogue, copied: CopiedBackups): BackupsToCopy {
  const there = new Set(target.backups.map(({ commit }) => commit.backup));
  const gone = new Set([
    ...copied.expired,
    ...target.removals.map(({ backup }) => backup),
    ...target.removed.map(({ commit }) => commit.backup),
    // One that cannot be read removes as well.
    ...target.damaged.map(({ name }) => idIn('removals/', name)),
  ]);
  const known = new Set([
    ...copied.records.map(({ backup }) => backup),
    ...target.damagedBackups,
    ...target.tombstones,
  ]);
  const outcomeOf = ({ commit: { backup }, isCondemned }: ListedBackup): CopyOutcome | undefined => {
    if (there.has(backup)) return 'present';
    if (gone.has(backup)) return 'expired';
    return isCondemned ? 'condemned' : undefined;
  };
  const [pending, present]: [Commit[], Commit[]] = [[], []];
  const settled: CopiedBackup[] = [];
  for (const listed of source.backups) {
    const { commit } = listed;
    const outcome = outcomeOf(listed);
    if (outcome === undefined) pending.push(commit);
    else if (outcome === 'present') present.push(commit);
    else settled.push(settledAs(commit, outcome));
  }
  for (const { backup, error } of source.damagedCommits) {
    settled.push(settledAs({ backup, name: backup }, 'damaged', [error.sentence]));
  }
  const lost = new Set(pending.flatMap(({ backup }) => (known.has(backup) ? [backup] : [])));
  return { pending, lost, present, settled };
}

export function settledAs(
  { backup, name }: Pick<Commit, 'backup' | 'name'>,
  outcome: CopyOutcome,
  reasons: readonly Message[] = [],
): CopiedBackup {
  return { backup, name, outcome, reasons, packs: 0, bytes: 0 };
}
