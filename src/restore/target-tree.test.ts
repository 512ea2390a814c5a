import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { TargetTree } from './target-tree.ts';

const name = (text: string) => text as ByteString;

it('changes and removes nothing where a link leads that has replaced a directory', async () => {
  const place = temporaryDirectory();
  const [root, outside] = [join(place, 'root'), join(place, 'outside')];
  for (const base of [join(root, 'base'), outside]) {
    mkdirSync(join(base, '5'), { recursive: true });
    writeFileSync(join(base, '5', 'file'), 'untouched');
  }
  const tree = new TargetTree(fromText(root), { delta: true, modeMask: 0o700 });
  await tree.writeFile(name('base/5/file'), 0o600, onePiece(Buffer.from('new')));
  expect(readFileSync(join(root, 'base/5/file'), 'utf8')).toBe('new');
  renameSync(join(root, 'base'), join(place, 'moved'));
  symlinkSync(outside, join(root, 'base'));
  const refused = { code: 'STORAGE_UNAVAILABLE' };
  await expect(tree.writeFile(name('base/5/file'), 0o600, onePiece(Buffer.from('newer')))).rejects.toMatchObject(
    refused,
  );
  await expect(tree.remove(name('base/5/file'))).rejects.toMatchObject(refused);
  await expect(tree.remove(name('base/5'))).rejects.toMatchObject(refused);
  await expect(tree.makeLink(name('base/5/link'), name('/x'))).rejects.toMatchObject(refused);
  expect(() => tree.clearPages(name('base/5/file'), [0])).toThrow(expect.objectContaining(refused));
  expect(readdirSync(join(outside, '5'))).toEqual(['file']);
  expect(readFileSync(join(outside, '5/file'), 'utf8')).toBe('untouched');
});
