import { open, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { isProcessGone } from '../files/process-start.ts';

const lockName = 'lock';

/** How long, in milliseconds, a lock may be without content: its process is about to write it, or could not. */
const momentMs = 2000;
/** How long it may go without a sign of life: its number may be that of another process by now, or it stands still. */
const silenceMs = 30_000;

/** One process fetches at a time into a folder. One whose process is gone or silent is taken over, and one that nobody wrote into. */
export async function lockFolder(folder: string): Promise<boolean> {
  const path = join(folder, lockName);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(String(process.pid));
      } catch (error) {
        // A full disk: what could not be written does not stay.
        await unlink(path).catch(() => undefined);
        throw error;
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
    }
    if ((await isYoung(path, momentMs)) && holderOf(path) === 0) return false;
    if (await isAtWork(folder)) return false;
    await unlink(path).catch(() => undefined);
  }
  return false;
}

/** Says that we are still at it. @returns false when the lock is not ours any more */
export async function renewLock(folder: string): Promise<boolean> {
  const path = join(folder, lockName);
  if (holderOf(path) !== process.pid) return false;
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return true;
}

export async function unlockFolder(folder: string): Promise<void> {
  const path = join(folder, lockName);
  if (holderOf(path) === process.pid) await unlink(path).catch(() => undefined);
}

/** Whether a process fetches into the folder. */
export async function isAtWork(folder: string): Promise<boolean> {
  const path = join(folder, lockName);
  const holder = holderOf(path);
  return Number.isInteger(holder) && holder > 0 && !isProcessGone(holder) && (await isYoung(path, silenceMs));
}

/** One that was written later than now is from before the clock was put back. */
async function isYoung(path: string, limitMs: number): Promise<boolean> {
  const writtenMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  return Math.abs(Date.now() - writtenMs) < limitMs;
}

/** 0 where nobody is named. */
function holderOf(path: string): number {
  try {
    return Number(readRegular(path));
  } catch {
    return 0;
  }
}
