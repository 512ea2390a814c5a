import { systemCodeOf } from '../errors/backup-error.ts';
import { systemClock, type Clock } from './clock.ts';
import type { DataDirectory } from './data-directory.ts';
import { runningPid } from './postmaster.ts';

/** A fast shutdown ends sessions; what it has to write takes time. */
const stopTimeoutMs = 120_000;

/** Stops the server of a data directory as `pg_ctl stop -m fast` does. @returns whether it has ended */
export async function stopServer(
  { path }: DataDirectory,
  { clock = systemClock, signal }: { readonly clock?: Clock | undefined; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const pid = runningPid(path);
  if (pid === undefined) return true;
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    return systemCodeOf(error) === 'ESRCH';
  }
  for (const deadline = clock.nowMs() + stopTimeoutMs; clock.nowMs() < deadline;) {
    if (runningPid(path) !== pid) return true;
    await clock.wait(50, signal);
  }
  return false;
}
