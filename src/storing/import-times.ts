import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlFile } from '../server/control-file.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';
import type { Lsn } from '../wal/lsn.ts';

/** What is read of a backup history file, in bytes: a few lines. */
const historyLimit = 64 * 1024;

/** When a backup began and ended, as far as it says so; ISO 8601 in UTC. */
export interface ImportTimes {
  readonly startedAt: string;
  readonly endedAt: string;
}

/**
 * Begin: by its label, whose time counts where its zone is beyond doubt; else the time of the checkpoint in its pg_control. End: by its backup history file, where its WAL has one; else the
 * latest of its begin, the last change of its pg_control and the last transaction that it needs. Never later than now.
 * @param spool the WAL that came with it
 */
export async function importTimes(
  label: BackupLabel,
  control: { readonly updatedAt: bigint; readonly checkpoint: Pick<ControlFile['checkpoint'], 'time'> },
  { spool, lastUs, now }: { spool: string; lastUs: bigint | undefined; now: Date },
): Promise<ImportTimes> {
  const nowMs = now.getTime();
  const checkpointMs = Number(control.checkpoint.time) * 1000;
  const startMs = Math.min(nowMs, timeOf(label.startTime) ?? (checkpointMs > 0 ? checkpointMs : nowMs));
  const known = [startMs, Number(control.updatedAt) * 1000, lastUs === undefined ? 0 : Number(lastUs / 1000n)];
  const endMs = Math.min(nowMs, Math.max(startMs, (await stopTime(spool, label)) ?? Math.max(...known)));
  return { startedAt: new Date(startMs).toISOString(), endedAt: new Date(endMs).toISOString() };
}

/** A time of a server's log, in ms since 1970; undefined where its zone is an abbreviation that may mean several. */
function timeOf(text: string | undefined): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:(UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)$/.exec(text ?? '');
  if (match === null) return undefined;
  const [, date = '', time = '', , hours, minutes = '00'] = match;
  const ms = Date.parse(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(ms) ? undefined : ms;
}

async function stopTime(spool: string, { startLsn }: BackupLabel): Promise<number | undefined> {
  for (const name of await readdir(spool)) {
    if (parseWalFileName(name)?.kind !== 'backup-history') continue;
    const text = (await readFile(join(spool, name))).toString('latin1', 0, historyLimit);
    if (!isOf(text, startLsn)) continue;
    const found = timeOf(/^STOP TIME: (.*)$/m.exec(text)?.[1]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** It is no part of what is restored: one that cannot be read tells nothing. */
function isOf(history: string, startLsn: Lsn): boolean {
  try {
    return parseBackupLabel(history).startLsn === startLsn;
  } catch {
    return false;
  }
}
