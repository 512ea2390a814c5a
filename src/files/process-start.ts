import { readFileSync } from 'node:fs';
import { systemCodeOf } from '../errors/backup-error.ts';

/** When a process was started, in clock ticks of the kernel since the host was: with its number it tells it from every other. Undefined where the system does not say. */
export function processStart(pid: number): string | undefined {
  // Field 22.
  return statOf(pid)?.[19];
}

/**
 * Whether no process of this host has a number, or one that has ended and only stands in the table of processes: a parent that waits for nobody, as the first one of some containers,
 * leaves the dead there.
 */
export function isProcessGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Of another account it is there.
    if (systemCodeOf(error) === 'ESRCH') return true;
  }
  return isDead(pid);
}

/** Whether a process is stopped by a signal, or held by whoever traces it. */
export function isProcessStopped(pid: number): boolean {
  return /^[Tt]$/.test(statOf(pid)?.[0] ?? '');
}

function isDead(pid: number): boolean {
  return /^[ZX]$/.test(statOf(pid)?.[0] ?? '');
}

/** /proc/PID/stat (proc(5)) from field 3, the state, on; the name in field 2 may hold anything, so count from its end. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
