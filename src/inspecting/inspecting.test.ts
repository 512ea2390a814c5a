import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fixtureSystemIdentifier, writeFixtureWal } from '../../test/support/fixture-wal.ts';
import { RepositoryWorld } from '../../test/support/repository-world.ts';
import { pushWal } from '../archiving/push-wal.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { packName } from '../packs/chunk-ref.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import { initRepository } from '../repository/init-repository.ts';
import { claimInstance, type Instance } from '../repository/instance.ts';
import { putHold } from '../repository/keep-hold.ts';
import { commitObject, newId, removalObject } from '../repository/names.ts';
import { openInstance } from '../repository/open-instance.ts';
import { fence } from '../repository/put-commit.ts';
import { pinBackup } from '../repository/put-mark.ts';
import { putRemoval } from '../repository/removal.ts';
import type { Repository } from '../repository/repository.ts';
import { addKey } from '../repository/repository-keys.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import { openArchiveOf } from '../storing/open-archive.ts';
import { checkRepository } from './check-repository.ts';
import type { RepositoryFinding } from './finding.ts';
import { readInstanceStats } from './read-stats.ts';

/** Of the backups of the test worlds. */
const systemIdentifier = 7_500_000_000_000_000_001n;
const dayMs = 24 * 60 * 60 * 1000;

let parent: string;
let place: string;
let repository: Repository;
let orders: Instance;
let world: RepositoryWorld;
/** Ids of the three, in the order in which they were made: the catalogue knows only the second. */
let made: string[];

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-inspect-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** A repository with three backups, which share a block. */
async function begin(encrypted: boolean): Promise<void> {
  place = join(await mkdtemp(join(parent, 'case-')), 'repo');
  const password = encrypted ? () => Promise.resolve('secret') : undefined;
  repository = await initRepository(place, { password });
  orders = await openInstance(repository, 'orders');
  orders = await claimInstance(orders, { systemIdentifier, product: 'PostgreSQL' });
  world = new RepositoryWorld();
  world.nowMs = Date.now();
  made = [];
  for (const content of ['x:one', 'x:two', 'x:three']) made.push(await world.backup(content, orders.storage));
}

const put = (name: string, text: string) => orders.storage.put(name, () => onePiece(Buffer.from(text)));
const pathOf = (name: string): string => join(place, 'instances/orders', name);

interface Checked {
  readonly findings: readonly RepositoryFinding[];
  /** `severity key object`, without notes. */
  readonly troubles: readonly string[];
  readonly notes: readonly string[];
}

async function check(): Promise<Checked> {
  const findings: RepositoryFinding[] = [];
  await checkRepository({ repository, onFinding: (finding) => findings.push(finding) });
  const line = ({ severity, what, object }: RepositoryFinding) => `${severity} ${what.key} ${object}`;
  return {
    findings,
    troubles: findings.filter(({ severity }) => severity !== 'note').map(line),
    notes: findings.filter(({ severity }) => severity === 'note').map(({ what }) => what.key),
  };
}

/** Without what comes of files that a test has made older. */
async function troublesOf(): Promise<readonly string[]> {
  return (await check()).troubles.filter((line) => !line.startsWith('warning repo-check.clock'));
}
const backups = async (): Promise<string[]> =>
  (await readCatalogue(orders.storage)).backups.map(({ commit }) => commit.backup);

describe.each([false, true])('repo check, encrypted: %s', (encrypted) => {
  beforeEach(() => begin(encrypted));

  it('finds nothing wrong in what is sound, and says what was looked at', async () => {
    const { troubles, notes } = await check();
    expect(troubles).toEqual([]);
    // The holds of backups stay until the next one.
    expect([...new Set(notes)].sort()).toEqual(['repo-check.hold-void', 'repo-check.no-wal']);
    const lookedAt = await checkRepository({ repository, onFinding: () => undefined });
    expect(lookedAt).toMatchObject({ keys: encrypted ? 1 : 0, instances: 1, catalogueObjects: 3, roots: 3, holds: 1 });
    expect(lookedAt.packs).toBeGreaterThan(3);
  });

  it('counts what killed writes left, wherever it lies', async () => {
    const left = ['.gausskeep-0123', `${encrypted ? 'objects' : 'instances/orders/packs'}/.gausskeep-4567`];
    for (const name of left) await writeFile(join(place, name), 'x'.repeat(500));
    const findings: RepositoryFinding[] = [];
    const onFinding = (finding: RepositoryFinding): void => void findings.push(finding);
    await checkRepository({ repository, directory: place, onFinding });
    const found = findings.filter(({ what }) => what.key === 'repo-check.unfinished');
    expect(found).toMatchObject([{ severity: 'note', what: { parameters: { count: 2, bytes: 1000 } } }]);
  });

  it('tells of packs that backups use and that are gone or of another size, with the backups', async () => {
    const { backups: listed } = await readCatalogue(orders.storage);
    const [first = '', second = ''] = made;
    const shared = packName({ backup: first, number: 0 });
    await orders.storage.delete(shared);
    const own = packName({ backup: second, number: 0 });
    await orders.storage.delete(own);
    await put(own, 'short');
    const { findings, troubles } = await check();
    expect(troubles.toSorted()).toEqual(
      [`damage repo-check.pack-missing ${shared}`, `damage repo-check.pack-size ${own}`].sort(),
    );
    const named = findings.find(({ object }) => object === shared)?.what.parameters['backup'];
    expect(named).toMatchObject({ items: listed.map(({ commit }) => commit.name) });
  });

  it('tells of a root that cannot be read, and of nothing unused then', async () => {
    const [, second] = (await readCatalogue(orders.storage)).backups;
    for (const { pack } of second?.commit.rootPacks ?? []) await orders.storage.delete(packName(pack));
    const { findings } = await check();
    const damaged = findings.filter(({ severity }) => severity === 'damage');
    expect(damaged.map(({ object }) => object)).toContain(second?.commit.name);
    expect(findings.map(({ what }) => what.key)).not.toContain('repo-check.packs-left');
  });

  it('tells a backup that runs from one that was killed, by its hold', async () => {
    const runs = await world.begin('z:four', orders.storage);
    expect(await troublesOf()).toEqual([]);
    expect((await check()).notes).toEqual(expect.arrayContaining(['repo-check.hold-live', 'repo-check.packs-held']));
    expect((await readInstanceStats(orders)).holds).toMatchObject([
      { kind: 'backup', backup: runs.id, host: hostname(), pid: process.pid },
    ]);
    await age(`holds/${runs.id}`, encrypted);
    expect((await readInstanceStats(orders)).holds).toEqual([]);
    expect((await troublesOf()).toSorted()).toEqual([
      expect.stringMatching(/^warning repo-check\.hold-dead holds\//),
      `warning repo-check.packs-left packs/${runs.id}/`,
    ]);
  });

  it('leaves packs alone that a run may have begun to store a moment ago', async () => {
    const owner = newId();
    await put(packName({ backup: owner, number: 0 }), 'x');
    expect(await check()).toMatchObject({
      troubles: [],
      notes: expect.arrayContaining(['repo-check.packs-young']) as unknown,
    });
    await age(`packs/${owner}`, encrypted);
    expect(await troublesOf()).toEqual([`warning repo-check.packs-left packs/${owner}/`]);
  });

  it('names every object of the catalogue that cannot be read', async () => {
    const names = [
      commitObject(newId()),
      removalObject(newId()),
      `marks/${newId()}/${newId()}.json`,
      `pruned/${newId()}.json`,
    ];
    for (const name of names) await put(name, 'nonsense');
    const hold = `holds/${newId()}/${newId()}/000000.json`;
    await put(hold, 'nonsense');
    const { findings } = await check();
    const damaged = findings.filter(({ severity }) => severity === 'damage').map(({ object }) => object);
    expect(damaged.toSorted()).toEqual([...names, hold].sort());
  });

  it('tells what is under way and asks for nothing', async () => {
    const [first = '', second = ''] = await backups();
    await pinBackup(orders.storage, second, {});
    await putRemoval(orders.storage, { backup: first, reason: 'retention', minimum: 1 });
    await fence(orders.storage, newId(), 'test');
    await putHold(orders.storage, { kind: 'restore', backup: second, prior: undefined });
    const { troubles, notes } = await check();
    expect(troubles).toEqual([]);
    const expected = ['repo-check.removal-waiting', 'repo-check.tombstones', 'repo-check.hold-live'];
    expect(notes).toEqual(expect.arrayContaining(expected));
  });

  it('tells of a removal whose commit is gone', async () => {
    const backup = newId();
    await putRemoval(orders.storage, { backup, reason: 'retention', minimum: 1 });
    expect(await troublesOf()).toEqual([`warning repo-check.removal-unfinished ${removalObject(backup)}`]);
  });

  it('tells of a newer format, and goes on with other instances', async () => {
    await put(commitObject(newId()), encodeSealed({ format: 2 }).toString());
    await claimInstance(await openInstance(repository, 'billing'), { systemIdentifier: 2n, product: 'PostgreSQL' });
    const { findings } = await check();
    expect(findings.filter(({ severity }) => severity === 'warning')).toMatchObject([{ instance: 'orders' }]);
    expect(findings.some(({ instance }) => instance === 'billing')).toBe(true);
  });

  it('tells of backups of another server and of an archive of another', async () => {
    const wal = join(parent, 'wal');
    await writeFixtureWal(wal);
    const storage = await openArchiveOf(orders);
    await pushWal({ storage, path: join(wal, '000000010000000000000026') });
    expect(await troublesOf()).toEqual(['damage repo-check.other-archive wal/gausskeep-archive.json']);
    const other = await claimInstance(await openInstance(repository, 'other'), {
      systemIdentifier: fixtureSystemIdentifier,
      product: 'openGauss',
    });
    await world.backup('x:four', other.storage);
    const { findings } = await check();
    expect(findings.filter(({ instance }) => instance === 'other').map(({ what }) => what.key)).toContain(
      'repo-check.other-system',
    );
  });

  it('looks at receipts and what they are about', async () => {
    const wal = join(parent, 'wal');
    await writeFixtureWal(wal);
    const own = await claimInstance(await openInstance(repository, 'gauss'), {
      systemIdentifier: fixtureSystemIdentifier,
      product: 'openGauss',
    });
    const storage = await openArchiveOf(own);
    const names = ['26', '27', '28', '29'].map((digits) => `0000000100000000000000${digits}`);
    for (const name of names) await pushWal({ storage, path: join(wal, name) });
    const lookedAt = await checkRepository({ repository, onFinding: () => undefined });
    expect(lookedAt.receipts).toBe(4);
    expect(await troublesOf()).toEqual([]);
    const base = 'generations/1/wal/0000000100000000/';
    await storage.delete(`${base}${names[0] ?? ''}`);
    await storage.delete(`${base}${names[1] ?? ''}.receipt`);
    await storage.put(`${base}${names[1] ?? ''}.receipt`, () => onePiece(Buffer.from('{}')));
    await storage.delete(`${base}${names[3] ?? ''}.receipt`);
    const { troubles, notes } = await check();
    expect(troubles).toEqual([
      `damage archive.receipt-alone wal/${base}${names[0] ?? ''}`,
      `damage archive.damaged-receipt wal/${base}${names[1] ?? ''}.receipt`,
    ]);
    expect(notes).toContain('repo-check.no-receipt');
    const cut = (await readFile(join(wal, '00000001000000000000002A'))).subarray(0, 5_000_000);
    await storage.put(`${base}00000001000000000000002A`, () => onePiece(cut));
    await storage.put(`${base}00000001000000000000002B.lz4`, () => onePiece(Buffer.alloc(0)));
    expect((await check()).troubles.slice(2)).toEqual([
      `damage survey.segment-size wal/${base}00000001000000000000002A`,
      `damage survey.other-content wal/${base}00000001000000000000002B.lz4`,
    ]);
  });
});

/** Makes everything in a folder of the instance two days old. */
async function age(folder: string, encrypted: boolean): Promise<void> {
  const then = new Date(Date.now() - 2 * dayMs);
  for (const path of await filesBelow(join(place, encrypted ? 'objects' : 'instances'))) {
    if (encrypted || path.includes(folder)) await utimes(path, then, then);
  }
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('repo check finds what does not belong there', () => {
  it('by their names, and says where that keeps retention from its work', async () => {
    await begin(false);
    await writeFile(join(place, 'notes.txt'), 'mine');
    await writeFile(pathOf('notes.txt'), 'mine');
    await writeFile(pathOf('holds/notes.txt'), 'mine');
    const renamed = `commits/${newId()}.json.bak`;
    await writeFile(pathOf(renamed), 'mine');
    await mkdir(join(place, 'instances/no instance'));
    const { findings } = await check();
    const actions = findings.flatMap(({ severity, object, action }) =>
      severity === 'note' ? [] : [[object, action?.key]],
    );
    expect(actions.toSorted()).toEqual([
      [renamed, 'repo-check.blocks.action'],
      ['holds/notes.txt', 'repo-check.stranger.action'],
      ['instances/no instance/', 'repo-check.stranger.action'],
      ['notes.txt', 'repo-check.stranger.action'],
      ['notes.txt', 'repo-check.stranger.action'],
    ]);
  });

  it('by names that do not decrypt', async () => {
    await begin(true);
    const [some = ''] = await filesBelow(join(place, 'objects'));
    await writeFile(join(some, '..', 'notes.txt'), 'mine');
    expect((await troublesOf())[0]).toMatch(/^warning repo-check\.foreign .*notes\.txt$/);
  });

  it('by their dates and sizes', async () => {
    await begin(false);
    const [first = '', second = ''] = await backups();
    const later = new Date(Date.now() + dayMs);
    await utimes(pathOf(commitObject(first)), later, later);
    await truncate(pathOf(packName({ backup: second, number: 0 })), 20);
    const { troubles } = await check();
    expect(troubles).toContain(`warning repo-check.future ${commitObject(first)}`);
    expect(troubles).toContain(`damage repo-check.size ${packName({ backup: second, number: 0 })}`);
  });

  it('a lost and a damaged instance.json', async () => {
    await begin(false);
    await rename(pathOf('instance.json'), join(parent, 'kept.json'));
    expect(await troublesOf()).toEqual(['damage repo-check.no-identity instance.json']);
    const bytes = await readFile(join(parent, 'kept.json'));
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
    await writeFile(pathOf('instance.json'), bytes);
    expect((await check()).findings).toMatchObject([{ severity: 'damage', object: 'instance.json' }]);
  });

  it('a key object that is damaged', async () => {
    await begin(true);
    await addKey(repository, 'another');
    const [key = ''] = await readdir(join(place, 'keys'));
    await writeFile(join(place, 'keys', key), '{}');
    expect(await troublesOf()).toEqual([`damage repo-check.key keys/${key}`]);
  });
});

describe.each([false, true])('repo stats, encrypted: %s', (encrypted) => {
  beforeEach(() => begin(encrypted));

  it('tells what is stored, what backups use, and what nobody does', async () => {
    const { backups: listed } = await readCatalogue(orders.storage);
    const before = await readInstanceStats(orders);
    const logicalBytes = listed.reduce((sum, { commit }) => sum + commit.logicalBytes, 0);
    expect(before).toMatchObject({ backups: 3, removed: 0, damaged: 0, logicalBytes, unreadable: [] });
    expect(before.used).toEqual(before.packs);
    expect(before.unused).toEqual({ objects: 0, bytes: 0 });
    expect(before.packs.bytes).toBe(listed.reduce((sum, { commit }) => sum + commit.newBytes, 0));
    const second = listed[1]?.commit.backup ?? '';
    await putRemoval(orders.storage, { backup: second, reason: 'retention', minimum: 1 });
    const runs = await world.begin('z:four', orders.storage);
    const stats = await readInstanceStats(orders);
    expect(stats).toMatchObject({ backups: 2, removed: 1 });
    const newBytes = listed[1]?.commit.newBytes ?? 0;
    expect((stats.unused?.bytes ?? 0) - (stats.running?.bytes ?? 0)).toBe(newBytes);
    expect(stats.running?.objects).toBeGreaterThan(0);
    expect((stats.runningUntilMs ?? 0) - Date.now()).toBeGreaterThan(dayMs / 2);
    expect(stats.packs.bytes).toBe(before.packs.bytes + (stats.running?.bytes ?? 0));
    await runs.commit();
    expect((await readInstanceStats(orders)).running).toEqual({ objects: 0, bytes: 0 });
  });

  it('counts the WAL by itself, and says what it cannot know', async () => {
    const wal = join(parent, 'wal');
    await writeFixtureWal(wal);
    await pushWal({ storage: await openArchiveOf(orders), path: join(wal, '000000010000000000000026') });
    const { wal: amount, all, packs } = await readInstanceStats(orders);
    // Identity, generation, segment, index, receipt.
    expect(amount.objects).toBe(5);
    expect(amount.bytes).toBeGreaterThan(16 * 1024 * 1024);
    expect(all.objects).toBeGreaterThan(amount.objects + packs.objects);
    const [first] = (await readCatalogue(orders.storage)).backups;
    for (const { pack } of first?.commit.rootPacks ?? []) await orders.storage.delete(packName(pack));
    const stats = await readInstanceStats(orders);
    expect(stats).toMatchObject({ used: undefined, unused: undefined, unreadable: [first?.commit.name] });
  });
});
