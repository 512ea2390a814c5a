import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import type { Backlog } from '../checks/backlog.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import type { ErrorData } from '../errors/error-data.ts';
import { holderIn, lockName } from '../files/lock-directory.ts';
import { readRegular } from '../files/open-regular.ts';
import { isProcessStopped } from '../files/process-start.ts';
import { fingerprintIfThere, statLine } from './fingerprint.ts';
import { isReady } from './ready-wal.ts';
import { say, type Message } from '../messages/message.ts';
import type { PushReport } from './push-wal.ts';

/**
 * The spool of pushes: what `wal push --async` and the pusher beside it tell each other, in a folder for each pair of WAL directory and archive.
 * It says nothing of the archive by itself: an answer counts only as long as the pusher that gave it is at work, and for the very file that it
 * read. So a spool may be lost at any time, and one of an earlier life of a directory is believed nothing. Design: docs/design/wal-push-async.md.
 */
export interface PushSpool {
  /** The folder, absolute. */
  readonly folder: string;
}

/** What a server asked for last. */
export interface AskedPush {
  readonly name: string;
  /** Of this call alone. */
  readonly token: string;
  /** Of the file as the call saw it. */
  readonly file: string;
  /** How the call was made, where one that is made alike may be answered by the lines of sh; undefined: it must not. */
  readonly words?: CallWords | undefined;
}

/** A command line but for the name of the file. No line feeds. */
export interface CallWords {
  /** `wal push ` and what stands before the name. */
  readonly before: string;
  readonly behind: string;
  /** Working directory, without links. */
  readonly directory: string;
}

/** A file is in the archive. */
export interface DonePush {
  /** The lock of the pusher that stored it. */
  readonly holder: string;
  /** Of the file as it was stored. */
  readonly file: string;
  readonly report: PushReport;
  /** To be told once. */
  readonly notes: readonly Message[];
  /** What waited a moment ago, where it puts the disk of the WAL in danger; told once a minute. */
  readonly danger?: Backlog | undefined;
}

/** Why what a call asked for is not in the archive. */
export interface FailedPush {
  readonly holder: string;
  readonly token: string;
  readonly error: ErrorData;
}

/** How a pusher stands, for people. Times in ms since 1970. */
export interface PusherState {
  readonly format: 1;
  readonly pid: number;
  readonly atMs: number;
  readonly startedAtMs: number;
  /** Of the archive, for people. */
  readonly archive: string;
  readonly walDirectory: string;
  /** Since it started. */
  readonly pushed: { readonly count: number; readonly bytes: number };
  readonly last: { readonly name: string; readonly atMs: number } | undefined;
  /** Names, on their way. */
  readonly inFlight: readonly string[];
  /** What keeps it from going on now. */
  readonly trouble: { readonly name: string; readonly sinceMs: number; readonly error: ErrorData } | undefined;
  /** It has ended. */
  readonly ended: boolean;
}

const names = { asked: 'asked.json', called: 'called', failed: 'failed.json', state: 'state.json' } as const;
const suffixes = { done: '.ok', now: '.now' } as const;

/** What it is about: a WAL directory, and what names archive, generation and compression. Another archive has another folder. */
export interface PushBinding {
  /** Directory of the spool. */
  readonly spool: string;
  readonly walDirectory: string;
  readonly archive: string;
}

/**
 * Opens the folder, which is made where it is not there.
 * @throws BackupError `USAGE` for a spool in the data directory; `STORAGE_UNAVAILABLE` where others may write into it; else Error of the system
 */
export function openPushSpool({ spool, walDirectory, archive }: PushBinding): PushSpool {
  const place = realpathSync(walDirectory);
  const { dev, ino } = statSync(place);
  const key = createHash('sha256')
    .update(JSON.stringify([1, place, String(dev), String(ino), archive]))
    .digest('hex');
  const folder = join(spool, key.slice(0, 32));
  refuseInData(spool, walDirectory);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const path of [spool, folder]) {
    const facts = lstatSync(path);
    if (facts.isDirectory() && facts.uid === process.geteuid?.() && (facts.mode & 0o022) === 0) continue;
    throw new BackupError('STORAGE_UNAVAILABLE', say('wal-async.spool-of-others', { path }), { context: { spool } });
  }
  return { folder };
}

/** A base backup would hold it, and whatever cleans the directory would remove it. */
function refuseInData(spool: string, walDirectory: string): void {
  const inside = (path: string, directory: string): boolean => `${path}/`.startsWith(`${directory}/`);
  for (let above = spool; ; above = dirname(above)) {
    const real = statSync(above, { throwIfNoEntry: false }) === undefined ? undefined : realpathSync(above);
    if (real === undefined && above !== dirname(above)) continue;
    for (const directory of [walDirectory, dirname(walDirectory)]) {
      if (real === undefined || !inside(real, realpathSync(directory))) continue;
      throw new BackupError('USAGE', say('wal-async.spool-in-data', { spool, directory }), {
        hint: say('wal-async.spool-in-data.hint'),
      });
    }
    return;
  }
}

/**
 * What the lock of the pusher at work says; undefined: none is. One of another host cannot be seen to live: a data directory that was moved, or is in a
 * container with a new name, has such a lock.
 */
export function pusherOf({ folder }: PushSpool): string | undefined {
  const holder = holderIn(fromText(folder));
  return holder === undefined || !isOfThisHost(holder) ? undefined : holder;
}

/** Removes the lock of a pusher of another host. Should that be at work it sees that its lock is gone, and ends. */
export function forgetElsewhere({ folder }: PushSpool): void {
  const holder = holderIn(fromText(folder));
  if (holder !== undefined && !isOfThisHost(holder)) remove(join(folder, lockName));
}

/** The number of the pusher at work, where it is stopped: it forgets nothing meanwhile, so that what it said counts no more. */
export function stoppedPusher(spool: PushSpool): number | undefined {
  const pid = pidOf(pusherOf(spool));
  return pid !== undefined && isProcessStopped(pid) ? pid : undefined;
}

/** Of the process in the text of a lock. */
export function pidOf(holder: string | undefined): number | undefined {
  return holder === undefined ? undefined : (JSON.parse(holder) as { readonly pid: number }).pid;
}

/** Another text about once a second, as long as the pusher goes on. */
export function signOfLife({ folder }: PushSpool): string | undefined {
  return fingerprintIfThere(join(folder, names.state));
}

/** Another text where the lock is another one, or gone: it costs less than to look who holds it. */
export function lockMark({ folder }: PushSpool): string | undefined {
  return fingerprintIfThere(join(folder, lockName));
}

function isOfThisHost(holder: string): boolean {
  try {
    return (JSON.parse(holder) as { readonly host?: unknown } | null)?.host === hostname();
  } catch {
    return false;
  }
}

export function writeAsked(spool: PushSpool, asked: AskedPush): void {
  write(spool, names.asked, asked);
}

/** @param seenMark of what was read before @returns with a mark that is another after each call of `writeAsked`; undefined: nothing new */
export function readAsked(
  spool: PushSpool,
  seenMark: string | undefined,
): (AskedPush & { readonly mark: string }) | undefined {
  const mark = fingerprintIfThere(join(spool.folder, names.asked));
  if (mark === undefined || mark === seenMark) return undefined;
  const asked = read<AskedPush>(spool, names.asked);
  return asked && { ...asked, mark };
}

export function writeDone(spool: PushSpool, done: DonePush): void {
  write(spool, done.report.name + suffixes.done, done);
}

/** The answer of the pusher that is at work, about the very file. */
export function readDone(spool: PushSpool, name: string, file: string): DonePush | undefined {
  const done = read<DonePush>(spool, name + suffixes.done);
  if (done?.file !== file || done.report.name !== name) return undefined;
  return done.holder === pusherOf(spool) ? done : undefined;
}

export function removeDone({ folder }: PushSpool, name: string): void {
  for (const suffix of Object.values(suffixes)) remove(join(folder, name + suffix));
}

/**
 * What lets the lines of sh with which the program begins (src/cli/launcher.sh) answer a call without starting node: the process and its
 * start, the file as stat(1) prints it, the command line, the working directory. A file that is on its way has an empty line yet: then they wait.
 * @param pushed.file undefined: it is on its way
 * @returns false where the system does not tell when a process was started
 */
export function writeNow(
  spool: PushSpool,
  pushed: { readonly holder: string; readonly file: string | undefined },
  name: string,
  words: CallWords,
): boolean {
  const { pid, started } = JSON.parse(pushed.holder) as { readonly pid: number; readonly started?: string };
  if (started === undefined) return false;
  const file = pushed.file === undefined ? '' : statLine(pushed.file);
  const lines = [`${pid} ${started}`, file, `${words.before}${name}${words.behind}`, words.directory];
  writeText(spool, name + suffixes.now, `${lines.join('\n')}\n`);
  return true;
}

export function removeNow({ folder }: PushSpool, name: string): void {
  remove(join(folder, name + suffixes.now));
}

/** Another text after each call that sh answered. */
export function calledMark({ folder }: PushSpool): string | undefined {
  const facts = statSync(join(folder, names.called), { bigint: true, throwIfNoEntry: false });
  return facts && String(facts.mtimeNs);
}

/** Forgets all answers: of an earlier pusher, whose word counts no more. */
export function clearAnswers({ folder }: PushSpool): void {
  for (const name of readdirSync(folder)) {
    const isAnswer = Object.values(suffixes).some((suffix) => name.endsWith(suffix)) || name === names.failed;
    if (isAnswer || name.includes(temporaryMark)) remove(join(folder, name));
  }
}

export function writeFailed(spool: PushSpool, failed: FailedPush): void {
  write(spool, names.failed, failed);
}

export function readFailed(spool: PushSpool, token: string): FailedPush | undefined {
  const failed = read<FailedPush>(spool, names.failed);
  return failed?.token === token ? failed : undefined;
}

export function writeState(spool: PushSpool, state: PusherState): void {
  write(spool, names.state, state);
}

export function readState(spool: PushSpool): PusherState | undefined {
  return read<PusherState>(spool, names.state);
}

/** A pusher as `wal status` tells it. */
export interface SeenPusher {
  readonly state: PusherState;
  readonly isAtWork: boolean;
  /** It is at work, but stopped by a signal, or held by whoever traces it: nothing comes from it. */
  readonly isStopped: boolean;
}

/** What the pushers of a WAL directory said last, whichever archives they push into; the newest first. */
export function readStates(spool: string, walDirectory: string): SeenPusher[] {
  const place = realpathSync(walDirectory);
  const states = folderNames(spool).flatMap((folder) => {
    const one = { folder: join(spool, folder) };
    const state = read<PusherState>(one, names.state);
    if (state?.walDirectory !== place) return [];
    const isStopped = stoppedPusher(one) !== undefined;
    return [{ state: withoutOver(state, walDirectory), isAtWork: pusherOf(one) !== undefined, isStopped }];
  });
  return states.sort((a, b) => b.state.atMs - a.state.atMs);
}

/** What failed has no mark of the server any more: it was archived since, by whatever command. */
function withoutOver(state: PusherState, walDirectory: string): PusherState {
  const { trouble } = state;
  const isOver = trouble !== undefined && !isReady(walDirectory, trouble.name);
  return isOver ? { ...state, trouble: undefined } : state;
}

function folderNames(spool: string): string[] {
  try {
    return readdirSync(spool).filter((name) => /^[0-9a-f]{32}$/.test(name));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const temporaryMark = '.gausskeep-';

function write(spool: PushSpool, name: string, value: object): void {
  writeText(spool, name, `${JSON.stringify(value, plain)}\n`);
}

/** Appears whole or not at all. Not synced: what a crash takes is asked for again. */
function writeText({ folder }: PushSpool, name: string, text: string): void {
  const path = join(folder, name);
  const temporary = `${path}${temporaryMark}${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

/** Large numbers in sentences as text, which reads the same. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Undefined where there is none that can be read. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what we wrote; whoever can change it is the account itself
function read<Value extends object>({ folder }: PushSpool, name: string): Value | undefined {
  try {
    const value: unknown = JSON.parse(readRegular(join(folder, name)).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Value) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

/** Beside the data directory: `main` has `main.gausskeep-spool`. */
export function defaultSpool(dataDirectory: string): string {
  const data = realpathSync(dataDirectory);
  return join(dirname(data), `${basename(data)}.gausskeep-spool`);
}
