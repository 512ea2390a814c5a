import { hostname } from 'node:os';
import { BackupError } from '../errors/backup-error.ts';
import { readSmallObject, putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { decodeHold, encodeHold, holdObject, holdsFolder, parseHoldName, type Hold } from './hold.ts';
import { isId } from './names.ts';
import { refuseRemoved } from './refuse-removed.ts';

const hourMs = 60 * 60 * 1000;
/** It is renewed at most so often. */
const everyMs = hourMs;
/** Longer ago than that, others may have counted it as dead: half of what they wait. */
const doubtfulMs = 12 * hourMs;
/** 30 days: whoever fetches WAL for longer is a standby, for which no backup is to stay for ever. */
const mostRenewals = 30 * 24;

/** Which hold: that of a run on a backup. */
export type HoldName = Pick<Hold, 'backup' | 'run'>;

/** A hold as a command line names it. */
export function formatHoldName({ backup, run }: HoldName): string {
  return `${backup}/${run}`;
}

/** Undefined: that is none. */
export function parseHoldWord(text: string): HoldName | undefined {
  const [backup = '', run = '', ...rest] = text.split('/');
  return isId(backup) && isId(run) && rest.length === 0 ? { backup, run } : undefined;
}

/**
 * Renews the hold that a restore has left to the recovery which follows it: at most once an hour by the clock of this host, for 30 days at most.
 * One that has died meanwhile, or is gone, is put again, if its backup is still there.
 * @param storage the folder of the instance
 * @returns whether it was renewed now
 * @throws BackupError `BACKUP_NOT_FOUND` when the backup is off the catalogue and nothing holds it any more
 */
export async function renewHold(
  storage: Storage,
  name: HoldName,
  {
    now = Date.now,
    ...options
  }: StorageOptions & { /** For tests: ms since 1970. */ readonly now?: () => number } = {},
): Promise<boolean> {
  const newest = await newestOf(storage, name, options);
  const renewal = newest === undefined ? 0 : newest.renewal + 1;
  if (renewal >= mostRenewals) return false;
  const nowMs = now();
  // Both by the clock of this host; one that was put back since must not keep it from being renewed.
  const ageMs = newest?.atMs === undefined ? Infinity : Math.abs(nowMs - newest.atMs);
  if (ageMs < everyMs) return false;
  const at = new Date(nowMs).toISOString();
  const hold = { ...name, kind: 'restore', prior: undefined, host: hostname(), pid: process.pid, at } as const;
  const object = holdObject(name, renewal);
  const isOurs = await putIfAbsent(storage, object, encodeHold({ ...hold, position: undefined }), options);
  if (ageMs < doubtfulMs) return isOurs;
  try {
    await refuseRemoved(storage, name.backup, options);
  } catch (error) {
    if (isOurs) await storage.delete(object, options).catch(() => undefined);
    throw error;
  }
  return isOurs;
}

/** `atMs`: by the clock of the host that put it; undefined where it cannot be read. */
async function newestOf(
  storage: Storage,
  { backup, run }: HoldName,
  options: StorageOptions,
): Promise<{ readonly renewal: number; readonly atMs: number | undefined } | undefined> {
  let newest: { name: string; renewal: number } | undefined;
  for await (const { name } of storage.list(`${holdsFolder}${backup}/${run}/`, options)) {
    const renewal = parseHoldName(name)?.renewal;
    if (renewal !== undefined && renewal >= (newest?.renewal ?? 0)) newest = { name, renewal };
  }
  if (newest === undefined) return undefined;
  const { name, renewal } = newest;
  try {
    const bytes = await readSmallObject(storage, name, options);
    return { renewal, atMs: bytes && Date.parse(decodeHold(bytes, name, { backup, run }).at) };
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return { renewal, atMs: undefined };
    throw error;
  }
}
