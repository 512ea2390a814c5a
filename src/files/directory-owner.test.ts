import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onePiece } from '../bytes/one-piece.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { makeArchiveFolder } from '../wal-receiver/archive-folders.ts';
import { giveBackDirectory } from './directory-owner.ts';

const nobody = 65_534;
let archive: string;
beforeEach(() => {
  archive = mkdtempSync(join(tmpdir(), 'gausskeep-owner-'));
  if (process.geteuid?.() === 0) chownSync(archive, nobody, nobody);
});
afterEach(() => {
  rmSync(archive, { recursive: true });
});

describe.runIf(process.geteuid?.() === 0)(
  'a directory that root made in one of another account, and did not give away',
  () => {
    it.each([
      [
        'an object is put',
        async () => (await openLocalStorage(archive)).put('wal/1/name', () => onePiece(Buffer.from('x'))),
      ],
      ['WAL is received', () => makeArchiveFolder(archive, 'wal/1/')],
    ])('is given to that when %s', async (_, use) => {
      // As a kill between the two calls leaves it.
      mkdirSync(join(archive, 'wal'), { mode: 0o700 });
      chownSync(join(archive, 'wal'), nobody, nobody);
      mkdirSync(join(archive, 'wal/1'), { mode: 0o700 });
      await use();
      for (const name of ['wal', 'wal/1']) expect([name, lstatSync(join(archive, name)).uid]).toEqual([name, nobody]);
    });

    it('stays where it is of a third account, or a link', async () => {
      mkdirSync(join(archive, 'other'));
      chownSync(join(archive, 'other'), 1, 1);
      await giveBackDirectory(join(archive, 'other'), archive);
      expect(lstatSync(join(archive, 'other')).uid).toBe(1);
      symlinkSync('/', join(archive, 'link'));
      await expect(giveBackDirectory(join(archive, 'link'), archive)).rejects.toMatchObject({ code: 'ENOTDIR' });
      expect(lstatSync('/').uid).toBe(0);
    });
  },
);
