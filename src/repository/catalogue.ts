import { compareBackups, type DatedBackup } from '../retention/backup-order.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { isTombstone, type Commit, type Tombstone } from './commit.ts';
import { readCommits, readMarks, readRemovals } from './listings.ts';
import { parseMarkName, type Mark } from './mark.ts';
import { idIn } from './names.ts';
import type { DamagedObject, ObjectsRead, ReadObject } from './read-objects.ts';
import type { Removal } from './removal.ts';

/** By how much two clocks may differ and still count as equal, in ms. */
export const clockToleranceMs = 5 * 60 * 1000;

/** A backup as the repository has it. */
export interface ListedBackup {
  readonly commit: Commit;
  /** When it was made, ms since 1970: the earlier of when its commit was stored and when it ended by the clock of its host. */
  readonly timeMs: number;
  /** When its commit was stored, ms since 1970 by the clock of the storage; where that tells none, by that of the host. */
  readonly storedAtMs: number;
  /** Its commit is dated more than five minutes before its own end: one of two clocks was wrong. */
  readonly isClockWrong: boolean;
  /** All that was said about it and not taken back, oldest first. */
  readonly marks: readonly Mark[];
  /** Undefined: not pinned. */
  readonly pinnedUntilMs: number | 'forever' | undefined;
  /** The newest of the notes made later, else that of the commit. */
  readonly note: string | undefined;
  readonly isCondemned: boolean;
  /** A mark that cannot be read is there: nobody knows whether it is a pin. */
  readonly hasDamagedMarks: boolean;
}

/** A removal as stored. */
export interface ListedRemoval extends Removal {
  /** As that of a backup. */
  readonly storedAtMs: number;
}

/** A commit that is there and cannot be read. */
export interface DamagedCommit extends DamagedObject {
  /** Id of the backup. */
  readonly backup: string;
}

/** What an instance holds, from listing alone. */
export interface Catalogue {
  /** Those without a removal, oldest first (`compareListed`). */
  readonly backups: readonly ListedBackup[];
  /** Those that a removal took off the catalogue and whose commit is still there, in the same order. */
  readonly removed: readonly ListedBackup[];
  readonly removals: readonly ListedRemoval[];
  /** Ids under which nobody can commit. */
  readonly tombstones: readonly string[];
  /** Ids of backups whose commit is there and cannot be read. */
  readonly damagedBackups: readonly string[];
  /** Their commits, but those of backups that a removal took off the catalogue. */
  readonly damagedCommits: readonly DamagedCommit[];
  /** Every commit, mark and removal that cannot be read. */
  readonly damaged: readonly DamagedObject[];
  /** What is in the folders of commits and removals and is none of ours. */
  readonly foreign: readonly string[];
}

/**
 * Reads the catalogue: commits, then marks, then removals. Whatever a removal took off is thus either gone or named by one.
 * What is damaged is told, and hides nothing else.
 * @throws BackupError `REPOSITORY_VERSION` when something there is of a newer format
 */
export async function readCatalogue(storage: Storage, options: StorageOptions = {}): Promise<Catalogue> {
  const commits = await readCommits(storage, options);
  const marks = await readMarks(storage, options);
  const removals = await readRemovals(storage, options);
  return catalogueOf(commits, marks, removals);
}

/** Oldest first. */
export function compareListed(a: ListedBackup, b: ListedBackup): number {
  return compareBackups(datedBackup(a), datedBackup(b));
}

/** What the order of a backup hangs on. */
export function datedBackup({ commit, timeMs }: ListedBackup): DatedBackup {
  const { generation, timeline, startLsn, name: backup } = commit;
  return { timeMs, generation, timeline, startLsn, backup };
}

/** The catalogue from listings that were made in another order. */
export function catalogueOf(
  commits: ObjectsRead<Commit | Tombstone>,
  marks: ObjectsRead<Mark>,
  removals: ObjectsRead<Removal>,
): Catalogue {
  const said = marksByBackup(marks.found.map(({ content }) => content));
  const unsure = new Set(marks.damaged.map(({ name }) => parseMarkName(name)?.backup));
  const listed: ListedBackup[] = [];
  const tombstones: string[] = [];
  for (const read of commits.found) {
    const { content } = read;
    if (isTombstone(content)) tombstones.push(content.backup);
    else
      listed.push(listedBackup(content, read.storedAtMs, said.get(content.backup) ?? [], unsure.has(content.backup)));
  }
  listed.sort(compareListed);
  // One that cannot be read removes as well: its name alone says it.
  const going = new Set([
    ...removals.found.map(({ content }) => content.backup),
    ...removals.damaged.map(({ name }) => idIn('removals/', name)),
  ]);
  const damagedCommits = commits.damaged.flatMap((object) => {
    const backup = idIn('commits/', object.name);
    return backup === undefined ? [] : [{ ...object, backup }];
  });
  return {
    backups: listed.filter(({ commit }) => !going.has(commit.backup)),
    removed: listed.filter(({ commit }) => going.has(commit.backup)),
    removals: removals.found.map(listedRemoval),
    tombstones,
    damagedBackups: damagedCommits.map(({ backup }) => backup),
    damagedCommits: damagedCommits.filter(({ backup }) => !going.has(backup)),
    damaged: [...commits.damaged, ...marks.damaged, ...removals.damaged],
    foreign: [...commits.foreign, ...removals.foreign],
  };
}

function listedRemoval({ content, storedAtMs = Date.parse(content.at) }: ReadObject<Removal>): ListedRemoval {
  return { ...content, storedAtMs };
}

function listedBackup(
  commit: Commit,
  storedAt: number | undefined,
  marks: readonly Mark[],
  hasDamagedMarks: boolean,
): ListedBackup {
  const endedAtMs = Date.parse(commit.endedAt);
  const storedAtMs = storedAt ?? endedAtMs;
  return {
    commit,
    storedAtMs,
    timeMs: Math.min(storedAtMs, endedAtMs),
    isClockWrong: storedAtMs < endedAtMs - clockToleranceMs,
    marks,
    pinnedUntilMs: pinnedUntil(marks),
    note: marks.findLast(({ kind }) => kind === 'note')?.text ?? commit.note,
    isCondemned: marks.some(({ kind }) => kind === 'condemn'),
    hasDamagedMarks,
  };
}

/** Until when all pins together hold. */
function pinnedUntil(marks: readonly Mark[]): number | 'forever' | undefined {
  let latest: number | undefined;
  for (const mark of marks) {
    if (mark.kind !== 'pin') continue;
    if (mark.until === undefined) return 'forever';
    latest = Math.max(latest ?? 0, Date.parse(mark.until));
  }
  return latest;
}

/** What counts: not lifted. Oldest first, by the clocks of those who said it, which is for people. */
function marksByBackup(all: readonly Mark[]): Map<string, Mark[]> {
  const lifted = new Set(all.flatMap((mark) => (mark.kind === 'lift' ? mark.lifts : [])));
  const counting = all.filter(({ kind, id }) => kind !== 'lift' && !lifted.has(id));
  const byBackup = new Map<string, Mark[]>();
  for (const mark of counting.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    byBackup.set(mark.backup, [...(byBackup.get(mark.backup) ?? []), mark]);
  }
  return byBackup;
}
