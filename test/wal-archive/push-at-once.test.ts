import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getWal } from '../../src/archiving/get-wal.ts';
import { PushLine } from '../../src/archiving/push-line.ts';
import { pushWal, type PushReport } from '../../src/archiving/push-wal.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { openForPush } from '../../src/wal-archive/push-segment.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { FaultyStorage, type Fault, type StorageCall } from '../support/faulty-storage.ts';
import { fixtureSystemIdentifier, writeFixtureWal } from '../support/fixture-wal.ts';
import { MemoryStorage } from '../support/memory-storage.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const all = ['26', '27', '28', '29', '2A', '2B'];

describe('several pushes on their way at once', () => {
  let parent: string;
  let files: Map<string, Buffer>;
  let inner: MemoryStorage;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-at-once-'));
    files = await writeFixtureWal(join(parent, 'pg_xlog'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(() => {
    inner = new MemoryStorage();
    own.length = 0;
  });

  /** Into an archive that is there: all begun before one has ended. */
  async function pushAll(storage: Storage, paths: readonly string[]): Promise<PromiseSettledResult<PushReport>[]> {
    const opened = await openForPush(storage);
    const line = new PushLine();
    return Promise.allSettled(
      paths.map(async (path) => {
        const { turn, stored, fail } = line.begin();
        try {
          const report = await pushWal({ storage, path, opened, turn, codec: 'zstd' });
          stored();
          return report;
        } catch (error) {
          own.push(fail(error));
          throw error;
        }
      }),
    );
  }

  /** Of each that failed, in that order: whether it was by itself. */
  const own: boolean[] = [];
  const pathOf = (digits: string): string => join(parent, 'pg_xlog', segment(digits));
  const first = () => pushWal({ storage: inner, path: pathOf('26'), codec: 'zstd' });
  const namesWith = async (ending: string): Promise<string[]> =>
    (await namesOf(inner))
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(-ending.length - 2).slice(0, 2));
  const failing = (faultOf: (call: StorageCall, name: string) => Fault): FaultyStorage =>
    new FaultyStorage(inner, faultOf);

  it('come to what one after another come to, with nothing deleted and nothing listed', async () => {
    await first();
    const calls: string[] = [];
    const storage = failing((call, name) => void calls.push(`${call} ${name.split('/').at(-1) ?? ''}`));
    const opened = calls.length;
    const results = await pushAll(storage, all.slice(1).map(pathOf));
    expect(results.map(({ status }) => status)).toEqual(Array(5).fill('fulfilled'));
    expect(await namesWith('.receipt')).toEqual(all);
    const one = calls.slice(opened).filter((call) => call.includes(segment('28')));
    expect(one.filter((call) => call.startsWith('put'))).toEqual(
      ['.zst', '.index', '.receipt'].map((ending) => `put ${segment('28')}${ending}`),
    );
    expect(calls.filter((call) => /^(?:delete|list)/.test(call)).length).toBe(0);
    const alone = new MemoryStorage();
    for (const digits of all) await pushWal({ storage: alone, path: pathOf(digits), codec: 'zstd' });
    const links = async (storage: Storage, digits: string) => (await readReceipt(storage, 1, segment(digits)))?.links;
    for (const digits of all) expect(await links(inner, digits)).toEqual(await links(alone, digits));
  });

  it('leave no receipt behind one that fails, and are completed when they are pushed again', async () => {
    await first();
    const results = await pushAll(
      failing((call, name) => (call === 'put' && name.endsWith(`${segment('28')}.receipt`) ? 'fail' : undefined)),
      all.slice(1).map(pathOf),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', ...Array<string>(4).fill('rejected')]);
    expect(own).toEqual([true, false, false, false]);
    expect(await namesWith('.receipt')).toEqual(['26', '27']);
    expect((await pushAll(inner, all.slice(1).map(pathOf))).map(({ status }) => status)).toEqual(
      Array(5).fill('fulfilled'),
    );
    expect(await namesWith('.receipt')).toEqual(all);
  });

  it('leave nothing of those behind one that is refused', async () => {
    await first();
    const directory = await mkdtemp(join(parent, 'damaged-'));
    const bytes = Buffer.from(files.get(segment('27'))!);
    bytes.writeUInt8(bytes.readUInt8(0x60) ^ 1, 0x60);
    await writeFile(join(directory, segment('27')), bytes);
    const before = await namesOf(inner);
    const results = await pushAll(inner, [join(directory, segment('27')), ...all.slice(2).map(pathOf)]);
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CORRUPT' } });
    expect(await namesOf(inner)).toEqual(before);
  });

  it('show a reader the end of the WAL before the first that is missing, and a gap behind a receipt', async () => {
    await first();
    const get = (digits: string) =>
      getWal({
        storage: inner,
        name: segment(digits),
        target: join(parent, 'RECOVERYXLOG'),
        systemIdentifier: fixtureSystemIdentifier,
      });
    // 28 and what follows got as far as their objects; that of 27 is still on its way.
    await pushAll(
      failing((call, name) => (call === 'put' && name.endsWith(`${segment('27')}.index`) ? 'fail' : undefined)),
      all.slice(1).map(pathOf),
    );
    await inner.delete((await namesOf(inner)).find((name) => name.endsWith(`${segment('27')}.zst`))!);
    expect((await namesOf(inner)).some((name) => name.endsWith(`${segment('28')}.zst`))).toBe(true);
    expect(await get('27')).toEqual({ outcome: 'absent' });
    expect(await get('28')).toMatchObject({ outcome: 'found' });
    await pushWal({ storage: inner, path: pathOf('29'), codec: 'zstd' });
    await expect(get('27')).rejects.toMatchObject({ code: 'WAL_MISSING' });
  });
});
