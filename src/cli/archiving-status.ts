import { statSync } from 'node:fs';
import { join } from 'node:path';
import { errorRecord } from './error-text.ts';
import { errorFromData } from '../errors/error-data.ts';
import { systemFailure } from '../errors/system-failure.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import {
  dangerOf,
  defaultSpool,
  isBehind,
  readBacklog,
  readStates,
  type Backlog,
  type SeenPusher,
} from '../wal-archive.ts';

/** How the archiving of a data directory stands. */
export interface ArchivingStatus {
  readonly directory: string;
  readonly spool: string;
  readonly backlog: Backlog;
  /** The newest first. */
  readonly pushers: readonly SeenPusher[];
}

export type ArchivingCondition = 'well' | 'behind' | 'stopped' | 'fails' | 'endangered';

/**
 * Looks at the marks of the server and at the spool; asks no server.
 * @throws BackupError `USAGE` when it is no data directory, `STORAGE_UNAVAILABLE` when this account may not look
 */
export function readArchivingStatus(directory: string, spool: string): ArchivingStatus {
  const walDirectory = ['pg_wal', 'pg_xlog'].map((name) => join(directory, name)).find((path) => isThere(path));
  if (walDirectory === undefined) throw new BackupError('USAGE', say('wal-async.status.no-data', { path: directory }));
  const backlog = looking(walDirectory, () => readBacklog(walDirectory));
  return { directory, spool, backlog, pushers: looking(spool, () => readStates(spool, walDirectory)) };
}

function isThere(path: string): boolean {
  return looking(path, () => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

/** @throws BackupError `STORAGE_UNAVAILABLE` where `path` cannot be looked at */
export function looking<Result>(path: string, look: () => Result): Result {
  try {
    return look();
  } catch (error) {
    throw systemFailure('read', path, error);
  }
}

/** The process that pushes for a data directory, by what lies in its spool, where that stands still; undefined where none does, or it cannot be seen. */
export function stoppedPusherFor(dataDirectory: string, spool: string | undefined): number | undefined {
  try {
    const { pushers } = readArchivingStatus(dataDirectory, spool ?? defaultSpool(dataDirectory));
    return pushers.find(({ isStopped }) => isStopped)?.state.pid;
  } catch {
    // That is told by what cannot be looked at.
    return undefined;
  }
}

/** By the worst that is seen. A failure counts as long as something waits. */
export function conditionOf({ backlog, pushers }: ArchivingStatus): ArchivingCondition {
  if (dangerOf(backlog) !== undefined) return 'endangered';
  const [newest] = pushers;
  const relevant = pushers.filter((pusher) => pusher.isAtWork || pusher === newest);
  if (backlog.count > 0 && relevant.some(({ state }) => state.trouble !== undefined)) return 'fails';
  if (pushers.some(({ isStopped }) => isStopped)) return 'stopped';
  return isBehind(backlog) ? 'behind' : 'well';
}

/** For programs. */
export function archivingRecord(status: ArchivingStatus): Record<string, unknown> {
  const { directory, spool, backlog, pushers } = status;
  const { count, bytes, oldest, freeBytes, totalBytes } = backlog;
  return {
    ...{ messageType: 'archiving', directory, spool, condition: conditionOf(status) },
    waiting: { files: count, bytes, oldest: oldest?.name ?? null, oldestSeconds: oldest?.seconds ?? null },
    ...{ freeBytes, totalBytes },
    pushers: pushers.map(({ state, isAtWork, isStopped }) => ({
      archive: state.archive,
      ...{ isAtWork, isStopped },
      pid: state.pid,
      startedAt: timeText(state.startedAtMs),
      at: timeText(state.atMs),
      pushedFiles: state.pushed.count,
      pushedBytes: state.pushed.bytes,
      last: state.last === undefined ? null : { name: state.last.name, at: timeText(state.last.atMs) },
      inFlight: state.inFlight,
      trouble: state.trouble === undefined ? null : troubleRecord(state.trouble),
    })),
  };
}

function troubleRecord({ name, sinceMs, error }: NonNullable<SeenPusher['state']['trouble']>): Record<string, unknown> {
  return { name, since: timeText(sinceMs), error: errorRecord(errorFromData(error)) };
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
