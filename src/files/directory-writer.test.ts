import { lstatSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { thrownBy } from '../../test/support/thrown-by.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { DirectoryWriter } from './directory-writer.ts';

function writer(): { root: string; files: DirectoryWriter } {
  const root = temporaryDirectory();
  return { root, files: new DirectoryWriter(fromText(root)) };
}

const name = (text: string) => text as ByteString;
const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('DirectoryWriter', () => {
  it('writes files piece by piece, with missing parents', () => {
    const { root, files } = writer();
    const file = files.openFile(name('base/1/2'), 0o640);
    file.write(bytes('one'));
    file.write(bytes(''));
    file.write(bytes('two'));
    file.sync();
    file.close();
    file.close();
    expect(readFileSync(join(root, 'base/1/2'), 'latin1')).toBe('onetwo');
    expect(lstatSync(join(root, 'base/1')).mode & 0o7777).toBe(0o700);
  });

  it('keeps names that are no UTF-8', () => {
    const { root, files } = writer();
    const raw = Buffer.from([0x61, 0xff]).toString('latin1') as ByteString;
    files.makeDirectory(raw, 0o700);
    files.writeFile(`${raw}/${raw}` as ByteString, 0o600, bytes('x'));
    expect(readdirSync(root, { encoding: 'latin1' })).toEqual([raw]);
    expect(readdirSync(Buffer.from(`${root}/${raw}`, 'latin1'), { encoding: 'latin1' })).toEqual([raw]);
  });

  it.each(['/etc/x', '../x', 'a/../x', 'a/..', '..', '.', './x', 'a//x', '', 'a/', 'a\0b'])(
    'refuses the name %j',
    (text) => {
      const { root, files } = writer();
      const fault = { code: 'CORRUPT', sentence: { key: 'files.leaves-root' } };
      expect(thrownBy(() => files.openFile(name(text), 0o600))).toMatchObject(fault);
      expect(thrownBy(() => files.makeDirectory(name(text), 0o700))).toMatchObject(fault);
      expect(thrownBy(() => files.makeLink(name(text), name('x')))).toMatchObject(fault);
      expect(thrownBy(() => files.removeFile(name(text)))).toMatchObject(fault);
      expect(readdirSync(root)).toEqual([]);
    },
  );

  it('neither follows nor replaces what exists', () => {
    const { root, files } = writer();
    const outside = temporaryDirectory();
    writeFileSync(join(outside, 'victim'), 'untouched');
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(join(outside, 'victim'), join(root, 'file'));
    symlinkSync(join(outside, 'new'), join(root, 'dangling'));
    for (const text of ['file', 'dangling', 'link']) {
      expect(thrownBy(() => files.openFile(name(text), 0o600))).toMatchObject({ code: 'OBJECT_EXISTS' });
    }
    const through = { code: 'CORRUPT', sentence: { key: 'files.through-link' } };
    expect(thrownBy(() => files.openFile(name('link/victim'), 0o600))).toMatchObject(through);
    expect(thrownBy(() => files.openFile(name('link/new/x'), 0o600))).toMatchObject(through);
    expect(thrownBy(() => files.makeDirectory(name('link'), 0o700))).toMatchObject(through);
    expect(thrownBy(() => files.makeDirectory(name('link/x'), 0o700))).toMatchObject(through);
    expect(thrownBy(() => files.makeLink(name('link/x'), name('y')))).toMatchObject(through);
    expect(thrownBy(() => files.removeFile(name('link/victim')))).toMatchObject(through);
    expect(thrownBy(() => files.openFile(name('file/x'), 0o600))).toMatchObject(through);
    expect(readdirSync(outside)).toEqual(['victim']);
    expect(readFileSync(join(outside, 'victim'), 'latin1')).toBe('untouched');
  });

  it('takes a directory that is there, and no file in its place', () => {
    const { root, files } = writer();
    expect(files.makeDirectory(name('d'), 0o750)).toBe(true);
    expect(files.makeDirectory(name('d'), 0o700)).toBe(false);
    expect(lstatSync(join(root, 'd')).mode & 0o7777).toBe(0o700);
    files.writeFile(name('f'), 0o600, bytes('x'));
    expect(thrownBy(() => files.makeDirectory(name('f'), 0o700))).toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(thrownBy(() => files.openFile(name('d'), 0o600))).toMatchObject({ code: 'OBJECT_EXISTS' });
  });

  it('makes links, the same one twice, no other in its place', () => {
    const { root, files } = writer();
    expect(files.makeLink(name('l'), name('/anywhere'))).toBe(true);
    expect(files.makeLink(name('l'), name('/anywhere'))).toBe(false);
    expect(thrownBy(() => files.makeLink(name('l'), name('/elsewhere')))).toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(readlinkSync(join(root, 'l'))).toBe('/anywhere');
  });

  it('gives what lies below a redirected name to the other writer', () => {
    const { root, files } = writer();
    const other = writer();
    files.makeLink(name('pg_wal'), fromText(other.root));
    files.redirect(name('pg_wal'), other.files);
    files.makeDirectory(name('pg_wal/archive_status'), 0o700);
    files.writeFile(name('pg_wal/archive_status/x.done'), 0o600, bytes(''));
    files.writeFile(name('pg_wal/x'), 0o600, bytes('wal'));
    expect(readFileSync(join(other.root, 'x'), 'latin1')).toBe('wal');
    expect(readdirSync(join(other.root, 'archive_status'))).toEqual(['x.done']);
    expect(files.removeFile(name('pg_wal/x'))).toBe(true);
    expect(readdirSync(root)).toEqual(['pg_wal']);
    expect(thrownBy(() => files.writeFile(name('pg_wal/../x'), 0o600, bytes('')))).toMatchObject({ code: 'CORRUPT' });
  });

  it('removes files and links, and says whether there was one', () => {
    const { root, files } = writer();
    files.writeFile(name('a/b'), 0o600, bytes('x'));
    expect(files.removeFile(name('a/b'))).toBe(true);
    expect(files.removeFile(name('a/b'))).toBe(false);
    expect(files.removeFile(name('none/b'))).toBe(false);
    expect(readdirSync(join(root, 'a'))).toEqual([]);
  });

  it('names the path and the remedy when the system refuses', () => {
    const { root, files } = writer();
    expect(thrownBy(() => new DirectoryWriter(fromText(join(root, 'none'))).openFile(name('x'), 0o600))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: `could not create "${join(root, 'none')}/x": no such file or directory (ENOENT)`,
    });
    files.makeDirectory(name('many'), 0o700);
    expect(thrownBy(() => files.openFile(name(`many/${'n'.repeat(300)}`), 0o600))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });

  it('remembers only so many directories and stays right', () => {
    const { root, files } = writer();
    for (let index = 0; index < 5000; index += 1) files.makeDirectory(name(`d${index}`), 0o700);
    files.writeFile(name('d0/x'), 0o600, bytes('x'));
    files.writeFile(name('d4999/x'), 0o600, bytes('x'));
    expect(readdirSync(join(root, 'd0'))).toEqual(['x']);
  });
});

describe.each([0o000, 0o022, 0o077, 0o777])('with umask %o', (mask) => {
  it('gives every file and directory exactly its mode', () => {
    const before = process.umask(mask);
    try {
      const { root, files } = writer();
      for (const mode of [0o600, 0o640, 0o644, 0o400, 0o666, 0o777, 0o4755]) {
        for (const copy of ['a', 'b']) {
          files.writeFile(name(`${mode}${copy}`), mode, bytes('x'));
          expect(lstatSync(join(root, `${mode}${copy}`)).mode & 0o7777).toBe(mode & 0o777);
        }
        files.makeDirectory(name(`d${mode}`), mode);
        expect(lstatSync(join(root, `d${mode}`)).mode & 0o7777).toBe((mode & 0o777) | 0o700);
      }
    } finally {
      process.umask(before);
    }
  });
});
