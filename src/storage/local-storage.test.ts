import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalStorage } from './local-storage.ts';
import type { Storage } from './storage.ts';

async function* body(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}

describe('local storage', () => {
  let parent: string;
  let root: string;
  let storage: Storage;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-local-'));
    root = join(parent, 'root');
    await mkdir(root);
    storage = await openLocalStorage(root);
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('needs a directory that exists', async () => {
    await writeFile(join(parent, 'file'), '');
    for (const name of ['missing', 'file', 'file/below']) {
      await expect(openLocalStorage(join(parent, name))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    }
  });

  it('gives nobody else any right', async () => {
    await storage.put('a/b/c', () => body('x'));
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/b/c'))).mode & 0o777).toBe(0o600);
  });

  it('goes through no link, neither to read nor to write, and lists none', async () => {
    const outside = join(parent, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(root, 'way-out'));
    await symlink(join(outside, 'secret'), join(root, 'link'));
    await expect(storage.put('way-out/new', () => body('x'))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(storage.put('way-out/deep/new', () => body('x'))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(storage.stat('way-out/secret')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(storage.delete('way-out/secret')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(storage.get('way-out/secret')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'USAGE' });
    await expect(storage.get('link')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
    await expect(storage.put('link', () => body('x'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(await storage.stat('link')).toBeUndefined();
    expect(await readdir(outside)).toEqual(['secret']);
    for await (const { name } of storage.list('')) expect(name).toBe('never');
  });

  it('does not take a vanished root for an empty one', async () => {
    await storage.put('x', () => body('x'));
    await rename(root, join(parent, 'elsewhere'));
    const gone = { code: 'STORAGE_UNAVAILABLE', retryable: true };
    await expect(storage.stat('x')).rejects.toMatchObject(gone);
    await expect(storage.put('y', () => body('y'))).rejects.toMatchObject(gone);
    await expect(storage.delete('x')).rejects.toMatchObject(gone);
    await expect(storage.get('x')[Symbol.asyncIterator]().next()).rejects.toMatchObject(gone);
    await expect(storage.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(gone);
    expect(await readdir(parent)).toEqual(['elsewhere']);
  });

  it('ignores what an unfinished put left and sweeps it when it is old', async () => {
    await mkdir(join(root, 'a'));
    const [old, young] = [join(root, 'a', '.gausskeep-old'), join(root, '.gausskeep-young')];
    await writeFile(old, 'half');
    await writeFile(young, 'half');
    const before = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
    await utimes(old, before, before);
    await storage.put('a/x', () => body('x'));
    const names = [];
    for await (const { name } of storage.list('')) names.push(name);
    expect(names).toEqual(['a/x']);
    expect(await storage.sweep()).toBe(1);
    expect(await readdir(root)).toEqual(['.gausskeep-young', 'a']);
    expect(await storage.sweep({ idleMs: 0 })).toBe(1);
    expect((await readdir(root, { recursive: true })).sort()).toEqual(['a', 'a/x']);
  });

  it('leaves no object when the process is killed in the middle of a put', async () => {
    const module = join(parent, 'local-storage.mjs');
    const source = join(import.meta.dirname, 'local-storage.ts');
    await build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile: module });
    const program = `
      import { openLocalStorage } from ${JSON.stringify(module)};
      const storage = await openLocalStorage(${JSON.stringify(root)});
      await storage.put('x', async function* () {
        yield Buffer.from('half');
        process.stdout.write('ready');
        await new Promise(() => setInterval(() => {}, 1000));
      });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await storage.stat('x')).toBeUndefined();
    expect((await readdir(root)).map((name) => name.slice(0, 11))).toEqual(['.gausskeep-']);
    await storage.put('x', () => body('whole'));
    expect(await readFile(join(root, 'x'), 'utf8')).toBe('whole');
  });

  it('reads a FIFO as no object', async () => {
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await storage.stat('pipe')).toBeUndefined();
    await expect(storage.get('pipe')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
  });

  it('survives puts and deletes of the same folder at once', async () => {
    const rounds = Array.from({ length: 40 }, async (_, index) => {
      await storage.put(`f/g/${index}`, () => body('x'));
      await storage.delete(`f/g/${index}`);
    });
    await Promise.all(rounds);
    expect(await readdir(root)).toEqual([]);
  });
});
