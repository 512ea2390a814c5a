import type { StorageOptions } from '../storage/storage.ts';
import { decodeCommit, isTombstone, largestCommit, type Commit } from './commit.ts';
import type { Instance } from './instance.ts';
import { decodeMark, type Mark } from './mark.ts';
import { isBackupName, isId } from './names.ts';
import { readObjects, type DamagedObject, type ObjectKind } from './read-objects.ts';
import { decodeRemoval, removalsFolder, type Removal } from './removal.ts';

/** A backup as the repository has it. */
export interface ListedBackup {
  readonly commit: Commit;
  /** When it was committed, ms since 1970 by the clock of the storage; where that tells none, by that of the host. */
  readonly storedAtMs: number;
  /** Undefined: not pinned. Its `until` undefined: for ever. One that has passed is still here. */
  readonly pin: (Mark & { readonly kind: 'pin' }) | undefined;
  /** The newest of the notes made later, else that of the commit. */
  readonly note: string | undefined;
  readonly condemned: Mark | undefined;
  /** A mark that cannot be read is there: nobody knows whether it is a pin. */
  readonly hasDamagedMarks: boolean;
}

/** A removal as stored. */
export interface ListedRemoval extends Removal {
  /** As that of a backup. */
  readonly storedAtMs: number;
}

/** What an instance holds, from listing alone. */
export interface Catalogue {
  /** In the order in which they were committed. */
  readonly backups: readonly ListedBackup[];
  /** Names of backups whose commit is there and cannot be read. */
  readonly damagedBackups: readonly string[];
  /** Names under which nobody can commit: their runs were declared dead. */
  readonly tombstones: readonly string[];
  readonly removals: readonly ListedRemoval[];
  /** Every commit, mark and removal that cannot be read. */
  readonly damaged: readonly DamagedObject[];
}

const commits: ObjectKind<{ readonly commit: Commit } | { readonly tombstone: string }> = {
  folder: 'commits/',
  limit: largestCommit,
  decoderOf: (name) => {
    const backup = backupOfCommit(name);
    if (backup === undefined) return undefined;
    return (bytes) => {
      const stored = decodeCommit(bytes, backup);
      return isTombstone(stored) ? { tombstone: backup } : { commit: stored };
    };
  },
};

const marks: ObjectKind<Mark> = {
  folder: 'marks/',
  decoderOf: (name) => {
    const backup = backupOfMark(name);
    return backup === undefined ? undefined : (bytes) => decodeMark(bytes, name, backup);
  },
};

const removals: ObjectKind<Removal> = {
  folder: removalsFolder,
  decoderOf: (name) => {
    const id = /^removals\/([^/]+)\.json$/.exec(name)?.[1];
    return isId(id) ? (bytes) => decodeRemoval(bytes, id) : undefined;
  },
};

/**
 * Reads the catalogue: commits, then marks, then removals. Whatever a removal took off is thus either still listed or named
 * by one. What is damaged is told, and hides nothing else.
 * @throws BackupError `REPOSITORY_VERSION` when something there is of a newer format
 */
export async function readCatalogue({ storage }: Instance, options: StorageOptions = {}): Promise<Catalogue> {
  const readCommits = await readObjects(storage, commits, options);
  const readMarks = await readObjects(storage, marks, options);
  const readRemovals = await readObjects(storage, removals, options);
  const said = marksByBackup(readMarks.found.map(({ content, storedAtMs }) => timed(content, content.at, storedAtMs)));
  const unsure = new Set(readMarks.damaged.map(({ name }) => backupOfMark(name)));
  const backups: ListedBackup[] = [];
  const tombstones: string[] = [];
  for (const { content, storedAtMs } of readCommits.found) {
    if ('tombstone' in content) {
      tombstones.push(content.tombstone);
      continue;
    }
    const { commit } = content;
    const state = stateOf(commit, said.get(commit.backup) ?? []);
    const when = storedAtMs ?? Date.parse(commit.endedAt);
    backups.push({ commit, storedAtMs: when, ...state, hasDamagedMarks: unsure.has(commit.backup) });
  }
  return {
    backups: backups.sort((a, b) => a.storedAtMs - b.storedAtMs || (a.commit.backup < b.commit.backup ? -1 : 1)),
    damagedBackups: readCommits.damaged.flatMap(({ name }) => backupOfCommit(name) ?? []),
    tombstones,
    removals: readRemovals.found.map(({ content, storedAtMs }) => timed(content, content.at, storedAtMs)),
    damaged: [...readCommits.damaged, ...readMarks.damaged, ...readRemovals.damaged],
  };
}

function backupOfCommit(name: string): string | undefined {
  const backup = /^commits\/([^/]+)\.json$/.exec(name)?.[1];
  return isBackupName(backup) ? backup : undefined;
}

function backupOfMark(name: string): string | undefined {
  const [, backup, id] = /^marks\/([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
  return isBackupName(backup) && isId(id) ? backup : undefined;
}

function timed<Content>(content: Content, at: string, storedAtMs = Date.parse(at)): Content & { storedAtMs: number } {
  return { ...content, storedAtMs };
}

type TimedMark = Mark & { readonly storedAtMs: number };

/** Oldest first. */
function marksByBackup(all: readonly TimedMark[]): Map<string, TimedMark[]> {
  const sorted = all.toSorted((a, b) => a.storedAtMs - b.storedAtMs || (a.at < b.at ? -1 : 1));
  const byBackup = new Map<string, TimedMark[]>();
  for (const mark of sorted) byBackup.set(mark.backup, [...(byBackup.get(mark.backup) ?? []), mark]);
  return byBackup;
}

function stateOf(commit: Commit, said: readonly Mark[]): Pick<ListedBackup, 'pin' | 'note' | 'condemned'> {
  let pin: ListedBackup['pin'];
  let { note } = commit;
  let condemned: Mark | undefined;
  for (const mark of said) {
    if (mark.kind === 'pin') pin = mark;
    else if (mark.kind === 'unpin') pin = undefined;
    else if (mark.kind === 'note') note = mark.text;
    else condemned = mark.kind === 'condemn' ? mark : undefined;
  }
  return { pin, note, condemned };
}
