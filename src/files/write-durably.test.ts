import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { readDirectory } from './read-directory.ts';
import { readPieces } from './read-file.ts';
import { syncTree } from './sync-tree.ts';
import { writeDurably } from './write-durably.ts';

describe('writeDurably', () => {
  it('writes a file with its mode and replaces the old one', async () => {
    const root = temporaryDirectory();
    const path = join(root, 'file');
    const bytes = Buffer.from('content '.repeat(1000));
    expect(await writeDurably(fromText(path), reused(bytes, 100), { mode: 0o644 })).toBe(8000);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(lstatSync(path).mode & 0o7777).toBe(0o644);
    await writeDurably(fromText(path), Buffer.from('new'), { sync: false });
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(lstatSync(path).mode & 0o7777).toBe(0o600);
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('leaves the old file and nothing else when its source fails', async () => {
    const root = temporaryDirectory();
    const path = join(root, 'file');
    writeFileSync(path, 'old');
    const broken = async function* () {
      yield await Promise.resolve(Buffer.from('half'));
      throw new Error('no more');
    };
    await expect(writeDurably(fromText(path), broken())).rejects.toThrow('no more');
    const controller = new AbortController();
    const aborting = async function* () {
      yield await Promise.resolve(Buffer.from('half'));
      controller.abort();
      yield Buffer.from('rest');
    };
    await expect(writeDurably(fromText(path), aborting(), { signal: controller.signal })).rejects.toThrow('aborted');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('names what failed', async () => {
    const root = temporaryDirectory();
    const path = join(root, 'none/file');
    await expect(writeDurably(fromText(path), Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: `could not create "${path}": no such file or directory (ENOENT)`,
    });
    mkdirSync(join(root, 'directory'));
    await expect(writeDurably(fromText(join(root, 'directory')), Buffer.from('x'))).rejects.toMatchObject({
      sentence: { key: 'files.failed-rename' },
    });
    expect(readdirSync(root)).toEqual(['directory']);
  });
});

describe('readPieces', () => {
  it('gives the content in pieces of the size asked for', async () => {
    const path = join(temporaryDirectory(), 'file');
    const bytes = Buffer.from('0123456789'.repeat(1000));
    writeFileSync(path, bytes);
    for (const pieceSize of [1, 4096, 1 << 20]) {
      expect((await collect(readPieces(fromText(path), { pieceSize }))).equals(bytes)).toBe(true);
    }
    await expect(collect(readPieces(fromText(`${path}x`)))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(collect(readPieces(fromText(path), { signal: AbortSignal.abort() }))).rejects.toThrow('aborted');
  });
});

function tree(): string {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'd/e'), { recursive: true });
  writeFileSync(join(root, 'd/e/f'), 'content');
  writeFileSync(join(root, 'g'), '');
  symlinkSync('/etc', join(root, 'd/link'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), 'x');
  return root;
}

describe('readDirectory', () => {
  it('yields everything, directories first, names byte by byte, and follows no link', async () => {
    const found: string[] = [];
    for await (const { name, type, stats } of readDirectory(fromText(tree())))
      found.push(`${name} ${type} ${stats.isFile() ? stats.size : ''}`);
    expect([...found].sort()).toEqual([
      'd directory ',
      'd/e directory ',
      'd/e/f file 7',
      'd/link symlink ',
      'g file 0',
      '\xff file 1',
    ]);
    expect(found.indexOf('d directory ')).toBeLessThan(found.indexOf('d/e directory '));
  });
});

describe('syncTree', () => {
  it('flushes each file and directory once, and the parent', async () => {
    let synced = 0;
    await syncTree(fromText(tree()), { onSynced: () => (synced += 1) });
    // f, g and the one without a UTF-8 name; root, its parent, d and e.
    expect(synced).toBe(3 + 4);
  });

  it('fails for what is not there and stops at its signal', async () => {
    await expect(syncTree(fromText('/nowhere/at/all'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(syncTree(fromText(tree()), { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });
});
