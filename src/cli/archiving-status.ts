import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorRecord } from './error-text.ts';
import { errorFromData } from '../errors/error-data.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { dangerOf, isBehind, readBacklog, readStates, type Backlog, type PusherState } from '../wal-archive.ts';

/** How the archiving of a data directory stands. */
export interface ArchivingStatus {
  readonly directory: string;
  readonly spool: string;
  readonly backlog: Backlog;
  /** The newest first. */
  readonly pushers: readonly { readonly state: PusherState; readonly isAtWork: boolean }[];
}

export type ArchivingCondition = 'well' | 'behind' | 'fails' | 'endangered';

/** Looks at the marks of the server and at the spool; asks no server. @throws BackupError `USAGE` when it is no data directory */
export function readArchivingStatus(directory: string, spool: string): ArchivingStatus {
  const walDirectory = ['pg_wal', 'pg_xlog'].map((name) => join(directory, name)).find((path) => existsSync(path));
  if (walDirectory === undefined) throw new BackupError('USAGE', say('wal-async.status.no-data', { path: directory }));
  return { directory, spool, backlog: readBacklog(walDirectory), pushers: readStates(spool, walDirectory) };
}

/** By the worst that is seen. A failure counts as long as something waits. */
export function conditionOf({ backlog, pushers }: ArchivingStatus): ArchivingCondition {
  if (dangerOf(backlog) !== undefined) return 'endangered';
  const [newest] = pushers;
  const relevant = pushers.filter((pusher) => pusher.isAtWork || pusher === newest);
  if (backlog.count > 0 && relevant.some(({ state }) => state.trouble !== undefined)) return 'fails';
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
    pushers: pushers.map(({ state, isAtWork }) => ({
      archive: state.archive,
      isAtWork,
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

function troubleRecord({ name, sinceMs, error }: NonNullable<PusherState['trouble']>): Record<string, unknown> {
  return { name, since: timeText(sinceMs), error: errorRecord(errorFromData(error)) };
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
