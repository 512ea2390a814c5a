import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyFault } from '../../test/faults/every-fault.ts';
import { FaultyStorage, type Fault } from '../../test/support/faulty-storage.ts';
import { writeFixtureWal } from '../../test/support/fixture-wal.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance } from '../../test/support/repository-instance.ts';
import { pushWal } from '../archiving/push-wal.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { closeGeneration, findArchive, openArchive, openGeneration, readGenerations } from '../wal-archive/archive.ts';
import { openArchiveWal } from '../wal-archive/archive-wal.ts';
import { setHold } from '../wal-archive/holds.ts';
import { parseLsn } from '../wal/lsn.ts';
import { adoptArchive, type AdoptResult } from './adopt-archive.ts';

/** Calls between those that fail. */
const step = everyFault ? 1 : 3;
const segments = ['26', '27', '28', '29'].map((digits) => `0000000100000000000000${digits}`);
let parent: string;
let archive: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-adopt-'));
  archive = join(parent, 'archive');
  await mkdir(archive);
  await writeFixtureWal(join(parent, 'wal'));
  const storage = await openLocalStorage(archive);
  for (const name of segments) await pushWal({ storage, path: join(parent, 'wal', name), codec: 'gzip' });
  const opened = await openArchive(storage);
  await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/29000100'), reason: 'recovered' });
  await closeGeneration(opened, 1, 'recovered');
  await setHold(storage, { name: 'standby', segment: segments[2] ?? '' });
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const adopt = (wal: Storage): Promise<AdoptResult> =>
  adoptArchive({ archive, instance: { ...plainInstance(new MemoryStorage()), wal }, repository: undefined });

async function namesOf(storage: Storage): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list('')) names.push(name);
  return names;
}

/** The segments of generation 1 that a reader finds; each is read and compared with its receipt. */
async function readable(storage: Storage): Promise<string[]> {
  const opened = await openArchive(storage);
  const names: string[] = [];
  for await (const object of openArchiveWal(opened, await readGenerations(opened), 1).list()) {
    for await (const piece of object.read()) expect(piece.length).toBeGreaterThan(0);
    names.push(object.file.name);
  }
  return names;
}

describe.each<Exclude<Fault, undefined>>(['fail', 'fail-after'])(
  'an adoption in which a call of the storage does not answer: %s',
  (kind) => {
    it('is no archive, or a whole one; another run makes it whole', async () => {
      const calm = new FaultyStorage(new MemoryStorage(), () => undefined);
      await adopt(calm);
      for (let number = 1; number <= calm.calls; number += step) {
        const inner = new MemoryStorage();
        const faulty = new FaultyStorage(inner, (_, __, call) => (call === number ? kind : undefined));
        await expect(adopt(faulty), `call ${String(number)}`).rejects.toThrow();
        if ((await findArchive(inner)) !== undefined) expect(await readable(inner)).toEqual(segments);
        await adopt(inner);
        expect(await readable(inner)).toEqual(segments);
        expect(await namesOf(inner)).toEqual(await namesOf(await openLocalStorage(archive)));
      }
    });
  },
);

it('what joins an archive comes newest first: until it is whole it has a gap, and no early end', async () => {
  const begun = async (): Promise<MemoryStorage> => {
    const storage = new MemoryStorage();
    await pushWal({ storage, path: join(parent, 'wal', segments[0] ?? ''), codec: 'gzip' });
    const opened = await openArchive(storage);
    await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/29000100'), reason: 'recovered' });
    return storage;
  };
  const calm = new FaultyStorage(await begun(), () => undefined);
  await adopt(calm);
  for (let number = 1; number <= calm.calls; number += step) {
    const inner = await begun();
    const faulty = new FaultyStorage(inner, (_, __, call) => (call === number ? 'fail' : undefined));
    await expect(adopt(faulty), `call ${String(number)}`).rejects.toThrow();
    const names = await readable(inner);
    // What was there, or an end that is the right one.
    expect(names.length === 1 ? segments[0] : segments.at(-1)).toBe(names.at(-1));
    await adopt(inner);
    expect(await readable(inner)).toEqual(segments);
  }
});
