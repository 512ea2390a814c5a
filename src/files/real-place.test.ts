import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { thrownBy } from '../../test/support/thrown-by.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { DirectoryWriter } from './directory-writer.ts';
import { giveTree } from './give-tree.ts';
import { NewFiles } from './new-file.ts';
import { walkTree } from './read-directory.ts';
import { removeTree } from './remove-tree.ts';

const name = (text: string) => text as ByteString;

/** A root with the directory `base/5` that a writer has made, and one outside of it that has the same. */
function swappable() {
  const place = temporaryDirectory();
  const [root, outside] = [join(place, 'root'), join(place, 'outside')];
  for (const directory of [root, join(outside, '5')]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(outside, '5', 'victim'), 'untouched', { mode: 0o640 });
  const files = new DirectoryWriter(fromText(root));
  files.makeDirectory(name('base'), 0o700);
  files.makeDirectory(name('base/5'), 0o700);
  files.writeFile(name('base/5/first'), 0o600, Buffer.from('x'));
  const swap = (): void => {
    renameSync(join(root, 'base'), join(place, 'moved'));
    symlinkSync(outside, join(root, 'base'));
  };
  return { place, root, outside, files, swap };
}

describe('a directory that a link replaces after it was made', () => {
  it('is not written through, whoever writes', () => {
    const { root, outside, files, swap } = swappable();
    swap();
    const link = { code: 'STORAGE_UNAVAILABLE', sentence: { key: 'files.became-link' } };
    const moved = { code: 'STORAGE_UNAVAILABLE', sentence: { key: 'files.moved' } };
    expect(thrownBy(() => files.openFile(name('base/5/new'), 0o600))).toMatchObject({
      ...moved,
      message: `"${root}/base/5/new" is not where it was: it lies at "${outside}/5/new"`,
    });
    const placed = files.placeFile(name('base/5/later'));
    expect(thrownBy(() => new NewFiles().open(placed, 0o600))).toMatchObject(moved);
    expect(thrownBy(() => files.makeDirectory(name('base/5/d'), 0o700))).toMatchObject(moved);
    expect(thrownBy(() => files.makeDirectory(name('base/5'), 0o777))).toMatchObject(link);
    expect(thrownBy(() => files.makeDirectory(name('base/6'), 0o700))).toMatchObject(link);
    expect(thrownBy(() => files.makeLink(name('base/5/l'), name('/x')))).toMatchObject(moved);
    expect(thrownBy(() => files.removeFile(name('base/5/victim')))).toMatchObject({ code: 'CORRUPT' });
    expect(readdirSync(outside)).toEqual(['5']);
    expect(readdirSync(join(outside, '5'))).toEqual(['victim']);
    expect(lstatSync(join(outside, '5')).mode & 0o777).toBe(lstatSync(outside).mode & 0o777);
  });

  it('is not listed, given away or removed through', async () => {
    const { root, outside, swap } = swappable();
    const seen: string[] = [];
    const walk = async (): Promise<void> => {
      for await (const { name: found } of walkTree(fromText(root))) {
        seen.push(found);
        if (found === 'base') swap();
      }
    };
    await expect(walk()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', sentence: { key: 'files.became-link' } });
    expect(seen).toEqual(['base']);
    const { uid, gid } = lstatSync(join(outside, '5', 'victim'));
    await giveTree(fromText(root), { uid, gid });
    await removeTree(fromText(root), { keepRoot: false });
    expect(existsSync(root)).toBe(false);
    expect(readdirSync(join(outside, '5'))).toEqual(['victim']);
  });

  it('is the root itself: where a link in its place leads is not written to', () => {
    const { place, root, files } = swappable();
    renameSync(root, join(place, 'elsewhere'));
    symlinkSync(join(place, 'elsewhere'), root);
    expect(thrownBy(() => files.writeFile(name('base/5/new'), 0o600, Buffer.from('x')))).toMatchObject({
      sentence: { key: 'files.moved' },
    });
    expect(existsSync(join(place, 'elsewhere/base/5/new'))).toBe(false);
  });

  it('may be a link that leads to the root', () => {
    const { place, root } = swappable();
    const link = join(place, 'link');
    symlinkSync(root, link);
    for (const path of [link, `${link}/`, `${root}//`]) {
      const files = new DirectoryWriter(fromText(path));
      files.makeDirectory(name('more'), 0o700);
      files.writeFile(name('more/file'), 0o600, Buffer.from('x'));
      files.makeLink(name('more/link'), name('/x'));
      expect(readdirSync(join(root, 'more')).sort()).toEqual(['file', 'link']);
      rmSync(join(root, 'more'), { recursive: true });
    }
  });
});
