import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { catalogueOf, type Catalogue, type ListedBackup } from '../repository/catalogue.ts';
import type { Instance } from '../repository/instance.ts';
import { readCommits, readMarks, readRemovals } from '../repository/listings.ts';
import { fence } from '../repository/put-commit.ts';
import { isLive, readHolds, type DamagedHold, type ListedHold } from '../repository/read-holds.ts';
import type { Removal } from '../repository/removal.ts';
import { committedIn, endedIn, isVoid } from '../repository/void-holds.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { mayBeOurs, type Foreign } from '../repository/foreign-names.ts';
import { judgeRemovals, type WaitingRemoval, type DueRemoval } from './judge-removals.ts';
import { keepLocked } from './locked-removals.ts';
import type { RemovalTime } from './removal-time.ts';

/** What is there, as far as it decides what may be deleted. */
export interface RemovalSurvey {
  readonly catalogue: Catalogue;
  /** Holds that count. */
  readonly live: readonly ListedHold[];
  /** Holds of backups that came to their end, to be deleted while commit or removal tells that. */
  readonly voided: readonly ListedHold[];
  /** Dead holds, to be deleted at the very end. */
  readonly dead: readonly (ListedHold | DamagedHold)[];
  /** Ids of backups whose dead hold was found with a commit: whoever committed may be about to do it again. */
  readonly fencedCommits: ReadonlySet<string>;
  /** Removals to be carried out. */
  readonly due: readonly DueRemoval[];
  /** The other ones, and what they wait for. */
  readonly waiting: readonly WaitingRemoval[];
  /** Backups whose packs and WAL are needed: those without a removal, and those whose removal is not due. */
  readonly remaining: readonly ListedBackup[];
  /** Names in the folders of the catalogue that cannot be objects of ours. */
  readonly passedOver: readonly string[];
}

export interface SurveyOptions extends StorageOptions {
  /** Nothing is written: the survey is made as if these had just been put. */
  readonly rehearsal?: readonly Removal[] | undefined;
  /** False: no backup is to be removed. Then nothing is fenced: a dead hold of what may still be committed counts as live, and so does every backup whose commit is there. */
  readonly removes?: boolean | undefined;
}

/**
 * Looks what may be deleted, in the order that the handshake of docs/design/repository.md asks for: removals, marks, holds (dead ones
 * are fenced), commits. Nothing is removed on this before everything listed is understood.
 *
 * Listings are of no single moment. What a backup refers to is known from its commit or from that of its prior: a run that is under way
 * must therefore have its prior among the commits that were read. Undefined where that is not so: the survey is to be made anew.
 * @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` with the name of what is not
 */
export async function surveyRemovals(
  instance: Pick<Instance, 'storage' | 'foreignNames'>,
  { nowMs, graceMs }: RemovalTime,
  { rehearsal, removes = true, ...options }: SurveyOptions = {},
): Promise<RemovalSurvey | undefined> {
  const { storage } = instance;
  const removals = await readRemovals(storage, options);
  const marks = await readMarks(storage, options);
  const found = await readHolds(storage, options);
  const counts = (hold: ListedHold | DamagedHold): boolean => isLive(hold, nowMs) || (!removes && mayCommit(hold));
  const recent = found.holds.filter(counts);
  const dead = [...found.holds, ...found.damaged].filter((hold) => !counts(hold));
  for (const hold of found.damaged) if (counts(hold)) throw notUnderstood(hold.objects.at(-1) ?? '', hold.error);
  const fencedCommits = new Set<string>();
  for (const hold of rehearsal === undefined ? dead : []) {
    if (!mayCommit(hold)) continue;
    const reason = `its hold was last renewed at ${new Date(hold.storedAtMs).toISOString()}`;
    if ((await fence(storage, hold.backup, reason, options)) !== undefined) fencedCommits.add(hold.backup);
  }
  const commits = await readCommits(storage, options);
  for (const { name, error } of [...commits.damaged, ...removals.damaged]) throw notUnderstood(name, error);
  const passedOver = await passForeign(instance, [...commits.foreign, ...removals.foreign, ...found.foreign], options);
  const planned = (rehearsal ?? []).map((content) => ({ content, storedAtMs: nowMs }));
  const read = catalogueOf(commits, marks, { ...removals, found: [...removals.found, ...planned] });
  const catalogue = rehearsal === undefined ? read : withFences(read, dead);
  const committed = committedIn(catalogue);
  const ended = endedIn(catalogue);
  const live = recent.filter((hold) => !isVoid(hold, ended));
  if (live.some(({ kind, prior }) => kind === 'backup' && prior !== undefined && !committed.has(prior)))
    return undefined;
  const judged = removes ? judgeRemovals(catalogue, live, { nowMs, graceMs }) : { due: [], waiting: [] };
  const { due, waiting } = await keepLocked(storage, judged, options);
  const going = new Set(due.map(({ backup }) => backup));
  const remaining = [...catalogue.removed.filter(({ commit }) => !going.has(commit.backup)), ...catalogue.backups];
  const voided = recent.filter((hold) => isVoid(hold, ended));
  return { catalogue, live, voided, dead, fencedCommits, due, waiting, remaining, passedOver };
}

/** Whose run may wake up and commit, unless it is fenced. */
function mayCommit(hold: ListedHold | DamagedHold): boolean {
  return 'error' in hold || hold.kind === 'backup';
}

/** As it is when those have been fenced whose hold is dead. */
function withFences(catalogue: Catalogue, dead: readonly (ListedHold | DamagedHold)[]): Catalogue {
  const committed = committedIn(catalogue);
  const fenced = dead.filter((hold) => mayCommit(hold) && !committed.has(hold.backup));
  return { ...catalogue, tombstones: [...catalogue.tombstones, ...fenced.map(({ backup }) => backup)] };
}

/** @returns the names that cannot be objects of ours @throws BackupError `CORRUPT` for one that may be */
async function passForeign(
  instance: Pick<Instance, 'foreignNames'>,
  found: readonly string[],
  options: StorageOptions,
): Promise<string[]> {
  const foreign: Foreign[] = found.map((name) => ({ name, isEncrypted: false }));
  for (const folder of ['commits/', 'holds/', 'removals/']) {
    for await (const name of instance.foreignNames(folder, options)) foreign.push({ name, isEncrypted: true });
  }
  for (const one of foreign) if (mayBeOurs(one)) throw notUnderstood(one.name);
  return foreign.map(({ name }) => name);
}

function notUnderstood(name: string, cause?: BackupError): BackupError {
  return new BackupError('CORRUPT', say('expire.not-understood', { name }), {
    hint: say('expire.not-understood.hint'),
    cause,
  });
}
