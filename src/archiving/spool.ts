import { createCipheriv, createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCodeOf } from '../errors/backup-error.ts';
import { ownerOfNewFiles } from '../files/directory-owner.ts';
import { openRegular, readRegular } from '../files/open-regular.ts';
import { parseWalFileName, positionPart } from '../wal-archive/wal-file-name.ts';
import { unfinishedName } from './deliver-wal.ts';
import { isAtWork } from './spool-lock.ts';

/**
 * Where segments wait that a server will ask for next: a directory of its own, never the server's. For each `archive` there is a folder: `SEGMENT.CHECKSUM` for what waits,
 * `fetching-SEGMENT…` for what comes, `asked`, `lock`. It only ever saves time: whatever is wrong with it, a segment is fetched in the ordinary way.
 */
export interface Spool {
  /** Made if absent, mode 0700, in a directory that is there. One that is not ours alone is not used. */
  readonly directory: string;
  /** Of what archive and generation the content is, and for which run of which server: any text. */
  readonly archive: string;
}

const askedName = 'asked';
const pieceBytes = 1024 * 1024;
/** How long one that is being fetched may stand still before it is fetched by another way, and how often it is looked at; ms. */
const patienceMs = 3000;
const lookMs = 10;

/** The folder in the spool for one archive, or undefined when the spool cannot be trusted. @throws Error of the system */
export async function spoolFolder({ directory, archive }: Spool): Promise<string | undefined> {
  const key = createHash('sha256').update(archive).digest('hex').slice(0, 32);
  const folder = join(directory, key);
  for (const path of [directory, folder]) {
    await makeDirectory(path);
    if (!(await isOurs(path))) return undefined;
  }
  return folder;
}

/** Not those above it: a file system that is not mounted gets nothing below its place. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

/** Whether it can be used: nobody else owns it or may write to it. That it cannot be made is none of this. */
export async function isSpoolOurs(spool: Spool): Promise<boolean> {
  try {
    return (await spoolFolder(spool)) !== undefined;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}

async function isOurs(path: string): Promise<boolean> {
  const facts = await lstat(path);
  return facts.isDirectory() && facts.uid === process.geteuid?.() && (facts.mode & 0o022) === 0;
}

/**
 * Against damage, not against people: it is taken of every segment while the server waits for it. GMAC with a key that everybody knows is a polynomial of all the bytes over 128 bits
 * and takes 2 ms for 16 MiB where SHA-256 takes 10, without its instructions 40.
 */
export class SegmentChecksum {
  readonly #cipher = createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12));

  readonly add = (piece: Uint8Array): void => {
    this.#cipher.setAAD(piece);
  };

  /** 32 hex digits. */
  end(): string {
    this.#cipher.final();
    return this.#cipher.getAuthTag().toString('hex');
  }
}

/** Under what name a segment waits. */
export function waitingName(segment: string, checksum: string): string {
  return `${segment}.${checksum}`;
}

/** Under what name it comes, with something behind it. */
export function fetchingName(segment: string): string {
  return `fetching-${segment}`;
}

export function isFetchingName(name: string): boolean {
  return name.startsWith('fetching-');
}

/** The segment that waits under a name; undefined for what is no such name. */
export function waitingSegment(name: string): string | undefined {
  const [, segment] = /^([0-9A-F]{24})\.[0-9a-f]{32}$/.exec(name) ?? [];
  return segment;
}

export interface TakeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the path of one that was not what had been written; it is removed. */
  readonly onDamaged?: ((path: string) => void) | undefined;
}

/**
 * Moves a segment that was fetched before to `target`, when it is what was fetched to the last byte; waits for one that is being fetched.
 * @returns false when there is none: then it is fetched in the ordinary way
 */
export async function takePrefetched(
  spool: Spool,
  name: string,
  target: string,
  options: TakeOptions = {},
): Promise<boolean> {
  if (parseWalFileName(name)?.kind !== 'segment') return false;
  const { signal } = options;
  try {
    const folder = await spoolFolder(spool);
    if (folder === undefined) return false;
    let seenBytes = -1;
    for (let lastGrowth = performance.now(); ;) {
      signal?.throwIfAborted();
      const found = await readdir(folder);
      for (const one of found.filter((other) => waitingSegment(other) === name)) {
        if (await take(join(folder, one), target, options)) return true;
      }
      const coming = found.find((other) => other.startsWith(fetchingName(name)));
      if (coming === undefined || !(await isAtWork(folder))) return false;
      const bytes = (await stat(join(folder, coming)).catch(() => undefined))?.size ?? 0;
      if (bytes !== seenBytes) lastGrowth = performance.now();
      else if (performance.now() - lastGrowth > patienceMs) return false;
      seenBytes = bytes;
      await pause(lookMs, undefined, { signal });
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}

async function take(path: string, target: string, { onDamaged }: TakeOptions): Promise<boolean> {
  const checksum = path.slice(-32);
  const copy = unfinishedName(target);
  try {
    const isOnOne = (await stat(dirname(path))).dev === (await stat(dirname(target))).dev;
    if ((await checksumOf(path, isOnOne ? undefined : copy)) !== checksum) {
      onDamaged?.(path);
      await unlink(path);
      return false;
    }
    if (isOnOne) await giveAway(path, target);
    await rename(isOnOne ? path : copy, target);
    if (!isOnOne) await unlink(path);
    return true;
  } catch (error) {
    // Another run took it, or it was passed.
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  } finally {
    if (!(await isGone(copy))) await unlink(copy).catch(() => undefined);
  }
}

async function isGone(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) === undefined;
}

/** What root fetched is of no use to the server. */
async function giveAway(path: string, target: string): Promise<void> {
  const owner = await ownerOfNewFiles(dirname(target));
  if (owner === undefined) return;
  const file = await openRegular(path);
  try {
    await file.chown(owner.uid, owner.gid);
  } finally {
    await file.close();
  }
}

/** Of all bytes of a file, which are copied on the way. */
async function checksumOf(path: string, copy: string | undefined): Promise<string> {
  const checksum = new SegmentChecksum();
  const file = await openRegular(path);
  try {
    const written = copy === undefined ? undefined : await open(copy, 'wx', 0o600);
    try {
      const owner = written && copy !== undefined ? await ownerOfNewFiles(dirname(copy)) : undefined;
      if (owner !== undefined) await written?.chown(owner.uid, owner.gid);
      const piece = Buffer.allocUnsafe(pieceBytes);
      for (;;) {
        const { bytesRead } = await file.read(piece, 0, pieceBytes);
        if (bytesRead === 0) return checksum.end();
        checksum.add(piece.subarray(0, bytesRead));
        await written?.writeFile(piece.subarray(0, bytesRead));
      }
    } finally {
      await written?.close();
    }
  } finally {
    await file.close();
  }
}

/** Tells who fetches ahead what the server has now. That it could not be told costs time, nothing else. */
export async function noteAsked(spool: Spool, name: string): Promise<void> {
  if (parseWalFileName(name)?.kind !== 'segment') return;
  try {
    const folder = await spoolFolder(spool);
    if (folder === undefined) return;
    const path = join(folder, askedName);
    await writeFile(`${path}-${process.pid}`, name, { mode: 0o600 });
    await rename(`${path}-${process.pid}`, path);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
  }
}

/** What the server was given last; undefined: nobody said it. */
export function readAsked(folder: string): string | undefined {
  try {
    const name = readRegular(join(folder, askedName), 64).toString('latin1');
    return parseWalFileName(name)?.kind === 'segment' ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the spool is running low behind `name`: less than half of `count` waits there, and nobody is at it. */
export async function isRunningLow(name: string, spool: Spool, count: number): Promise<boolean> {
  if (parseWalFileName(name)?.kind !== 'segment') return false;
  try {
    const folder = await spoolFolder(spool);
    if (folder === undefined || (await isAtWork(folder))) return false;
    const ahead = (await readdir(folder)).filter((other) => {
      const segment = waitingSegment(other);
      return segment?.slice(0, 8) === name.slice(0, 8) && positionPart(segment) > positionPart(name);
    });
    return ahead.length * 2 < count;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}

/** Forgets all that waits, for example where the disk is full. @returns whether there was something */
export async function emptySpool(spool: Spool): Promise<boolean> {
  try {
    const folder = await spoolFolder(spool);
    return folder !== undefined && (await emptyFolder(folder));
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}

export async function emptyFolder(folder: string): Promise<boolean> {
  const waiting = (await readdir(folder)).filter((name) => waitingSegment(name) !== undefined);
  for (const name of waiting) await unlink(join(folder, name)).catch(() => undefined);
  return waiting.length > 0;
}

/** Folders of other archives and runs that nobody worked in for a day. */
export async function removeOldFolders({ directory }: Spool, folder: string, nowMs = Date.now()): Promise<void> {
  const dayMs = 86_400_000;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!/^[0-9a-f]{32}$/.test(name) || path === folder) continue;
    const facts = await lstat(path).catch(() => undefined);
    const isOld = facts !== undefined && nowMs - facts.mtimeMs > dayMs;
    if (!isOld || !(await isOurs(path)) || (await isAtWork(path))) continue;
    await rm(path, { recursive: true, force: true });
  }
}
