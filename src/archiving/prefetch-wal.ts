import { readdir, rename, rm, rmdir, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isNoSpace } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { positionPart, segmentAt } from '../wal-archive/wal-file-name.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { forgetNote, noteAhead, notedSegment, type AheadFor } from './ahead-note.ts';
import { deliver } from './deliver-wal.ts';
import type { ArchivingListener, ArchivingNews } from './events.ts';
import type { GetRequest } from './get-wal.ts';
import { openWal } from './open-wal.ts';
import {
  emptyFolder,
  fetchingName,
  isFetchingName,
  readAsked,
  removeOldFolders,
  SegmentChecksum,
  spoolFolder,
  waitingName,
  waitingSegment,
  type Spool,
} from './spool.ts';
import { lockFolder, renewLock, unlockFolder } from './spool-lock.ts';

export interface PrefetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of each segment that was fetched. */
  readonly onEvent?: ArchivingListener | undefined;
  /** Goes on with the server, as it says what it was given (`noteAsked`). Default: what is wanted now, and no more. */
  readonly follow?: Following | undefined;
}

export interface Following {
  /** Ends when the server asked for nothing for so long, ms. */
  readonly idleMs: number;
  /** Asked when it ends so: whether the recovery is over and nobody will ask for what waits. */
  readonly isOver: () => Promise<boolean>;
  /** Whose restore_command may take what was fetched by itself. Default: nobody's. */
  readonly whom?: AheadFor | undefined;
}

/** So many come at the same time: what costs time is to wait for the place, request by request. */
const atOnce = 4;
/** So many segments of room stay on the file system, which is that of the server. */
const roomLeft = 4;
/** How often it is looked what the server has, ms: far less than what waits lasts. */
const lookMs = 50;
const signOfLifeMs = 1000;

/**
 * Fetches up to `count` segments behind `request.name` into the spool, several at once, and forgets those before it and those of other timelines. Does nothing while another process does it.
 * Ends quietly at the first segment that is not there.
 * @returns the names fetched
 */
export async function prefetchWal(
  request: Omit<GetRequest, 'target'>,
  spool: Spool,
  count: number,
  options: PrefetchOptions = {},
): Promise<string[]> {
  const folder = await spoolFolder(spool);
  if (folder === undefined || !(await lockFolder(folder))) return [];
  const teller = new Teller<'archiving', ArchivingNews>(options.onEvent);
  teller.enter('fetch');
  let isOver = false;
  try {
    await removeOldFolders(spool, folder);
    const { source } = await openWal(request, { signal: options.signal });
    const fetched = await new Prefetch(source, folder, count, teller, options).run(request.name);
    isOver = (await options.follow?.isOver()) === true;
    return fetched;
  } catch (error) {
    // What waits here may be what the server lacks room for.
    if (isNoSpace(error)) await emptyFolder(folder);
    throw error;
  } finally {
    await unlockFolder(folder);
    if (isOver) {
      await rm(folder, { recursive: true, force: true });
      // Unless it is of others as well.
      await rmdir(spool.directory).catch(() => undefined);
    }
  }
}

class Prefetch {
  readonly #source: WalSource;
  readonly #folder: string;
  readonly #count: number;
  readonly #teller: Teller<'archiving', ArchivingNews>;
  readonly #follow: Following | undefined;
  readonly #signal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #fetched: string[] = [];
  readonly #coming = new Map<string, Promise<void>>();
  /** Segments that were not there when they were looked for, since the server went on. */
  readonly #absent = new Set<string>();
  #failure: { readonly error: unknown } | undefined;

  constructor(
    source: WalSource,
    folder: string,
    count: number,
    teller: Teller<'archiving', ArchivingNews>,
    { signal, follow }: PrefetchOptions,
  ) {
    this.#source = source;
    this.#folder = folder;
    this.#count = count;
    this.#teller = teller;
    this.#follow = follow;
    this.#signal = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
  }

  async run(begin: string): Promise<string[]> {
    try {
      // Of a run that was killed.
      for (const name of await readdir(this.#folder)) {
        if (isFetchingName(name) || notedSegment(name) !== undefined) await this.#forget(name);
      }
      await this.#work(begin);
    } finally {
      this.#stop.abort();
      await Promise.all(this.#coming.values());
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#fetched;
  }

  async #work(begin: string): Promise<void> {
    let asked = begin;
    let askedAt = performance.now();
    let signOfLifeAt = askedAt;
    while (this.#failure === undefined) {
      this.#signal.throwIfAborted();
      const now = this.#follow === undefined ? begin : (readAsked(this.#folder) ?? asked);
      if (now !== asked) {
        asked = now;
        askedAt = performance.now();
        this.#absent.clear();
      }
      await this.#startNext(asked);
      if (this.#coming.size === 0) {
        if (this.#follow === undefined || performance.now() - askedAt > this.#follow.idleMs) return;
      }
      if (performance.now() - signOfLifeAt > signOfLifeMs) {
        signOfLifeAt = performance.now();
        if (!(await renewLock(this.#folder))) return;
      }
      await this.#wait();
    }
  }

  async #wait(): Promise<void> {
    const ended = new AbortController();
    const look = pause(lookMs, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([look, ...this.#coming.values()]);
    ended.abort();
  }

  /** Those in order that are not there, as long as they are there to fetch. */
  async #startNext(asked: string): Promise<void> {
    const waiting = await this.#tidy(asked);
    for (let distance = 1; distance <= this.#count; distance += 1) {
      const name = segmentAt(asked, distance, this.#source.segmentSizeBytes);
      if (name === undefined || this.#absent.has(name) || this.#coming.size >= atOnce) return;
      if (waiting.has(name) || this.#coming.has(name)) continue;
      if (!(await this.#hasRoom())) return;
      const fetch = this.#fetch(name).finally(() => this.#coming.delete(name));
      this.#coming.set(name, fetch);
    }
  }

  /** Forgets what the server has passed. @returns what waits for it */
  async #tidy(asked: string): Promise<ReadonlySet<string>> {
    const waiting = new Set<string>();
    const last = segmentAt(asked, 2 * this.#count, this.#source.segmentSizeBytes) ?? asked;
    for (const name of await readdir(this.#folder)) {
      const noted = notedSegment(name);
      const segment = noted ?? waitingSegment(name);
      if (segment === undefined) continue;
      const isOfLine = segment.slice(0, 8) === asked.slice(0, 8);
      const isAhead = positionPart(segment) > positionPart(asked) && positionPart(segment) <= positionPart(last);
      if (isOfLine && isAhead && noted !== undefined) continue;
      else if (isOfLine && isAhead) waiting.add(segment);
      else await this.#forget(name);
    }
    return waiting;
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize >= (roomLeft + this.#coming.size + 1) * this.#source.segmentSizeBytes;
  }

  /** Never rejects: a failure ends all of it. */
  async #fetch(name: string): Promise<void> {
    const whom = this.#follow?.whom;
    let waiting: string | undefined;
    try {
      const object = await this.#source.find(name, { signal: this.#signal });
      if (object === undefined) {
        this.#absent.add(name);
        return;
      }
      if (whom !== undefined) await noteAhead(this.#folder, name, whom);
      const checksum = new SegmentChecksum();
      const path = join(this.#folder, fetchingName(name));
      await deliver(this.#source, object, path, { signal: this.#signal, onPiece: checksum.add });
      waiting = waitingName(name, checksum.end());
      await rename(path, join(this.#folder, waiting));
      if (whom !== undefined) await noteAhead(this.#folder, name, whom, waiting);
      this.#tell(name);
    } catch (error) {
      this.#failure ??= { error };
      this.#stop.abort();
    } finally {
      if (waiting === undefined) forgetNote(this.#folder, name);
    }
  }

  #tell(name: string): void {
    this.#fetched.push(name);
    const filesDone = this.#fetched.length;
    const doneBytes = filesDone * this.#source.segmentSizeBytes;
    this.#teller.tell({ type: 'progress', doneBytes, totalBytes: undefined, filesDone, filesTotal: undefined, name });
  }

  async #forget(name: string): Promise<void> {
    await unlink(join(this.#folder, name)).catch(() => undefined);
  }
}
