import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { DataDirectory } from './data-directory.ts';
import type { ServerPrograms } from './find-programs.ts';

/** A program that was started. Of openGauss it is gs_ctl, which ends when the server is up. */
export interface StartedProgram {
  readonly pid: number;
  /** undefined while it runs; null: a signal ended it. */
  readonly status: () => number | null | undefined;
}

/**
 * Starts the server in a session of its own, so that it outlives us and our terminal. What it writes before its own log is
 * open goes to `logFile`.
 * @throws BackupError `CONFIG_INVALID` when it cannot be executed; `STORAGE_UNAVAILABLE`
 */
export async function startServer(
  { path, dialect }: DataDirectory,
  { directory, environment }: ServerPrograms,
  options: { readonly logFile: string; readonly configFile: string | undefined; readonly archivingOff: boolean },
): Promise<StartedProgram> {
  const program = join(directory, dialect.controlProgram ?? dialect.serverProgram);
  const log = openLog(options.logFile);
  let status: number | null | undefined;
  try {
    const child = spawn(program, dialect.startArguments(path, options), {
      cwd: path,
      env: { ...environment },
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.once('exit', (code) => {
      status = code;
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(
          new BackupError('CONFIG_INVALID', say('recovery.cannot-start', { program, reason: reasonFor(error) }), {
            cause: error,
          }),
        );
      });
    });
    child.unref();
    return { pid: child.pid ?? 0, status: () => status };
  } finally {
    closeQuietly(log);
  }
}

/** What is written there is the server's, which has a descriptor of its own by now. */
function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // Nothing of ours is lost: we have written nothing.
  }
}

/** Never through a link, and never into something that has another name. */
function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  let file: number;
  try {
    file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    // A named pipe that nobody reads.
    if (systemCodeOf(error) === 'ENXIO')
      throw new BackupError('STORAGE_UNAVAILABLE', say('recovery.log-file', { path }));
    throw new BackupError('STORAGE_UNAVAILABLE', say('files.failed-write', { path, reason: reasonFor(error) }), {
      cause: error,
    });
  }
  if (fstatSync(file).isFile() && fstatSync(file).nlink === 1) return file;
  closeSync(file);
  throw new BackupError('STORAGE_UNAVAILABLE', say('recovery.log-file', { path }));
}
