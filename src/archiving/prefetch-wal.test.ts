import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { keepEvents } from '../../test/support/kept-events.ts';
import { fixtureWal } from '../../test/support/fixture-wal.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchivingEvent } from './events.ts';
import { prefetchWal } from './prefetch-wal.ts';
import { isRunningLow, noteAsked, takePrefetched, type Spool } from './spool.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const systemIdentifier = 215046882207068335n;

describe('prefetched WAL', () => {
  let parent: string;
  let storage: MemoryStorage;
  let files: Map<string, Buffer>;
  let spool: Spool;
  let target: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-prefetch-'));
    files = await fixtureWal();
    storage = new MemoryStorage();
    for (const [name, bytes] of files) await storage.put(name, () => once(bytes));
  });
  beforeEach(async () => {
    const directory = await mkdtemp(join(parent, 'spool-'));
    await rm(directory, { recursive: true });
    spool = { directory, archive: 'x' };
    target = join(parent, 'RECOVERYXLOG');
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  async function* once(bytes: Buffer) {
    yield await Promise.resolve(bytes);
  }
  const request = (name: string, from: Storage = storage) => ({ storage: from, name, systemIdentifier });
  const folder = async (): Promise<string> => join(spool.directory, (await readdir(spool.directory))[0]!);
  /** Segments that wait, without their checksums; and everything else that is there. */
  const inSpool = async (): Promise<string[]> =>
    (await readdir(await folder())).map((name) => name.replace(/\.[0-9a-f]{32}$/, '')).sort();
  async function until(condition: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + 120_000; performance.now() < end;) {
      if (await condition()) return;
      await pause(5);
    }
    throw new Error('it did not come to that');
  }

  it('waits outside the data directory, is taken once, and is forgotten when it is passed', async () => {
    const kept = keepEvents<ArchivingEvent>('archiving');
    const fetched = await prefetchWal(request(segment('26')), spool, 3, { onEvent: kept.onEvent });
    expect(fetched.toSorted()).toEqual(['27', '28', '29'].map(segment));
    expect(kept.check()).toEqual(['fetch']);
    expect(kept.events.at(-1)).toMatchObject({ filesDone: 3, doneBytes: 3 << 24 });
    expect(await takePrefetched(spool, segment('27'), target)).toBe(true);
    expect((await readFile(target)).equals(files.get(segment('27'))!)).toBe(true);
    expect(await takePrefetched(spool, segment('27'), target)).toBe(false);
    expect(await takePrefetched({ ...spool, archive: 'y' }, segment('28'), target)).toBe(false);
    expect(await takePrefetched(spool, '00000002.history', target)).toBe(false);
    // 28 is passed, 29 is there, 2A and 2B come, and nothing behind.
    const more = await prefetchWal(request(segment('28')), spool, 5);
    expect(more.toSorted()).toEqual(['2A', '2B'].map(segment));
  });

  it('forgets what is of another timeline, or far from what the server asks for', async () => {
    await prefetchWal(request(segment('26')), spool, 3);
    expect(await inSpool()).toEqual(['27', '28', '29'].map(segment));
    await prefetchWal(request(segment('27')), spool, 0);
    expect(await inSpool()).toEqual([]);
    await prefetchWal(request(segment('26')), spool, 3);
    await prefetchWal(request(`00000002${segment('26').slice(8)}`), spool, 3);
    expect(await inSpool()).toEqual([]);
  });

  it('comes several at once, in order, and no more than a few', async () => {
    const slow = new SlowStorage(storage);
    await prefetchWal(request(segment('25'), slow), spool, 6);
    expect(await inSpool()).toEqual(['26', '27', '28', '29', '2A', '2B'].map(segment));
    expect(slow.mostAtOnce).toBe(4);
    // Those that are fetched at once reach the storage in any order; none comes before its turn.
    const inOrder = slow.asked.toSorted();
    for (const [at, name] of slow.asked.entries()) expect(inOrder.indexOf(name) - at).toBeLessThan(4);
  });

  it('follows the server, and ends when that asks for no more', async () => {
    let ended = false;
    const end = new AbortController();
    const follow = { idleMs: 60_000, isOver: () => Promise.resolve(true) };
    const run = prefetchWal(request(segment('25')), spool, 2, { follow, signal: end.signal }).finally(() => {
      ended = true;
    });
    const waits = (...digits: string[]) =>
      until(async () => {
        if (ended) await run;
        const names = await readdir(await folder());
        return digits.every((one) => names.some((name) => name.startsWith(`${segment(one)}.`)));
      });
    await until(async () => (await readdir(spool.directory).catch(() => [])).length === 1);
    await waits('26', '27');
    expect(await isRunningLow(segment('27'), spool, 2)).toBe(false);
    expect(await takePrefetched(spool, segment('26'), target)).toBe(true);
    await noteAsked(spool, segment('26'));
    await waits('27', '28');
    // It asks for another one: what lies behind that comes.
    await noteAsked(spool, segment('28'));
    await waits('29', '2A');
    expect((await inSpool()).filter((name) => name.startsWith('0'))).toEqual(['29', '2A'].map(segment));
    end.abort();
    await expect(run).rejects.toThrow();
    expect(await inSpool()).not.toContain('lock');
    const over = await prefetchWal(request(segment('28')), spool, 2, { follow: { ...follow, idleMs: 1 } });
    expect(over).toEqual([]);
    // The recovery is over: nothing stays.
    await expect(readdir(spool.directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('waits for one that is being fetched, and for no other', async () => {
    const slow = new SlowStorage(storage);
    const held = slow.hold(segment('27'));
    const run = prefetchWal(request(segment('26'), slow), spool, 2);
    await until(async () => (await inSpool().catch(() => [])).some((name) => name.startsWith('fetching-')));
    await until(async () => (await inSpool()).includes(segment('28')));
    const taken = takePrefetched(spool, segment('27'), target);
    expect(await takePrefetched(spool, segment('29'), join(parent, 'other'))).toBe(false);
    held.release();
    expect(await taken).toBe(true);
    expect((await readFile(target)).equals(files.get(segment('27'))!)).toBe(true);
    await run;
  });

  it('does not wait for one that a killed run left half-written', async () => {
    await prefetchWal(request(segment('2A')), spool, 1);
    const half = join(await folder(), `fetching-${segment('27')}.gausskeep-1-00000000`);
    await writeFile(half, files.get(segment('27'))!.subarray(0, 5_000_000));
    await writeFile(join(await folder(), 'lock'), '999999999');
    expect(await takePrefetched(spool, segment('27'), target)).toBe(false);
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([segment('27')]);
    expect(await inSpool()).toEqual([segment('27')]);
  });

  it('ends with the failure of the place, and leaves nothing unfinished', async () => {
    const broken = new FaultyStorage(storage, (call, name) =>
      call === 'get' && name === segment('28') ? 'fail' : undefined,
    );
    await expect(prefetchWal(request(segment('26'), broken), spool, 3)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
    expect((await inSpool()).filter((name) => !name.startsWith(segment('')))).toEqual([]);
  });

  it('tells when so little waits that more is worth fetching', async () => {
    expect(await isRunningLow(segment('26'), spool, 4)).toBe(true);
    await prefetchWal(request(segment('26')), spool, 4);
    expect(await isRunningLow(segment('26'), spool, 4)).toBe(false);
    expect(await isRunningLow(segment('28'), spool, 4)).toBe(false);
    expect(await isRunningLow(segment('29'), spool, 4)).toBe(true);
    expect(await isRunningLow('00000002.history', spool, 4)).toBe(false);
    const lock = join(await folder(), 'lock');
    await writeFile(lock, String(process.pid));
    expect(await isRunningLow(segment('29'), spool, 4)).toBe(false);
    // It has been silent for long: its number may be that of another process.
    await utimes(lock, 1, 1);
    expect(await isRunningLow(segment('29'), spool, 4)).toBe(true);
  });

  it('leaves the work to the process that is at it, and takes over from one that is gone', async () => {
    await prefetchWal(request(segment('2B')), spool, 1);
    const lock = join(await folder(), 'lock');
    await writeFile(lock, String(process.pid));
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([]);
    // About to be written, or left by a full disk.
    await writeFile(lock, '');
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([]);
    await utimes(lock, 1, 1);
    expect(await prefetchWal(request(segment('26')), spool, 0)).toEqual([]);
    expect(await inSpool()).not.toContain('lock');
    // Left before the clock was put back.
    await writeFile(lock, '');
    await utimes(lock, new Date(), new Date(Date.now() + 3_600_000));
    expect(await prefetchWal(request(segment('26')), spool, 0)).toEqual([]);
    expect(await inSpool()).not.toContain('lock');
    await writeFile(lock, '999999999');
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([segment('27')]);
    expect(await inSpool()).toEqual([segment('27')]);
  });

  it('forgets what other runs left, when nobody was there for a day', async () => {
    const left = { ...spool, archive: 'left' };
    await prefetchWal(request(segment('26')), left, 1);
    const old = await folder();
    await prefetchWal(request(segment('26')), { ...spool, archive: 'new' }, 0);
    expect(await readdir(spool.directory)).toHaveLength(2);
    await utimes(old, 1, 1);
    await writeFile(join(spool.directory, 'notes.txt'), '');
    await prefetchWal(request(segment('26')), { ...spool, archive: 'new' }, 0);
    await expect(stat(old)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(spool.directory)).toHaveLength(2);
  });
});

/** Counts who reads whole segments at once; each waits for the next turn of the loop between pieces. */
class SlowStorage extends MemoryStorage {
  readonly asked: string[] = [];
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #storage: MemoryStorage;
  #held: { readonly name: string; readonly until: Promise<void> } | undefined;

  constructor(storage: MemoryStorage) {
    super();
    this.#storage = storage;
  }

  hold(name: string): { release: () => void } {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    this.#held = { name, until };
    return { release };
  }

  override stat(...words: Parameters<MemoryStorage['stat']>) {
    return this.#storage.stat(...words);
  }

  override list(...words: Parameters<MemoryStorage['list']>) {
    return this.#storage.list(...words);
  }

  override async *get(...words: Parameters<MemoryStorage['get']>): ReturnType<MemoryStorage['get']> {
    const [name, options] = words;
    if (options?.length !== undefined) {
      yield* this.#storage.get(...words);
      return;
    }
    this.asked.push(name);
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    try {
      for await (const piece of this.#storage.get(...words)) {
        if (name === this.#held?.name) await this.#held.until;
        await pause(1);
        yield piece;
      }
    } finally {
      this.#atOnce -= 1;
    }
  }
}
