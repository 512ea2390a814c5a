import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Backlog } from '../checks/backlog.ts';
import { readyNames, statusDirectory } from './ready-wal.ts';

/** Looks at a WAL directory by the marks that the server keeps there. @throws Error of the system */
export function readBacklog(walDirectory: string): Backlog {
  const names = readyNames(walDirectory);
  const { bavail, blocks, bsize } = statfsSync(walDirectory);
  const [oldest] = names
    .map((name) => ({ name, sinceMs: timeOf(join(statusDirectory(walDirectory), `${name}.ready`)) }))
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const seconds = oldest === undefined ? 0 : Math.max(0, Math.floor((Date.now() - oldest.sinceMs) / 1000));
  return {
    count: names.length,
    bytes: bytesOf(walDirectory, names),
    oldest: oldest && { name: oldest.name, seconds },
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
  };
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

/** All segments of a server have one size: one that is there tells it. */
function bytesOf(walDirectory: string, names: readonly string[]): number {
  const sizeOf = (name: string): number => statSync(join(walDirectory, name), { throwIfNoEntry: false })?.size ?? 0;
  const segments = names.filter((name) => name.length === 24);
  const others = names.filter((name) => name.length !== 24).slice(0, 100);
  const size = segments.map(sizeOf).find((bytes) => bytes > 0) ?? 0;
  return segments.length * size + others.reduce((sum, name) => sum + sizeOf(name), 0);
}
