import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getWal, type GetRequest } from '../../src/archiving/get-wal.ts';
import type { ArchivingEvent } from '../../src/archiving/events.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { closeGeneration, openArchive, openGeneration, readGenerations } from '../../src/wal-archive/archive.ts';
import { openArchiveWal, readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { keepEvents } from '../support/kept-events.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { openRetrying } from '../../src/storage/retrying-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { decodeSegmentIndex } from '../../src/wal/segment-index-codec.ts';
import { namesOf, readAll } from '../contract/storage.contract.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { fixtureSystemIdentifier, writeFixtureWal } from '../support/fixture-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(content));
}

describe('wal push and wal get', () => {
  let parent: string;
  let wal: string;
  let files: Map<string, Buffer>;
  let storage: Storage;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-push-'));
    wal = join(parent, 'pg_xlog');
    files = await writeFixtureWal(wal);
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(async () => {
    storage = await openLocalStorage(await mkdtemp(join(parent, 'archive-')));
  });

  const push = (name: string, to: Storage = storage, more: object = {}) =>
    pushWal({ storage: to, path: join(wal, name), ...more });
  const get = async (name: string, more: Partial<GetRequest> = {}, from: Storage = storage) => {
    const target = join(await mkdtemp(join(parent, 'target-')), 'RECOVERYXLOG');
    const result = await getWal({ storage: from, name, target, ...more });
    const names = await readdir(join(target, '..'));
    expect(names).toEqual(result.outcome === 'found' ? ['RECOVERYXLOG'] : []);
    return result.outcome === 'found' ? readFile(target) : result.outcome;
  };

  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)(
    'stores what openGauss archives with codec %s and gives it back byte for byte',
    async (codec) => {
      for (const [name, bytes] of files) {
        const report = await push(name, storage, { codec });
        expect(report).toMatchObject({ name, result: 'stored', generation: 1, sizeBytes: bytes.length });
      }
      for (const [name, bytes] of files) {
        expect(await push(name, storage, { codec: 'none' })).toMatchObject({ result: 'present' });
        const got = await get(name, { systemIdentifier: fixtureSystemIdentifier });
        expect(Buffer.isBuffer(got) && got.equals(bytes), name).toBe(true);
      }
      const { identity } = await openArchive(storage);
      expect(identity).toMatchObject({
        systemIdentifier: fixtureSystemIdentifier,
        product: 'openGauss',
        segmentSizeBytes: 16 * 1024 * 1024,
      });
    },
  );

  it('keeps segments readable without gausskeep', async () => {
    const kept = keepEvents<ArchivingEvent>('archiving');
    const request = { storage, path: join(wal, segment('26')), codec: 'gzip' } as const;
    await pushWal(request, { onEvent: kept.onEvent });
    expect(kept.check()).toEqual(['store']);
    expect(kept.events.at(-1)).toMatchObject({ name: segment('26'), filesDone: 1, doneBytes: 16 << 20 });
    const name = `generations/1/wal/0000000100000000/${segment('26')}.gz`;
    expect(await namesOf(storage)).toContain(name);
    expect(gunzipSync(await readAll(storage, name)).equals(files.get(segment('26'))!)).toBe(true);
  });

  it('links each segment to the next in its receipt', async () => {
    for (const name of files.keys()) await push(name);
    const links = await Promise.all(
      ['26', '27', '28', '29', '2A', '2B'].map(
        async (digits) => (await readReceipt(storage, 1, segment(digits)))?.links,
      ),
    );
    for (const [index, next] of links.slice(1).entries()) {
      expect(next?.previous).toBe(links[index]?.last);
      expect(next?.continuation).toBe(links[index]?.missing);
    }
    expect(links[1]?.first).toBe(parseLsn('0/27000028'));
    const archive = await openArchive(storage);
    const source = openArchiveWal(archive, await readGenerations(archive), 1);
    const index = decodeSegmentIndex((await source.readIndex(segment('28')))!);
    expect(index).toMatchObject({ startLsn: parseLsn('0/28000000'), systemIdentifier: fixtureSystemIdentifier });
    expect(index.events.length).toBeGreaterThan(0);
  });

  it('takes segments in any order, twice, at once, and holds the same', async () => {
    const names = [...files.keys()].filter((name) => name.length === 24).slice(0, 4);
    const order = fc.shuffledSubarray([...names, ...names], {
      minLength: names.length * 2,
      maxLength: names.length * 2,
    });
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: 3 }), async (pushes, width) => {
        const memory = new MemoryStorage();
        for (let from = 0; from < pushes.length; from += width) {
          await Promise.all(pushes.slice(from, from + width).map((name) => push(name, memory)));
        }
        const stored = (await namesOf(memory, 'generations/1/wal/')).map((name) =>
          name.slice(-24 - 8).replace(/^.*\//, ''),
        );
        expect(stored).toEqual(names.flatMap((name) => [name, `${name}.index`, `${name}.receipt`]));
      }),
      { numRuns: 6 },
    );
  });

  it('survives a failure at every single call, before and after it took effect', async () => {
    for (const fault of ['fail', 'fail-after'] as const) {
      for (let number = 1; ; number += 1) {
        const memory = new MemoryStorage();
        const faulty = new FaultyStorage(memory, (_call, _name, count) => (count === number ? fault : undefined));
        const first = await push(segment('27'), faulty, { codec: 'none' }).catch((error: unknown) => error);
        if (first instanceof Error) expect(first).toMatchObject({ code: 'STORAGE_UNAVAILABLE', retryable: true });
        expect((await push(segment('27'), memory)).result).toMatch(/stored|present/);
        expect(await readReceipt(memory, 1, segment('27'))).toMatchObject({ name: segment('27') });
        if (faulty.calls < number) break;
      }
    }
  });

  it('takes over the unfinished push of another codec', async () => {
    const lost = new FaultyStorage(storage, (call, name) =>
      call === 'put' && name.endsWith('.receipt') ? 'fail' : undefined,
    );
    await expect(push(segment('27'), lost, { codec: 'gzip' })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const got = await get(segment('27'));
    expect(Buffer.isBuffer(got) && got.equals(files.get(segment('27'))!)).toBe(true);
    expect((await push(segment('27'), storage, { codec: 'none' })).result).toBe('stored');
    expect(await namesOf(storage, 'generations/1/wal/')).toEqual([
      `generations/1/wal/0000000100000000/${segment('27')}`,
      `generations/1/wal/0000000100000000/${segment('27')}.index`,
      `generations/1/wal/0000000100000000/${segment('27')}.receipt`,
    ]);
  });

  describe('refuses', () => {
    const damaged = async (name: string, change: (bytes: Buffer) => Buffer | undefined): Promise<string> => {
      const directory = await mkdtemp(join(parent, 'damaged-'));
      const bytes = Buffer.from(files.get(name)!);
      await writeFile(join(directory, name), change(bytes) ?? bytes);
      return join(directory, name);
    };

    it.each([
      ['a flipped bit in a record', (bytes: Buffer) => void bytes.writeUInt8(bytes.readUInt8(0x60) ^ 1, 0x60)],
      ['a truncated file', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
      ['a file that is too long', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
      ['an empty file', () => Buffer.alloc(0)],
      ['another magic', (bytes: Buffer) => void bytes.writeUInt16LE(0x1234, 0)],
      ['another position', (bytes: Buffer) => void bytes.writeBigUInt64LE(0x26000000n, 8)],
      ['zeros in place of records', (bytes: Buffer) => void bytes.fill(0, 40)],
    ])('%s', async (_what, change) => {
      const path = await damaged(segment('27'), change);
      await expect(pushWal({ storage, path })).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await namesOf(storage)).toEqual([]);
    });

    it('other content under a name that is taken, and leaves the first', async () => {
      await push(segment('2B'));
      // Padding behind the segment switch: sound, but not the same bytes.
      const path = await damaged(segment('2B'), (bytes) => void bytes.writeUInt8(1, bytes.length - 1));
      await expect(pushWal({ storage, path })).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      const got = await get(segment('2B'));
      expect(Buffer.isBuffer(got) && got.equals(files.get(segment('2B'))!)).toBe(true);
      const history = [...files.keys()].find((name) => name.endsWith('.backup'))!;
      await push(history);
      const other = join(wal, '..', history);
      await writeFile(other, 'other');
      await expect(pushWal({ storage, path: other })).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    });

    it('another instance', async () => {
      await push(segment('27'));
      const path = await damaged(segment('28'), (bytes) => void bytes.writeBigUInt64LE(7n, 24));
      await expect(pushWal({ storage, path })).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH' });
      await expect(get(segment('27'), { systemIdentifier: 7n })).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH' });
    });

    it('a fork, on either side of what is there', async () => {
      const receipt = async (name: string) => (await readReceipt(storage, 1, name))?.links;
      await push(segment('28'));
      expect(await receipt(segment('28'))).toBeDefined();
      // 27 of another line: as it is, but its last record is one earlier.
      const { storeSegment } = await import('../../src/wal-archive/archive-writer.ts');
      const archive = await openArchive(storage);
      const generations = await readGenerations(archive);
      const links = (await receipt(segment('28')))!;
      const forked = (name: string, changed: object) => ({
        name,
        segment: name,
        sizeBytes: 1,
        sha256: '0'.repeat(64),
        index: undefined,
        codec: 'none' as const,
        body: () =>
          (async function* () {
            yield await Promise.resolve(Buffer.from('x'));
          })(),
        links: { ...links, ...changed },
      });
      for (const one of [
        forked(segment('27'), { last: parseLsn('0/27000100'), missing: links.continuation }),
        forked(segment('27'), { last: links.previous, missing: links.continuation + 8 }),
        forked(segment('29'), { previous: parseLsn('0/28000100'), continuation: links.missing }),
        forked(segment('29'), { previous: links.last, continuation: links.missing + 8 }),
      ]) {
        await expect(storeSegment(archive, generations, 1, one)).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      }
      expect(await namesOf(storage, 'generations/1/wal/')).toHaveLength(3);
    });

    it('a directory with other content, and names that are no WAL', async () => {
      await storage.put('precious.txt', async function* () {
        yield await Promise.resolve(Buffer.from('x'));
      });
      await expect(push(segment('27'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
      await expect(push('../postgresql.conf')).rejects.toMatchObject({ code: 'USAGE' });
      expect(await namesOf(storage)).toEqual(['precious.txt']);
    });
  });

  it('counts an empty directory of a fresh file system as empty', async () => {
    const root = await mkdtemp(join(parent, 'fresh-'));
    await mkdir(join(root, 'lost+found'));
    await writeFile(join(root, '.snapshot'), '');
    expect((await push(segment('27'), await openLocalStorage(root))).result).toBe('stored');
  });

  it('gives each line of WAL a generation and inherits only what lies before the fork', async () => {
    for (const digits of ['26', '27', '28', '29']) await push(segment(digits));
    const archive = await openArchive(storage);
    const second = await openGeneration(archive, { parent: 1, forkLsn: parseLsn('0/28000A00'), reason: 'recovery' });
    expect(second).toMatchObject({ number: 2, parent: 1, closed: false });
    await expect(push(segment('2A'))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(get(segment('27'))).rejects.toMatchObject({ code: 'USAGE' });
    await closeGeneration(archive, 1, 'recovered to an earlier point');
    await expect(push(segment('2A'), storage, { generation: 1 })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(push(segment('2A'), storage, { generation: 3 })).rejects.toMatchObject({ code: 'USAGE' });
    // Generation 2 is now the only open one.
    expect(Buffer.isBuffer(await get(segment('27')))).toBe(true);
    expect(await get(segment('28'))).toBe('absent');
    expect(await get(segment('29'))).toBe('absent');
    expect(Buffer.isBuffer(await get(segment('29'), { generation: 1 }))).toBe(true);
    expect(await push(segment('28'))).toMatchObject({ generation: 2, result: 'stored' });
    expect(Buffer.isBuffer(await get(segment('28')))).toBe(true);
    const source = openArchiveWal(archive, await readGenerations(archive), 2);
    const listed = [];
    for await (const { file, generation } of source.list()) listed.push([file.name, generation]);
    expect(listed).toEqual([
      [segment('26'), 1],
      [segment('27'), 1],
      [segment('28'), 2],
    ]);
  });

  describe('absence', () => {
    it('is proved by an archive that is there and lacks the name', async () => {
      await push(segment('27'));
      expect(await get(segment('28'))).toBe('absent');
      expect(await get('00000002.history')).toBe('absent');
    });

    it('is not proved by an empty, missing, foreign or failing one', async () => {
      await expect(get(segment('27'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
      await expect(openLocalStorage(join(parent, 'missing'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
      await push(segment('27'));
      await expect(get(segment('28'), { systemIdentifier: 1n })).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH' });
      for (let number = 1; ; number += 1) {
        const faulty = new FaultyStorage(storage, (_call, _name, count) => (count === number ? 'fail' : undefined));
        const failed = await get(segment('28'), {}, faulty).catch((error: unknown) => error);
        if (faulty.calls < number) break;
        expect(failed).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      }
    });

    it('is not proved by a gap, wherever it is', async () => {
      for (const digits of ['26', '28', '2A']) await push(segment(digits));
      const gap = { code: 'WAL_MISSING', retryable: false };
      for (const digits of ['25', '27', '29']) await expect(get(segment(digits))).rejects.toMatchObject(gap);
      // Behind the last, and on a timeline that is not there, nothing is missing.
      expect(await get(segment('2B'))).toBe('absent');
      expect(await get(`00000002${segment('2B').slice(8)}`)).toBe('absent');
    });

    it('is not proved where the whole folder of the segment is gone', async () => {
      const far = segment('2A').replace('00000000', '00000001').slice(0, 24);
      await push(segment('26'));
      await storage.put(`generations/1/wal/${far.slice(0, 16)}/${far}`, () => text('x'));
      await storage.delete(`generations/1/wal/${segment('26').slice(0, 16)}/${segment('26')}`);
      await storage.delete(`generations/1/wal/${segment('26').slice(0, 16)}/${segment('26')}.receipt`);
      await expect(get(segment('26'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
    });

    it('is not proved by an archive without any segment, unless the server has the one before', async () => {
      await push(segment('26'));
      for (const name of await namesOf(storage, 'generations/1/wal/')) await storage.delete(name);
      await expect(get(segment('26'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
      await expect(get(segment('27'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
      const target = join(wal, 'RECOVERYXLOG');
      for (const name of [segment('26'), segment('2C')]) {
        expect(await getWal({ storage, name, target })).toEqual({ outcome: 'absent' });
      }
    });

    it('is not proved where a base backup or a later timeline shows that the WAL went on', async () => {
      await push(segment('26'));
      await storage.put('generations/1/wal/00000002.history', () => text('1\t0/28000100\tno recovery target\n'));
      await expect(get(segment('27'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
      expect(await get(segment('28'))).toBe('absent');
      await storage.put(`generations/1/wal/${segment('29')}.00000028.backup`, () => text('x'));
      await expect(get(segment('29'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
      expect(await get(segment('2A'))).toBe('absent');
    });

    it('is told to a server that has the segment beside its target, of this position', async () => {
      await push(segment('28'));
      const request = { storage, name: segment('27') };
      expect(await getWal({ ...request, target: join(wal, 'RECOVERYXLOG') })).toEqual({ outcome: 'absent' });
      const recycled = await mkdtemp(join(parent, 'recycled-'));
      await writeFile(join(recycled, segment('27')), files.get(segment('26'))!);
      const target = join(recycled, 'RECOVERYXLOG');
      await expect(getWal({ ...request, target })).rejects.toMatchObject({ code: 'WAL_MISSING' });
    });

    it.each([600, 1 << 24])('is not proved by %d bytes of a segment that has others behind it', async (held) => {
      const whole = files.get(segment('29'))!;
      const path = join(parent, `${segment('29')}.partial`);
      await writeFile(path, Buffer.alloc(whole.length).fill(whole.subarray(0, held), 0, held));
      await push(`../${segment('29')}.partial`);
      expect(Buffer.isBuffer(await get(segment('29')))).toBe(true);
      await push(segment('2B'));
      const given = get(segment('29')).then((bytes) => whole.equals(Buffer.from(bytes)));
      // Unless that is all of it.
      if (held > 600) expect(await given).toBe(true);
      else await expect(given).rejects.toMatchObject({ code: 'WAL_MISSING' });
    });

    it('is not proved when the archive vanishes in between', async () => {
      await push(segment('27'));
      let identityReads = 0;
      const vanishing = new FaultyStorage(storage, (call, name) => {
        if (call === 'get' && name === 'gausskeep-archive.json') identityReads += 1;
        return undefined;
      });
      const get_ = vanishing.get.bind(vanishing);
      vanishing.get = (name, options) =>
        identityReads > 0 && name.endsWith('archive.json') ? new MemoryStorage().get(name) : get_(name, options);
      await expect(get(segment('28'), {}, vanishing)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    });

    it('is asked for again while the storage fails, up to the limit', async () => {
      await push(segment('27'));
      let clock = 0;
      const retry = {
        forMs: 60_000,
        now: () => clock,
        pause: (ms: number) => {
          clock += ms;
          return Promise.resolve();
        },
      };
      const recovering = new FaultyStorage(storage, () => (clock < 20_000 ? 'fail' : undefined));
      expect(
        Buffer.isBuffer(await get(segment('27'), {}, await openRetrying(() => Promise.resolve(recovering), retry))),
      ).toBe(true);
      expect(clock).toBeGreaterThanOrEqual(20_000);
      clock = 0;
      const broken = new FaultyStorage(storage, () => 'fail');
      const kept = await openRetrying(() => Promise.resolve(broken), retry);
      await expect(get(segment('27'), {}, kept)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
      expect(clock).toBe(60_000);
    });
  });

  it('finds damage of what is stored, and leaves no target behind', async () => {
    await push(segment('27'));
    const path = join(
      storage.description.replace('directory ', ''),
      `generations/1/wal/0000000100000000/${segment('27')}`,
    );
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    await writeFile(path, bytes);
    await expect(get(segment('27'))).rejects.toMatchObject({ code: 'CORRUPT' });
    await writeFile(path, bytes.subarray(0, 5000));
    await expect(get(segment('27'))).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('delivers a private file with nobody else allowed in', async () => {
    await push(segment('27'));
    const target = join(await mkdtemp(join(parent, 'private-')), 'x');
    await getWal({ storage, name: segment('27'), target });
    const facts = await stat(target);
    expect(facts.nlink).toBe(1);
    expect(facts.mode & 0o777).toBe(0o600);
  });

  it('pads a partial segment to the size of a segment', async () => {
    const half = files.get(segment('2B'))!.subarray(0, 3 * 8192 + 100);
    const directory = await mkdtemp(join(parent, 'partial-'));
    await writeFile(join(directory, `${segment('2B')}.partial`), half);
    await pushWal({ storage, path: join(directory, `${segment('2B')}.partial`) });
    const got = await get(segment('2B'));
    if (!Buffer.isBuffer(got)) throw new Error('not found');
    expect(got).toHaveLength(16 * 1024 * 1024);
    expect(got.subarray(0, half.length).equals(half)).toBe(true);
    expect(got.subarray(half.length).every((byte) => byte === 0)).toBe(true);
    expect(await get(segment('2B'), { partial: false })).toBe('absent');
    // The whole segment comes later and is preferred.
    await push(segment('2B'));
    const whole = await get(segment('2B'));
    expect(Buffer.isBuffer(whole) && whole.equals(files.get(segment('2B'))!)).toBe(true);
  });
});
