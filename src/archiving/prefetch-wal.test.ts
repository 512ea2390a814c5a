import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepEvents } from '../../test/support/kept-events.ts';
import { fixtureWal } from '../../test/support/fixture-wal.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import type { ArchivingEvent } from './events.ts';
import { isRunningLow, prefetchWal, takePrefetched } from './prefetch-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

describe('prefetched WAL', () => {
  let parent: string;
  let storage: MemoryStorage;
  let files: Map<string, Buffer>;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-prefetch-'));
    files = await fixtureWal();
    storage = new MemoryStorage();
    for (const [name, bytes] of files) {
      await storage.put(name, async function* () {
        yield await Promise.resolve(bytes);
      });
    }
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  const request = (name: string) => ({
    storage,
    name,
    systemIdentifier: 215046882207068335n,
  });

  it('waits outside the data directory, is taken once, and is forgotten when it is passed', async () => {
    const spool = { directory: join(parent, 'spool'), archive: '/archive 1' };
    const kept = keepEvents<ArchivingEvent>('archiving');
    const fetched = await prefetchWal(request(segment('26')), spool, 3, { onEvent: kept.onEvent });
    expect(fetched).toEqual(['27', '28', '29'].map(segment));
    expect(kept.check()).toEqual(['fetch']);
    expect(kept.events.at(-1)).toMatchObject({ filesDone: 3, name: segment('29'), doneBytes: 3 << 24 });
    const target = join(parent, 'RECOVERYXLOG');
    expect(await takePrefetched(spool, segment('27'), target)).toBe(true);
    expect((await readFile(target)).equals(files.get(segment('27'))!)).toBe(true);
    expect(await takePrefetched(spool, segment('27'), target)).toBe(false);
    expect(await takePrefetched({ ...spool, archive: '/archive 2' }, segment('28'), target)).toBe(false);
    expect(await takePrefetched(spool, '00000002.history', target)).toBe(false);
    // 28 is passed, 29 is there, 2A and 2B come, and nothing behind.
    expect(await prefetchWal(request(segment('28')), spool, 5)).toEqual(['2A', '2B'].map(segment));
    const folders = (await readdir(spool.directory)).map((name) => join(spool.directory, name));
    const waiting = (await Promise.all(folders.map((folder) => readdir(folder)))).flat().sort();
    expect(waiting).toEqual(['29', '2A', '2B'].map(segment));
  });

  it('tells when so little waits that more is worth fetching', async () => {
    const spool = { directory: join(parent, 'low'), archive: 'x' };
    expect(await isRunningLow(segment('26'), spool, 4)).toBe(true);
    await prefetchWal(request(segment('26')), spool, 4);
    expect(await isRunningLow(segment('26'), spool, 4)).toBe(false);
    expect(await isRunningLow(segment('28'), spool, 4)).toBe(false);
    expect(await isRunningLow(segment('29'), spool, 4)).toBe(true);
    const folder = join(spool.directory, (await readdir(spool.directory))[0]!);
    await writeFile(join(folder, 'lock'), String(process.pid));
    expect(await isRunningLow(segment('29'), spool, 4)).toBe(false);
  });

  it('leaves the work to the process that is at it, and takes over from one that is gone', async () => {
    const spool = { directory: join(parent, 'locked'), archive: 'x' };
    await prefetchWal(request(segment('2B')), spool, 1);
    const folder = join(spool.directory, (await readdir(spool.directory))[0]!);
    await writeFile(join(folder, 'lock'), String(process.pid));
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([]);
    // About to be written, or left by a full disk.
    await writeFile(join(folder, 'lock'), '');
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([]);
    await utimes(join(folder, 'lock'), 1, 1);
    expect(await prefetchWal(request(segment('26')), spool, 0)).toEqual([]);
    expect(await readdir(folder)).not.toContain('lock');
    // Left before the clock was put back.
    await writeFile(join(folder, 'lock'), '');
    await utimes(join(folder, 'lock'), new Date(), new Date(Date.now() + 3_600_000));
    expect(await prefetchWal(request(segment('26')), spool, 0)).toEqual([]);
    expect(await readdir(folder)).not.toContain('lock');
    await writeFile(join(folder, 'lock'), '999999999');
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([segment('27')]);
    expect(await readdir(folder)).toEqual([segment('27')]);
  });

  it('does not use a directory that others can write to', async () => {
    const directory = join(parent, 'open');
    await mkdir(directory);
    await chmod(directory, 0o777);
    const spool = { directory, archive: 'x' };
    expect(await prefetchWal(request(segment('26')), spool, 1)).toEqual([]);
    expect(await takePrefetched(spool, segment('27'), join(parent, 'x'))).toBe(false);
  });
});
