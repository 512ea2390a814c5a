import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { openArchiveOf } from '../storing/open-archive.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import type { Storage } from '../storage/storage.ts';
import { readCatalogue } from './catalogue.ts';
import { initRepository } from './init-repository.ts';
import { claimInstance } from './instance.ts';
import { listInstances, openInstance, openKnownInstance } from './open-instance.ts';
import { openRepository } from './open-repository.ts';
import { putCommit } from './put-commit.ts';
import { refuseNested } from './refuse-nested.ts';
import { addKey, listKeys, removeKey } from './repository-keys.ts';

const password = (text: string) => () => Promise.resolve(text);
const put = (storage: Storage, name: string, text: string | Uint8Array) =>
  storage.put(name, () => onePiece(Buffer.from(text)));
async function namesOf(storage: Storage): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list('')) names.push(name);
  return names;
}

let parent: string;
let path: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-repository-'));
  path = join(parent, 'repo');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

it('is neither made inside another one nor inside a WAL archive, whatever the way there', async () => {
  await initRepository(path);
  await expect(initRepository(join(path, 'inner'))).rejects.toMatchObject({ sentence: { key: 'repo.in-repository' } });
  expect(await readdir(path)).not.toContain('inner');
  await mkdir(join(path, 'deep/er'), { recursive: true });
  await symlink(join(path, 'deep'), join(parent, 'link'));
  await expect(initRepository(join(parent, 'link/er'))).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
  const archive = join(parent, 'archive');
  await mkdir(archive);
  await writeFile(join(archive, 'gausskeep-archive.json'), '{}');
  await expect(initRepository(join(archive, 'repo'))).rejects.toMatchObject({ sentence: { key: 'repo.in-archive' } });
  await expect(initRepository(parent)).rejects.toMatchObject({ sentence: { key: 'repo.not-empty' } });
  await expect(refuseNested(join(path, 'wal'))).rejects.toMatchObject({ hint: { key: 'repo.nested.hint' } });
  await initRepository(join(parent, 'beside'));
});

describe.each([
  ['with checksums', undefined],
  ['encrypted', password('secret')],
])('a repository %s', (kind, word) => {
  const open = () => openRepository(path, word === undefined ? {} : { password: word });

  it('is made once, and holds instances with their backups', async () => {
    const { identity } = await initRepository(path, { password: word });
    await expect(initRepository(path, { password: word })).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    const repository = await open();
    expect(repository.identity).toEqual(identity);
    expect(await listInstances(repository)).toEqual([]);
    await expect(openKnownInstance(repository, 'orders')).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    const facts = { systemIdentifier: 7n, product: 'PostgreSQL' };
    const instance = await claimInstance(await openInstance(repository, 'orders'), facts);
    const commit = sampleCommit();
    await putCommit(instance.storage, commit);
    const again = await openKnownInstance(await open(), 'orders');
    expect(again.identity).toMatchObject(facts);
    expect((await readCatalogue(again.storage)).backups).toMatchObject([{ commit }]);
    expect(await listInstances(repository)).toEqual(['orders']);
    for (const name of ['Orders', '', 'a/b', '.x']) {
      await expect(openInstance(repository, name)).rejects.toMatchObject({ code: 'USAGE' });
    }
  });

  it('has WAL archives of its instances', async () => {
    const repository = await initRepository(path, { password: word });
    const facts = { systemIdentifier: 7n, product: 'PostgreSQL' };
    const instance = await claimInstance(await openInstance(repository, 'orders'), facts);
    const storage = await openArchiveOf(instance);
    await put(storage, 'gausskeep-archive.json', 'the identity of an archive');
    const inside = join(path, 'instances/orders/wal');
    if (kind === 'encrypted') await expect(stat(inside)).rejects.toMatchObject({ code: 'ENOENT' });
    else expect(await readdir(inside)).toEqual(['gausskeep-archive.json']);
    const stored = await namesOf(repository.root);
    const outside = stored.filter((name) => !/^objects|reserve/.test(name));
    expect(outside.map((name) => name.replace(/[0-9a-f]{32}/, 'ID'))).toEqual(
      kind === 'encrypted'
        ? ['gausskeep-repository.json', 'keys/ID.json']
        : [
            'gausskeep-repository.json',
            'instances/orders/instance.json',
            'instances/orders/wal/gausskeep-archive.json',
          ],
    );
    expect(stored.join().includes('orders')).toBe(kind !== 'encrypted');
  });

  it.each(['plain', 'encrypted'])('that has lost what makes it one is not taken for nothing: %s', async (kind) => {
    const storage = new MemoryStorage();
    const options = kind === 'encrypted' ? { password: word } : {};
    const repository = await initRepository(storage, options);
    await claimInstance(await openInstance(repository, 'orders'), { systemIdentifier: 7n, product: 'PostgreSQL' });
    await storage.delete('gausskeep-repository.json');
    await expect(openRepository(storage, options)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('has lost its gausskeep-repository.json') as string,
    });
    await expect(openRepository(new MemoryStorage(), options)).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  });

  it('is not taken for one of a newer format', async () => {
    const storage = new MemoryStorage();
    await put(storage, 'gausskeep-repository.json', encodeSealed({ format: 2 }));
    await expect(openRepository(storage, { askPassword: word })).rejects.toMatchObject({ code: 'REPOSITORY_VERSION' });
  });

  it('is not called damaged where its objects are framed in a newer way', async () => {
    const storage = new MemoryStorage();
    const { identity } = await initRepository(new MemoryStorage(), { password: word });
    const { keyCheck = null, ...members } = identity;
    await put(
      storage,
      'gausskeep-repository.json',
      encodeSealed({ format: 1, ...members, keyCheck, frames: 'ascon-128' }),
    );
    await expect(openRepository(storage, { askPassword: word })).rejects.toMatchObject({
      code: 'REPOSITORY_VERSION',
      message: expect.stringContaining('ascon-128') as string,
    });
  });

  it('of several made at once is one, without leavings', async () => {
    const storage = new MemoryStorage();
    const made = await Promise.allSettled([1, 2, 3].map(() => initRepository(storage, { password: word })));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await namesOf(storage)).toHaveLength(kind === 'encrypted' ? 2 : 1);
    await openRepository(storage, { password: word });
  });
});

describe('the place of a repository', () => {
  it('has to be there and empty, but for what an interrupted run left', async () => {
    await expect(initRepository(join(parent, 'missing/repo'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    await expect(openRepository(path)).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    const storage = new MemoryStorage();
    await expect(openRepository(storage)).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    await put(storage, 'keys/0123456789abcdef0123456789abcdef.json', 'left');
    await initRepository(storage);
    for (const name of ['PG_VERSION', 'base/1']) {
      const used = new MemoryStorage();
      await put(used, name, '17');
      await expect(initRepository(used)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
      expect(await namesOf(used)).toEqual([name]);
    }
  });

  it('with a damaged identity is told as that', async () => {
    const storage = new MemoryStorage();
    await put(storage, 'gausskeep-repository.json', '{"format":1}');
    await expect(openRepository(storage)).rejects.toMatchObject({
      code: 'CORRUPT',
      context: { repository: storage.description },
      hint: { key: 'repo.damaged-identity.hint' },
    });
  });
});

describe('the passwords of a repository', () => {
  it('encrypt names, so that an instance is told by its name and not by a path', async () => {
    const storage = new MemoryStorage();
    const repository = await initRepository(storage, { password: () => Promise.resolve('one') });
    const { storage: own, wal } = await openInstance(repository, 'orders');
    expect(own.description).toBe(`${storage.description}, instance orders`);
    expect(typeof wal === 'string' ? wal : wal.description).toBe(own.description);
  });

  it('are asked for only where they are needed, and refused where they are not', async () => {
    const plain = new MemoryStorage();
    await initRepository(plain);
    const asked: string[] = [];
    const askPassword = () => {
      asked.push('asked');
      return Promise.resolve('one');
    };
    await openRepository(plain, { askPassword });
    expect(asked).toEqual([]);
    await expect(openRepository(plain, { password: password('x') })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(openRepository(plain).then((found) => addKey(found, 'x'))).rejects.toMatchObject({ code: 'USAGE' });
    const encrypted = new MemoryStorage();
    await expect(initRepository(encrypted, { password: password('') })).rejects.toMatchObject({ code: 'USAGE' });
    await initRepository(encrypted, { password: password('one') });
    await openRepository(encrypted, { askPassword });
    expect(asked).toEqual(['asked']);
    await expect(openRepository(encrypted)).rejects.toMatchObject({ code: 'AUTHENTICATION' });
  });

  it('are several, any of which opens it; all but the last can be removed', async () => {
    const storage = new MemoryStorage();
    const repository = await initRepository(storage, { password: password('one') });
    const [first] = (await listKeys(repository)).keys;
    await expect(removeKey(repository, first?.id ?? '')).rejects.toMatchObject({ code: 'USAGE' });
    await addKey(repository, 'two', { note: 'the safe' });
    for (const known of ['one', 'two'])
      await expect(addKey(repository, known)).rejects.toMatchObject({ code: 'USAGE' });
    const opened = await openRepository(storage, { password: password('two') });
    expect(opened.protection).toEqual(repository.protection);
    expect((await listKeys(opened)).keys.map(({ note }) => note).sort()).toEqual(['', 'the safe']);
    await expect(removeKey(opened, '')).rejects.toMatchObject({ code: 'USAGE' });
    expect(await removeKey(opened, first?.id.slice(0, 12) ?? '')).toMatchObject({ id: first?.id });
    await expect(openRepository(storage, { password: password('one') })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
    });
  });

  it('tell a wrong one from a damaged key', async () => {
    const storage = new MemoryStorage();
    const repository = await initRepository(storage, { password: password('one') });
    const bad = 'keys/0123456789abcdef0123456789abcdef.json';
    await put(storage, bad, 'nonsense');
    const wrong = openRepository(storage, { password: password('two') });
    await expect(wrong).rejects.toMatchObject({ code: 'AUTHENTICATION', context: { damaged: bad } });
    await openRepository(storage, { password: password('one') });
    expect(await listKeys(repository)).toMatchObject({ damaged: [bad] });
    for (const { id } of (await listKeys(repository)).keys) await storage.delete(`keys/${id}.json`);
    await expect(openRepository(storage, { password: password('one') })).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('do not open it through the key of another master', async () => {
    const storage = new MemoryStorage();
    const repository = await initRepository(storage, { password: password('one') });
    const other = { ...repository, protection: { kind: 'encrypted', master: Buffer.alloc(32, 1) } as const };
    await addKey(other, 'two');
    await expect(openRepository(storage, { password: password('two') })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
      context: { damaged: expect.stringContaining('keys/') as string },
    });
    await openRepository(storage, { password: password('one') });
  });
});
