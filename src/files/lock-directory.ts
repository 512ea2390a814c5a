import {
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { readRegular } from './open-regular.ts';
import { fsPath, joinPath, parentPath } from './path.ts';
import { isProcessGone, processStart } from './process-start.ts';

/** Name of the lock file in a directory that a run fills. What still has it was not finished. */
export const lockName = '.gausskeep.lock';

/** How long a lock file may be without content, in milliseconds: its run is between creating and writing it, or was. */
const momentMs = 2000;

/** Whether an entry is a lock, or what a run that was killed left of one. */
export function isLockName(name: string): boolean {
  return name === lockName || name.startsWith(`${lockName}.`);
}

export interface DirectoryLock {
  /** Removes the lock file. Again is harmless. @throws BackupError `STORAGE_UNAVAILABLE` */
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot, where the system tells it: numbers of processes are used again. */
  readonly started: string | undefined;
}

/**
 * Takes the directory `path`, which exists, for this run alone, by a lock file in it. The lock of a process that has
 * ended is taken over, and one without content that is older than a moment, which a full disk or a kill left: it is
 * nobody's. Waits, without a turn of the event loop, until a lock without content has one or is that old.
 * @throws BackupError `LOCKED` when another run has it; `STORAGE_UNAVAILABLE`
 */
export function lockDirectory(path: ByteString): DirectoryLock {
  const file = joinPath(path, lockName);
  const own: Holder = { pid: process.pid, host: hostname(), started: processStart(process.pid) };
  const text = `${JSON.stringify(own)}\n`;
  if (!createLock(file, text)) {
    const stale = readSettled(file);
    if (stale !== undefined) {
      const holder = parseHolder(stale);
      if (isHeld(stale, holder)) throw locked(path, file, holder);
      removeStale(path, file, stale);
    }
    if (!createLock(file, text)) throw locked(path, file, parseHolder(readLock(file) ?? ''));
  }
  removeLeftovers(path);
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      try {
        unlinkSync(fsPath(file));
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('remove', file, error);
      }
    },
  };
}

/**
 * Nothing unless another run is at work in `path`. Reads only. A lock without content counts as `lockDirectory` has it.
 * @throws BackupError `LOCKED` with the run; `STORAGE_UNAVAILABLE`
 */
export function requireUnlocked(path: ByteString): void {
  const file = joinPath(path, lockName);
  const text = readSettled(file);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (isHeld(text, holder)) throw locked(path, file, holder);
}

/** What the lock of a run that is at work in `path` says, which no other run's does; undefined: none is. Reads only. */
export function holderIn(path: ByteString): string | undefined {
  const text = readLock(joinPath(path, lockName));
  return text !== undefined && hasContent(text) && isHeld(text, parseHolder(text)) ? text : undefined;
}

/**
 * Under a name of its own first, so that the lock never shows without its content. What could not be written is removed.
 * @returns false when there is a lock already
 */
function createLock(file: ByteString, text: string): boolean {
  const temporary = `${file}.new-${randomUUID()}` as ByteString;
  try {
    writeNew(temporary, text);
    linkSync(fsPath(temporary), fsPath(file));
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST') return false;
    // File systems without second names: FAT, some network and user-space ones.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS' && code !== 'EMLINK') {
      throw fileFailure('create', file, error);
    }
  } finally {
    removeQuietly(temporary);
  }
  try {
    writeNew(file, text);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw fileFailure('create', file, error);
  }
}

/**
 * Creates a file with its content, durably, and for the owner of its directory: a lock that root left there he must be able to
 * read. One that cannot be written is removed again.
 */
function writeNew(file: ByteString, text: string): void {
  const descriptor = openSync(fsPath(file), 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    giveToOwner(descriptor, file);
    fsyncSync(descriptor);
  } catch (error) {
    removeQuietly(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function giveToOwner(descriptor: number, file: ByteString): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(fsPath(parentPath(file)));
  if (uid !== 0) fchownSync(descriptor, uid, gid);
}

function removeQuietly(file: ByteString): void {
  try {
    unlinkSync(fsPath(file));
  } catch {
    // The failure before is the one to tell; a lock without content is nobody's after a moment.
  }
}

/** The content of the lock: of one that has none yet, once it has, or as it is when it is older than a moment. */
function readSettled(file: ByteString): string | undefined {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  // Counted here too: the clock of a file server may be ahead of ours.
  for (let waitedMs = 0; ; waitedMs += 50) {
    const text = readLock(file);
    if (text === undefined || hasContent(text)) return text;
    const writtenMs = statSync(fsPath(file), { throwIfNoEntry: false })?.mtimeMs;
    if (writtenMs === undefined || Date.now() - writtenMs > momentMs || waitedMs > momentMs) return text;
    Atomics.wait(pause, 0, 0, 50);
  }
}

/** Locks under other names whose runs were killed before they removed them. */
function removeLeftovers(path: ByteString): void {
  for (const name of readdirSync(fsPath(path), { encoding: 'latin1' })) {
    if (name === lockName || !isLockName(name)) continue;
    const file = joinPath(path, name);
    const text = readSettled(file);
    if (text !== undefined && !isHeld(text, parseHolder(text))) removeQuietly(file);
  }
}

function readLock(file: ByteString): string | undefined {
  try {
    return readRegular(fsPath(file)).toString('utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fileFailure('read', file, error);
  }
}

/** Moves the stale lock away under a name of its own, so that of two runs that both found it stale only one wins. */
function removeStale(path: ByteString, file: ByteString, stale: string): void {
  const aside = `${file}.stale-${randomUUID()}` as ByteString;
  try {
    renameSync(fsPath(file), fsPath(aside));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw fileFailure('rename', file, error);
  }
  const moved = readLock(aside);
  if (moved !== undefined && moved !== stale) {
    // Between reading and moving another run took it: give its lock back.
    try {
      linkSync(fsPath(aside), fsPath(file));
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('rename', file, error);
    }
  }
  removeQuietly(aside);
  if (moved !== undefined && moved !== stale) throw locked(path, file, parseHolder(moved));
}

function parseHolder(text: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
  const { pid, host } = value;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || typeof host !== 'string') return undefined;
  return { pid, host, started: 'started' in value && typeof value.started === 'string' ? value.started : undefined };
}

/** In doubt it is: a lock that says something else than ours do, or of another machine. */
function isHeld(text: string, holder: Holder | undefined): boolean {
  return holder === undefined ? hasContent(text) : isAlive(holder);
}

/** A power cut leaves zeros. */
function hasContent(text: string): boolean {
  return !/^[\s\0]*$/.test(text);
}

function isAlive(holder: Holder): boolean {
  // Processes of another machine cannot be seen from here: in doubt they live.
  if (holder.host !== hostname()) return true;
  if (isProcessGone(holder.pid)) return false;
  const started = processStart(holder.pid);
  return holder.started === undefined || started === undefined || started === holder.started;
}

function locked(path: ByteString, file: ByteString, holder: Holder | undefined): BackupError {
  const values = { path: display(path), pid: holder?.pid ?? '?', host: holder?.host ?? '?' };
  return new BackupError('LOCKED', say('files.locked', values), {
    hint: say('files.locked.hint', { file: display(file) }),
  });
}
