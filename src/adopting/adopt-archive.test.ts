import { chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixtureSystemIdentifier, writeFixtureWal } from '../../test/support/fixture-wal.ts';
import { pushWal } from '../archiving/push-wal.ts';
import { openWal } from '../archiving/open-wal.ts';
import { initRepository } from '../repository/init-repository.ts';
import type { Instance } from '../repository/instance.ts';
import { claimInstance } from '../repository/instance.ts';
import { openInstance } from '../repository/open-instance.ts';
import type { Repository } from '../repository/repository.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { decodeSealed, encodeSealed } from '../storage/sealed-json.ts';
import { openPlace } from '../storage/place.ts';
import { setHold, readHolds } from '../wal-archive/holds.ts';
import { openArchive, closeGeneration, openGeneration, readGenerations } from '../wal-archive/archive.ts';
import { parseLsn } from '../wal/lsn.ts';
import { adoptArchive, type AdoptResult } from './adopt-archive.ts';

const segments = ['26', '27', '28', '29'].map((digits) => `0000000100000000000000${digits}`);
let parent: string;
let wal: string;
let archive: string;
let repository: Repository;
let place: string;
let files: Map<string, Buffer>;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-adopt-'));
  wal = join(parent, 'wal');
  files = await writeFixtureWal(wal);
});
afterAll(() => rm(parent, { recursive: true, force: true }));
beforeEach(async () => {
  const root = await mkdtemp(join(parent, 'case-'));
  [archive, place] = [join(root, 'archive'), join(root, 'repo')];
  await mkdir(archive);
  repository = await initRepository(place);
  for (const name of segments) await push(archive, name);
});

async function push(directory: string, name: string, codec: 'none' | 'gzip' = 'gzip'): Promise<void> {
  await pushWal({ storage: await openLocalStorage(directory), path: join(wal, name), codec });
}

const instanceOf = (name = 'orders'): Promise<Instance> => openInstance(repository, name);

async function adopt(more: { readonly copy?: boolean; readonly instance?: string } = {}): Promise<AdoptResult> {
  return adoptArchive({ archive, instance: await instanceOf(more.instance), repository: place, copy: more.copy });
}

/** Path → sum of the content, below a directory. */
async function treeOf(directory: string): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile())
      tree.set(
        path.slice(directory.length + 1),
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      );
  }
  return tree;
}

/** An account that is not ours. */
const other = 65534;

async function giveAll(directory: string): Promise<void> {
  await chown(directory, other, other);
  for (const name of await readdir(directory, { recursive: true })) await chown(join(directory, name), other, other);
}

/** What a reader gets of the archive of the instance. */
async function readAll(name = 'orders'): Promise<Map<string, Buffer>> {
  const { storage } = await openPlace((await instanceOf(name)).wal);
  const { source } = await openWal({ storage, generation: 1, systemIdentifier: fixtureSystemIdentifier });
  const found = new Map<string, Buffer>();
  for await (const object of source.list()) {
    const pieces: Buffer[] = [];
    for await (const piece of object.read()) pieces.push(Buffer.from(piece));
    found.set(object.file.name, Buffer.concat(pieces));
  }
  return found;
}

async function expectWhole(names: readonly string[] = segments): Promise<void> {
  const found = await readAll();
  expect([...found.keys()]).toEqual(names);
  for (const name of names) expect(found.get(name)?.equals(files.get(name) ?? Buffer.alloc(0)), name).toBe(true);
}

describe('repo adopt', () => {
  it('links every file on the same file system and leaves the archive as it is', async () => {
    const before = await treeOf(archive);
    const result = await adopt();
    const whole = { segments: 4, present: 0, left: [], unknown: [], openGeneration: 1, whyCopied: undefined };
    expect(result).toMatchObject({ ...whole, systemIdentifier: fixtureSystemIdentifier });
    expect(result.carried).toEqual({ linked: before.size, copied: 0, copiedBytes: 0 });
    expect(await treeOf(archive)).toEqual(before);
    const own = join(place, 'instances/orders/wal');
    expect(await treeOf(own)).toEqual(before);
    for (const name of before.keys()) {
      expect((await stat(join(own, name))).ino, name).toBe((await stat(join(archive, name))).ino);
    }
    expect((await instanceOf()).identity).toMatchObject({
      systemIdentifier: fixtureSystemIdentifier,
      product: 'openGauss',
    });
    await expectWhole();
  });

  it('is run again: it takes what came meanwhile and nothing else', async () => {
    await adopt();
    expect(await adopt()).toMatchObject({ segments: 0, present: 4, carried: { linked: 0, copied: 0 } });
    await push(archive, '00000001000000000000002A');
    expect(await adopt()).toMatchObject({ segments: 1, present: 4, carried: { linked: 3, copied: 0 } });
    await expectWhole([...segments, '00000001000000000000002A']);
  });

  it('copies where that is asked for, and compares what it reads', async () => {
    const result = await adopt({ copy: true });
    expect(result).toMatchObject({ segments: 4, whyCopied: 'asked', carried: { linked: 0, copied: 14 } });
    const name = `generations/1/wal/0000000100000000/${segments[0] ?? ''}.gz`;
    expect((await stat(join(archive, name))).nlink).toBe(1);
    await expectWhole();
    const damaged = join(archive, `generations/1/wal/0000000100000000/${segments[1] ?? ''}.gz`);
    const bytes = await readFile(damaged);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(damaged, bytes);
    await expect(adopt({ copy: true, instance: 'other' })).rejects.toMatchObject({ code: 'CORRUPT' });
    const written = await treeOf(join(place, 'instances/other/wal'));
    expect([...written.keys()].filter((path) => path.includes(segments[1] ?? ''))).toEqual([]);
    expect(written.has('gausskeep-archive.json')).toBe(false);
  });

  it('copies into an encrypted repository, whose names are not in clear', async () => {
    place = join(place, '..', 'safe');
    repository = await initRepository(place, { password: () => Promise.resolve('secret') });
    const result = await adopt();
    expect(result).toMatchObject({ segments: 4, whyCopied: 'encrypted', carried: { linked: 0, copied: 14 } });
    await expectWhole();
    expect([...(await treeOf(place)).keys()].filter((path) => path.includes(segments[0] ?? ''))).toEqual([]);
    expect(await adopt()).toMatchObject({ segments: 0, present: 4, carried: { copied: 0 } });
  });

  it.runIf(process.geteuid?.() === 0)(
    'links files of the account that the repository belongs to, and copies others',
    async () => {
      await giveAll(archive);
      const name = `generations/1/wal/0000000100000000/${segments[0] ?? ''}.gz`;
      const own = (instance: string): string => join(place, 'instances', instance, 'wal', name);
      expect(await adopt()).toMatchObject({ whyCopied: 'owner', carried: { linked: 0, copied: 14 } });
      expect([(await stat(own('orders'))).uid, (await stat(join(archive, name))).uid]).toEqual([0, other]);
      expect((await stat(join(archive, name))).nlink).toBe(1);
      await giveAll(place);
      expect(await adopt({ instance: 'given' })).toMatchObject({
        whyCopied: undefined,
        carried: { linked: 14, copied: 0 },
      });
      expect([(await stat(own('given'))).uid, (await stat(own('given'))).ino]).toEqual([
        other,
        (await stat(join(archive, name))).ino,
      ]);
      await chown(join(archive, name), 0, 0);
      expect(await adopt({ instance: 'mixed' })).toMatchObject({
        whyCopied: 'refused',
        carried: { linked: 13, copied: 1 },
      });
      expect((await stat(own('mixed'))).uid).toBe(other);
    },
  );

  it('goes on where a run was interrupted; until its end there is no archive', async () => {
    await adopt();
    const own = join(place, 'instances/orders/wal');
    await rm(join(own, 'gausskeep-archive.json'));
    await rm(join(own, 'generations/1/generation.json'));
    const folder = join(own, 'generations/1/wal/0000000100000000');
    for (const rest of ['26.receipt', '27.receipt', '27.index', '27.gz']) {
      await rm(join(folder, `0000000100000000000000${rest}`));
    }
    await expect(readAll()).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await adopt()).toMatchObject({ segments: 2, present: 2 });
    expect(await treeOf(own)).toEqual(await treeOf(archive));
    await expectWhole();
  });

  it('leaves a growing segment behind and names it; nothing of it is linked', async () => {
    const open = join(archive, 'generations/1/open');
    await mkdir(open);
    await copyFile(join(wal, '00000001000000000000002A'), join(open, '00000001000000000000002A.partial'));
    const result = await adopt();
    const storedName = 'generations/1/open/00000001000000000000002A.partial';
    expect(result.left).toEqual([{ name: '00000001000000000000002A.partial', storedName, isGrowing: true }]);
    expect((await stat(join(archive, storedName))).nlink).toBe(1);
    await expectWhole();
  });

  it('takes generations with what closed them, histories of backups and what standbys need', async () => {
    const storage = await openLocalStorage(archive);
    const opened = await openArchive(storage);
    await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/27000100'), reason: 'recovered' });
    await closeGeneration(opened, 1, 'recovered');
    await setHold(storage, { name: 'standby', segment: segments[2] ?? '' });
    await writeFile(join(archive, 'notes.txt'), 'mine');
    const [backup = ''] = [...files.keys()].filter((name) => name.endsWith('.backup'));
    await copyFile(join(wal, backup), join(archive, 'generations/1/wal', backup));
    const result = await adopt();
    expect(result).toMatchObject({ openGeneration: 2, unknown: ['notes.txt'] });
    const own = (await openPlace((await instanceOf()).wal)).storage;
    const generations = await readGenerations(await openArchive(own));
    expect(generations.map(({ number, closed, forkLsn }) => [number, closed, forkLsn])).toEqual([
      [1, true, undefined],
      [2, false, parseLsn('0/27000100')],
    ]);
    expect(await readHolds(own)).toEqual([{ name: 'standby', segment: segments[2] }]);
    const tree = await treeOf(join(place, 'instances/orders/wal'));
    expect(tree.has(`generations/1/wal/${backup}`)).toBe(true);
    expect(tree.has('notes.txt')).toBe(false);
    for (const [from, expected] of [
      [segments[3], segments[3]],
      [segments[0], segments[3]],
    ] as const) {
      await setHold(storage, { name: 'standby', segment: from ?? '' });
      await adopt();
      expect(await readHolds(own)).toEqual([{ name: 'standby', segment: expected }]);
    }
  });

  it('joins an archive that a backup began, where the WAL of both is the same', async () => {
    const instance = await claimInstance(await instanceOf(), {
      systemIdentifier: fixtureSystemIdentifier,
      product: 'openGauss',
    });
    const own = join(place, 'instances/orders/wal');
    await mkdir(own);
    for (const name of [segments[3] ?? '', '00000001000000000000002A']) await push(own, name, 'none');
    const { archive: before } = (await openArchive(await openLocalStorage(own))).identity;
    expect(await adoptArchive({ archive, instance, repository: place })).toMatchObject({ segments: 3, present: 1 });
    expect((await openArchive(await openLocalStorage(own))).identity.archive).toBe(before);
    await expectWhole([...segments, '00000001000000000000002A']);
  });
});

describe('repo adopt refuses, and writes nothing', () => {
  async function refused(code: string, more: { readonly instance?: string } = {}): Promise<void> {
    const before = await treeOf(place);
    await expect(adopt(more)).rejects.toMatchObject({ code });
    expect(await treeOf(place)).toEqual(before);
  }

  it('the archive of another server', async () => {
    await claimInstance(await instanceOf(), { systemIdentifier: 1n, product: 'PostgreSQL' });
    await refused('SYSTEM_MISMATCH');
  });

  it('what is no archive', async () => {
    archive = wal;
    await refused('REPOSITORY_NOT_FOUND');
  });

  it('the archive of the instance itself', async () => {
    await adopt();
    archive = join(place, 'instances/orders/wal');
    await refused('USAGE');
  });

  it('WAL that has other content there', async () => {
    await adopt({ copy: true });
    const receipt = join(place, `instances/orders/wal/generations/1/wal/0000000100000000/${segments[1] ?? ''}.receipt`);
    const members = decodeSealed(await readFile(receipt), 'receipt');
    await writeFile(receipt, encodeSealed({ ...members, sha256: '0'.repeat(64) }));
    await refused('OBJECT_EXISTS');
  });

  it('generations that are other lines', async () => {
    await adopt();
    for (const [directory, forkLsn] of [
      [archive, '0/27000100'],
      [join(place, 'instances/orders/wal'), '0/28000100'],
    ] as const) {
      const opened = await openArchive(await openLocalStorage(directory));
      await openGeneration(opened, { parent: 1, forkLsn: parseLsn(forkLsn), reason: 'recovered' });
    }
    await refused('OBJECT_EXISTS');
  });

  it.each(['damaged', 'missing data', 'other size'])('an archive with a receipt: %s', async (what) => {
    const base = join(archive, `generations/1/wal/0000000100000000/${segments[2] ?? ''}`);
    if (what === 'damaged') await writeFile(`${base}.receipt`, '{}');
    else if (what === 'missing data') await rm(`${base}.gz`);
    else await writeFile(`${base}.gz`, 'short');
    await refused('CORRUPT');
  });

  it('a place where something else is', async () => {
    await claimInstance(await instanceOf(), { systemIdentifier: fixtureSystemIdentifier, product: 'openGauss' });
    await mkdir(join(place, 'instances/orders/wal'));
    await writeFile(join(place, 'instances/orders/wal/notes.txt'), 'mine');
    await refused('OBJECT_EXISTS');
  });
});
