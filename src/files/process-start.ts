import { readFileSync } from 'node:fs';

/** When a process was started, in clock ticks of the kernel since the host was: with its number it tells it from every other. Undefined where the system does not say. */
export function processStart(pid: number): string | undefined {
  // Field 22.
  return statOf(pid)?.[19];
}

/** Whether a process has ended and only stands in the table of processes: a parent that waits for nobody, as the first one of some containers, leaves the dead there. */
export function isDead(pid: number): boolean {
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
