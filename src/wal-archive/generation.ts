import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { damaged, decodeSealed, encodeSealed } from '../storage/sealed-json.ts';

/** A line of WAL in an archive. Format: docs/design/wal-archive.md. */
export interface Generation {
  /** 1, 2, 3 … in the order in which they were opened. */
  readonly number: number;
  /** The generation that it forked from; undefined for the first. */
  readonly parent: number | undefined;
  /** First byte of WAL that differs from the parent's. */
  readonly forkLsn: Lsn | undefined;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** Why, for people. */
  readonly reason: string;
  /** Closed: nothing more is pushed into it. */
  readonly closed: boolean;
}

export function generationFolder(number: number): string {
  return `generations/${number}/`;
}

/** Numbers of those that have a folder, whatever lies in it, in the order of the storage. */
export async function* generationNumbers(storage: Storage, options: StorageOptions = {}): AsyncIterable<number> {
  for await (const folder of storage.folders('generations/', options)) {
    const number = /^generations\/([1-9][0-9]{0,8})\/$/.exec(folder)?.[1];
    if (number !== undefined) yield Number(number);
  }
}

export function generationName(number: number): string {
  return `${generationFolder(number)}generation.json`;
}

export function closedName(number: number): string {
  return `${generationFolder(number)}closed.json`;
}

export function encodeGeneration(generation: Omit<Generation, 'closed'>): Buffer {
  const { number, parent = null, forkLsn, createdAt, reason } = generation;
  const fork = forkLsn === undefined ? null : formatLsn(forkLsn);
  return encodeSealed({ format: 1, generation: number, parent, forkLsn: fork, createdAt, reason });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeGeneration(bytes: Uint8Array, number: number, closed: boolean): Generation {
  const name = generationName(number);
  const { generation, parent, forkLsn, createdAt, reason } = decodeSealed(bytes, name);
  const first = parent === null && forkLsn === null;
  // A parent is always older: that is what ends the walk up the line of parents.
  const later =
    typeof parent === 'number' && Number.isInteger(parent) && parent >= 1 && parent < number && isLsnText(forkLsn);
  if (generation !== number || !(first || later) || typeof createdAt !== 'string' || typeof reason !== 'string') {
    throw damaged(name);
  }
  const fork = isLsnText(forkLsn) ? parseLsn(forkLsn) : undefined;
  return { number, parent: later ? parent : undefined, forkLsn: fork, createdAt, reason, closed };
}

export function encodeClosed(number: number, closedAt: string, reason: string): Buffer {
  return encodeSealed({ format: 1, generation: number, closedAt, reason });
}

export function isLsnText(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(value);
}
