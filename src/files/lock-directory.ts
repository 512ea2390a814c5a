import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileFailure } from './failure.ts';
import { readRegular } from './open-regular.ts';
import { fsPath, joinPath } from './path.ts';

/** Name of the lock file in a directory that a run fills. What still has it was not finished. */
export const lockName = '.gausskeep.lock';

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
 * ended is taken over.
 * @throws BackupError `LOCKED` when another run has it; `STORAGE_UNAVAILABLE`
 */
export function lockDirectory(path: ByteString): DirectoryLock {
  const file = joinPath(path, lockName);
  const own: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const text = `${JSON.stringify(own)}\n`;
  if (!createLock(file, text)) {
    const stale = readLock(file);
    if (stale !== undefined) {
      const holder = parseHolder(stale);
      if (holder === undefined || isAlive(holder)) throw locked(path, file, holder);
      removeStale(path, file, stale);
    }
    if (!createLock(file, text)) throw locked(path, file, parseHolder(readLock(file) ?? ''));
  }
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

function createLock(file: ByteString, text: string): boolean {
  try {
    const descriptor = openSync(fsPath(file), 'wx', 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw fileFailure('create', file, error);
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
  unlinkSync(fsPath(aside));
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

function isAlive(holder: Holder): boolean {
  // Processes of another machine cannot be seen from here: in doubt they live.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return holder.started === undefined || started === undefined || started === holder.started;
}

/** Field 22 of /proc/PID/stat (proc(5)); the name in field 2 may hold anything, so count from its end. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function locked(path: ByteString, file: ByteString, holder: Holder | undefined): BackupError {
  const values = { path: display(path), pid: holder?.pid ?? '?', host: holder?.host ?? '?' };
  return new BackupError('LOCKED', say('files.locked', values), {
    hint: say('files.locked.hint', { file: display(file) }),
  });
}
