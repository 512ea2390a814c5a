import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A program that may start, stop or rebuild the server while we recover. */
export interface ClusterManager {
  readonly pid: number;
  readonly name: string;
}

/** Those of `names` that run on this machine, as a program or as the script of an interpreter. */
export function runningManagers(names: readonly string[], proc = '/proc'): ClusterManager[] {
  const wanted = new Set(names);
  return processIds(proc).flatMap((pid) => {
    const words = commandLine(`${proc}/${pid}/cmdline`).slice(0, 3);
    const name = words.map((word) => basename(word)).find((word) => wanted.has(word));
    return name === undefined ? [] : [{ pid, name }];
  });
}

function processIds(proc: string): number[] {
  try {
    return readdirSync(proc)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function commandLine(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    return [];
  }
}
