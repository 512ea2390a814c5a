import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { moveAside } from './move-aside.ts';

it('continues a move of entries that was killed between a tablespace inside and its link', () => {
  const data = join(temporaryDirectory(), 'data');
  const aside = join(data, 'gausskeep.before-restore-20261121T120000Z');
  // As the killed run left it: `inner` is moved, `pg_tblspc` is not, its link leads to where the tablespace is now.
  mkdirSync(join(aside, 'inner'), { recursive: true });
  writeFileSync(join(aside, 'inner/file'), 'in the tablespace');
  writeFileSync(join(aside, '.gausskeep.moving'), '');
  mkdirSync(join(data, 'pg_tblspc'));
  symlinkSync(join(aside, 'inner'), join(data, 'pg_tblspc/16421'));

  const to = fromText(join(data, 'gausskeep.before-restore-20261121T130000Z'));
  const { undo } = moveAside([{ what: 'data-directory', oid: undefined, from: fromText(data), to, how: 'entries' }]);
  expect(readdirSync(data)).toEqual(['gausskeep.before-restore-20261121T120000Z']);
  expect(readdirSync(aside).sort()).toEqual(['inner', 'pg_tblspc']);
  expect(readlinkSync(join(aside, 'pg_tblspc/16421'))).toBe(join(aside, 'inner'));

  expect(undo()).toEqual([]);
  expect(readlinkSync(join(data, 'pg_tblspc/16421'))).toBe(join(data, 'inner'));
  expect(readFileSync(join(data, 'pg_tblspc/16421/file'), 'utf8')).toBe('in the tablespace');
});
