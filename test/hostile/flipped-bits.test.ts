/**
 * Any flipped bit of any object of a repository: `verify --read-data` finds it, or it changes nothing of what is read; never is anything else read without an error.
 * GAUSSKEEP_FLIPS=10000: so many in each of the two repositories.
 */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { BackupError } from '../../src/errors/backup-error.ts';
import type { Instance } from '../../src/repository/instance.ts';
import { openInstance, openKnownInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { repositoryOf, type Repository } from '../../src/repository/repository.ts';
import { EncryptedNames } from '../../src/sealed/encrypted-names.ts';
import { storageBelow } from '../../src/storage/storage-below.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { openWal } from '../../src/archiving/open-wal.ts';
import { verifyStored, type StoredVerdict } from '../../src/verify/verify-stored.ts';
import { collect } from '../support/byte-pieces.ts';
import { FlippedStorage, type Flip } from '../support/flipped-storage.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { SmallRepository } from '../support/small-repository.ts';
import { load } from '../support/stored-content.ts';

const flips = Number(process.env['GAUSSKEEP_FLIPS'] ?? 500);
const password = 'correct horse';

/** Numbers below `limit`, the same in each run. */
function numbers(seed: string): (limit: number) => number {
  let count = 0;
  return (limit) =>
    createHash('sha256')
      .update(`${seed} ${String((count += 1))}`)
      .digest()
      .readUIntBE(0, 6) % limit;
}

const contents = (): Map<string, Buffer> => {
  const draw = numbers('content');
  const random = (bytes: number) => Buffer.from(Array.from({ length: bytes }, () => draw(256)));
  return new Map([
    // 20 blocks: its leaf is not in its record; half of it can be compressed.
    ['base/1/1259', Buffer.concat([Buffer.alloc(160_000, 'a row of a table; '), random(160_000)])],
    ['base/1/1249', Buffer.concat([random(20_000), Buffer.alloc(100_000), random(10_000)])],
    ['base/1/zeros', Buffer.alloc(200_000)],
    ...Array.from({ length: 30 }, (_, at) => [`base/1/small${String(at)}`, random(100 + 40 * at)] as const),
    ['global/empty', Buffer.alloc(0)],
  ]);
};

type Outcome = 'found' | 'as it was';

describe.each(['plain', 'encrypted'] as const)('a bit that is flipped in the %s repository', (kind) => {
  const root = new MemoryStorage(() => Date.now());
  let small: SmallRepository;
  let contentPacks: ReadonlySet<string>;
  let objects: readonly { readonly name: string; readonly clear: string; readonly sizeBytes: number }[];

  beforeAll(async () => {
    small = await SmallRepository.make(root, kind === 'encrypted' ? password : undefined);
    const files = contents();
    await small.backup(files, 'gzip');
    const changed = Buffer.from(files.get('base/1/1259') ?? []);
    changed.fill(7, 200_000, 201_000);
    await small.backup(new Map([...files, ['base/1/1259', changed]]), 'none');
    await small.mark();
    objects = await namesOf(root, small.repository);
    contentPacks = await small.contentPacks();
  });

  it(`is found, or changes nothing: ${String(flips)} of them`, async () => {
    const counts = new Map<string, { found: number; same: number }>();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < flips) {
        const count = next;
        next += 1;
        const draw = numbers(`${kind} ${String(count)}`);
        // Each object in turn, and between them any byte of all of them.
        const object = count % 2 === 0 ? objects[(count / 2) % objects.length]! : byByte(draw);
        const flip = { name: object.name, offset: draw(object.sizeBytes), bit: draw(8) };
        const outcome = await judge(flip, object.clear, `${object.clear} ${JSON.stringify(flip)}`);
        const sum = counts.get(sortOf(object.clear)) ?? { found: 0, same: 0 };
        counts.set(sortOf(object.clear), sum);
        sum[outcome === 'found' ? 'found' : 'same'] += 1;
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    const tried = [...counts.values()].reduce((sum, { found, same }) => sum + found + same, 0);
    expect(tried).toBe(flips);
    expect([...counts.keys()].sort()).toEqual(
      [
        ...['commit', 'identity', 'instance', 'mark', 'pack', 'reserve'],
        ...['wal identity', 'wal index', 'wal receipt', 'wal segment', 'wal generation'],
        ...(kind === 'encrypted' ? ['key'] : []),
      ].sort(),
    );
    for (const [sort, { found, same }] of counts) {
      // Nobody reads the reserve; an index only repeats what the segment says; and a few bits of a gzip header say nothing.
      const mayBeSame = ['reserve', 'wal index'].includes(sort) || (kind === 'plain' && sort === 'wal segment');
      if (!mayBeSame) expect([sort, same], sort).toEqual([sort, 0]);
      if (sort === 'wal segment') expect(same).toBeLessThan(found / 20);
    }
  }, 1_800_000);

  it('is not there: all is sound', async () => {
    const verdicts = await verdictsOf(small.repository);
    expect(verdicts.map(({ state, filesRead, wal }) => [state, filesRead, wal])).toEqual(
      small.backups.map(({ files }) => ['sound', files.size, { segments: 1, isRead: true }]),
    );
    await readBack(small.repository, 'content');
    await readBack(small.repository, 'wal');
  });

  /** @throws where something else was read than what was stored */
  async function judge(flip: Flip, clear: string, where: string): Promise<Outcome> {
    const flipped = new FlippedStorage(root, flip);
    let found: boolean;
    try {
      const repository = await open(flipped, clear);
      const verdicts = await verdictsOf(repository);
      const damaged = verdicts.filter(({ state }) => state === 'damaged');
      found = damaged.length > 0;
      if (clear.includes('/packs/')) checkFiles(damaged, clear, where);
      // What is not reported must not be met by a restore either, and what is must be an error there.
      await readBack(repository, clear.includes('/wal/') ? 'wal' : 'content');
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      return 'found';
    }
    return found ? 'found' : 'as it was';
  }

  /** A key derived for each would take minutes; where what it is derived from was changed, it is. */
  async function open(storage: Storage, clear: string): Promise<Repository> {
    const { identity, protection } = small.repository;
    if (!clear.startsWith('keys/') && clear !== 'gausskeep-repository.json') {
      const master = protection.kind === 'encrypted' ? protection.master : undefined;
      return repositoryOf({ storage, directory: undefined, name: '' }, identity, master);
    }
    const given = kind === 'encrypted' ? { password: () => Promise.resolve(password) } : {};
    return openRepository(storage, given);
  }

  /** The files that a pack concerns are named, or it is a map that is damaged, which is named. */
  function checkFiles(damaged: readonly StoredVerdict[], clear: string, where: string): void {
    expect(damaged.length, where).toBeGreaterThan(0);
    const pack = clear.slice(clear.indexOf('packs/'));
    for (const { faults } of damaged) {
      expect(faults.length, where).toBeGreaterThan(0);
      for (const { names, sentence } of faults) {
        if (names.length === 0) expect(JSON.stringify(sentence.parameters), where).toContain(pack);
      }
    }
    const all = damaged.flatMap(({ faults }) => faults);
    if (contentPacks.has(pack))
      expect(
        all.some(({ names }) => names.length > 0),
        where,
      ).toBe(true);
  }

  /** What a restore reads. @throws BackupError where it cannot be read; another one where it is not what was stored */
  async function readBack(repository: Repository, what: 'content' | 'wal'): Promise<void> {
    const instance = await openInstance(repository, 'orders');
    if (what === 'wal') {
      await readWalBack(instance);
      return;
    }
    for (const { commit, files } of small.backups) {
      const loaded = await load(instance.storage, commit.root);
      expect([...loaded.keys()].sort()).toEqual([...files.keys()].sort());
      for (const [name, content] of files) {
        if (loaded.get(name)?.equals(content) !== true) throw new Error(`${name} was read as something else`);
      }
    }
  }

  async function readWalBack({ wal }: Instance): Promise<void> {
    if (typeof wal === 'string') throw new Error('only in a storage');
    const { source } = await openWal({ storage: wal });
    for (const [name, bytes] of small.wal) {
      const object = await source.find(name);
      if (object === undefined) throw new Error(`${name} is not there`);
      if (!(await collect(object.read())).equals(bytes)) throw new Error(`${name} was read as something else`);
    }
  }

  async function verdictsOf(repository: Repository): Promise<StoredVerdict[]> {
    const instance = await openKnownInstance(repository, 'orders');
    const verdicts: StoredVerdict[] = [];
    for await (const verdict of verifyStored({ instances: [instance], read: 'all' })) {
      if (verdict.kind === 'verdict') verdicts.push(verdict);
    }
    return verdicts;
  }

  function byByte(draw: (limit: number) => number) {
    let left = draw(objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    return objects.find(({ sizeBytes }) => (left -= sizeBytes) < 0)!;
  }
});

/** Objects by what they are. */
function sortOf(clear: string): string {
  const sorts = [
    [/^gausskeep-repository/, 'identity'],
    [/^keys\//, 'key'],
    [/\/instance\.json$/, 'instance'],
    [/\/packs\//, 'pack'],
    [/\/commits\//, 'commit'],
    [/\/marks\//, 'mark'],
    [/\/reserve\//, 'reserve'],
    [/\/wal\/.*\.receipt$/, 'wal receipt'],
    [/\/wal\/.*\.index$/, 'wal index'],
    [/\/wal\/.*\/[0-9A-F]{24}(?:\.gz)?$/, 'wal segment'],
    [/\/wal\/.*generation\.json$/, 'wal generation'],
    [/\/wal\/[^/]*\.json$/, 'wal identity'],
  ] as const;
  return sorts.find(([pattern]) => pattern.test(clear))?.[1] ?? clear;
}

/** Every object by its stored and its clear name. */
async function namesOf(root: Storage, { storage, protection }: Repository) {
  const clear = new Map<string, string>();
  if (protection.kind === 'encrypted') {
    const names = new EncryptedNames(storageBelow(root, 'objects/'), protection.master);
    for await (const { name } of storage.list('')) clear.set(`objects/${names.storedName(name)}`, name);
  }
  const objects: { readonly name: string; readonly clear: string; readonly sizeBytes: number }[] = [];
  for await (const { name, sizeBytes } of root.list('')) {
    objects.push({ name, clear: clear.get(name) ?? name, sizeBytes });
  }
  return objects;
}
