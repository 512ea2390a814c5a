import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { readRegular } from '../files/open-regular.ts';
import { positionPart, parseWalFileName, segmentAt } from '../wal-archive/wal-file-name.ts';
import type { ArchivingListener, ArchivingNews } from './events.ts';
import { getWal, type GetRequest } from './get-wal.ts';
import { openWal } from './open-wal.ts';

/** Where segments wait that a server will ask for next: a directory of its own, never the server's. */
export interface Spool {
  /** Made if absent, mode 0700. One that is not ours alone is not used. */
  readonly directory: string;
  /** Of what archive and generation the content is: any text. */
  readonly archive: string;
}

/** The folder in the spool for one archive, or undefined when the spool cannot be trusted. */
async function folderOf({ directory, archive }: Spool): Promise<string | undefined> {
  const key = createHash('sha256').update(archive).digest('hex').slice(0, 32);
  const folder = join(directory, key);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const path of [directory, folder]) {
    const facts = await lstat(path);
    const isOurs = facts.isDirectory() && facts.uid === process.geteuid?.() && (facts.mode & 0o022) === 0;
    if (!isOurs) return undefined;
  }
  return folder;
}

/**
 * Moves a segment that was fetched before to `target`, if there is one of the right size. A name in the spool is a whole,
 * checked, private copy: `getWal` put it there.
 */
export async function takePrefetched(spool: Spool, name: string, target: string): Promise<boolean> {
  if (parseWalFileName(name)?.kind !== 'segment') return false;
  try {
    const folder = await folderOf(spool);
    if (folder === undefined) return false;
    await rename(join(folder, name), target);
    return true;
  } catch (error) {
    // Not there, or on another file system than the target: then it is fetched in the ordinary way.
    if (systemCodeOf(error) === 'EXDEV' || systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'EACCES')
      return false;
    throw error;
  }
}

/**
 * Whether the spool is running low behind `name`: less than half of `count` waits there, and nobody is at it. For archives that cost something to open.
 */
export async function isRunningLow(name: string, spool: Spool, count: number): Promise<boolean> {
  const folder = await folderOf(spool);
  if (folder === undefined) return false;
  const holder = holderOf(join(folder, lockName));
  if (Number.isInteger(holder) && holder > 0 && isRunning(holder)) return false;
  const waiting = (await readdir(folder)).filter(
    (other) => parseWalFileName(other)?.kind === 'segment' && positionPart(other) > positionPart(name),
  );
  return waiting.length * 2 < count;
}

export interface PrefetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each segment that was fetched. */
  readonly onEvent?: ArchivingListener | undefined;
}

/**
 * Fetches up to `count` segments behind `request.name` into the spool and forgets those before it. Does nothing while
 * another process does it. Ends quietly at the first segment that is not there.
 * @returns the names fetched
 */
export async function prefetchWal(
  request: Omit<GetRequest, 'target'>,
  spool: Spool,
  count: number,
  { signal, onEvent }: PrefetchOptions = {},
): Promise<string[]> {
  const folder = await folderOf(spool);
  if (folder === undefined || !(await lock(folder))) return [];
  const fetched: string[] = [];
  const teller = new Teller<'archiving', ArchivingNews>(onEvent);
  teller.enter('fetch');
  try {
    const { segmentSizeBytes } = (await openWal(request, { signal })).source;
    const present = new Set(await readdir(folder));
    for (const name of present) {
      const isOld = parseWalFileName(name)?.kind === 'segment' && positionPart(name) <= positionPart(request.name);
      if (isOld || name.includes('.gausskeep-')) await unlink(join(folder, name));
    }
    for (let distance = 1; distance <= count; distance += 1) {
      const name = segmentAt(request.name, distance, segmentSizeBytes);
      if (name === undefined) break;
      if (present.has(name)) continue;
      const target = join(folder, name);
      const result = await getWal({ ...request, name, target, partial: false }, { signal });
      if (result.outcome === 'absent') break;
      fetched.push(name);
      const filesDone = fetched.length;
      const doneBytes = filesDone * segmentSizeBytes;
      teller.tell({ type: 'progress', doneBytes, totalBytes: undefined, filesDone, filesTotal: undefined, name });
    }
  } finally {
    await unlink(join(folder, lockName)).catch(() => undefined);
  }
  return fetched;
}

const lockName = 'lock';

/** How long, in milliseconds, a lock may be without content: its process is about to write it, or could not. */
const momentMs = 2000;

/** One process fetches at a time. A lock whose process is gone is taken over, and one that nobody wrote into. */
async function lock(folder: string): Promise<boolean> {
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
    const holder = holderOf(path);
    const writtenMs = (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
    // One that was written later than now is from before the clock was put back.
    if (holder === 0 && Math.abs(Date.now() - writtenMs) < momentMs) return false;
    if (Number.isInteger(holder) && holder > 0 && isRunning(holder)) return false;
    await unlink(path).catch(() => undefined);
  }
  return false;
}

/** 0 where nobody is named. */
function holderOf(path: string): number {
  try {
    return Number(readRegular(path));
  } catch {
    return 0;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}
