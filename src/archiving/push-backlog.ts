import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readyNames, statusDirectory } from './ready-wal.ts';

/** What a server waits to have archived, and what room its WAL has. */
export interface Backlog {
  /** Files. */
  readonly count: number;
  readonly bytes: number;
  /** Undefined: nothing waits. */
  readonly oldest: { readonly name: string; readonly seconds: number } | undefined;
  /** Of the file system of the WAL, for an account that is not root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** WAL that waits longer, in seconds, is more than what is pushed just now. */
const longSeconds = 60;
const enoughBytes = 1024 ** 3;

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

export function isBehind({ count, oldest }: Backlog): boolean {
  return count > 1 && (oldest?.seconds ?? 0) > longSeconds;
}

/**
 * Whether the disk of the WAL may run full, and why: what waits is more than what is free; or it has waited for more than a minute, and less than
 * 1 GiB, or than a tenth of the disk, is free. A server without room for WAL stops.
 */
export function dangerOf(backlog: Backlog): 'backlog' | 'free' | undefined {
  const { count, bytes, freeBytes, totalBytes } = backlog;
  if (count > 1 && bytes > freeBytes) return 'backlog';
  return isBehind(backlog) && freeBytes < Math.max(enoughBytes, totalBytes / 10) ? 'free' : undefined;
}
