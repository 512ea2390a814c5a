import { describe, expect, it } from 'vitest';
import { chunkSizes, encode, file, readAll } from '../../test/support/archives.ts';
import { fromText, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { endOfTar } from './encode-member.ts';
import type { Member } from './member.ts';
import { encodeOpengaussHeader } from './opengauss-header.ts';
import { memberOf } from './encode-members.ts';

describe('openGauss archives', () => {
  const link = (type: 'symlink' | 'relativeSymlink', target: string): Member =>
    memberOf(
      { name: fromText('pg_tblspc/16421'), type, mode: 0o777, mtime: undefined, linkName: fromText(target) },
      new Uint8Array(0),
    );

  it.each(chunkSizes)('read back in pieces of %i, with either way to name the format', async (chunk) => {
    const members = [
      file('backup_label', 'START WAL LOCATION'),
      file('ünicode', 'x'.repeat(513)),
      link('symlink', '/home/omm/ts_abs'),
      link('relativeSymlink', 'pg_location/x/y'),
    ];
    const archive = await encode(members, 'opengauss');
    for (const format of ['opengauss', 'detect'] as const) {
      const read = await readAll(archive, format, chunk);
      expect(
        read.map(({ header, content }) => [
          header.name,
          header.type,
          header.mode,
          header.mtime,
          header.linkName,
          content,
        ]),
      ).toEqual([
        ['backup_label', 'file', 0o600, undefined, '', 'START WAL LOCATION'],
        [fromText('ünicode'), 'file', 0o600, undefined, '', 'x'.repeat(513)],
        ['pg_tblspc/16421', 'symlink', 0o777, undefined, '/home/omm/ts_abs', ''],
        ['pg_tblspc/16421', 'relativeSymlink', 0o777, undefined, 'pg_location/x/y', ''],
      ]);
    }
  });

  it('have the layout of the server', () => {
    const header = encodeOpengaussHeader({ ...file('backup_label').header, size: 206 });
    expect(header.length).toBe(2560);
    expect(Buffer.from(header.subarray(1024, 1032)).toString()).toBe('0100600 ');
    expect(Buffer.from(header.subarray(1048, 1060)).toString('latin1')).toBe('00000000316\0');
    expect(header[1080]).toBe(0x30);
  });

  it('hold sizes up to 2^33-1 and no more', () => {
    const header = file('big').header;
    expect(() => encodeOpengaussHeader({ ...header, size: 2 ** 33 - 1 })).not.toThrow();
    expect(() => encodeOpengaussHeader({ ...header, size: 2 ** 33 })).toThrow('too large');
  });

  it('become standard links, relative to where they lie, in a tar', async () => {
    const archive = await encode([link('relativeSymlink', 'pg_location/x/y')]);
    expect((await readAll(archive))[0]?.header).toMatchObject({ type: 'symlink', linkName: '../pg_location/x/y' });
  });

  const broken = (change: (header: Buffer) => void): Buffer => {
    const header = Buffer.from(encodeOpengaussHeader(file('victim').header));
    change(header);
    return header;
  };
  const faults: [string, Buffer, string][] = [
    ['a name without end', broken((header) => header.fill(0x61, 0, 1024)), 'tar.endless-name'],
    ['no name', broken((header) => header.fill(0, 0, 1024)), 'tar.no-name'],
    ['an absolute name', broken((header) => header.write('/etc/x\0', 0)), 'tar.member-name-absolute'],
    ['a DSS name', broken((header) => header.write('+data/../x\0', 0)), 'tar.member-name-dots'],
    ['a climbing name', broken((header) => header.write('../x\0', 0)), 'tar.member-name-dots'],
    ['a mode that is not octal', broken((header) => header.write('0100698 ', 1024)), 'tar.member-mode'],
    ['a mode without its space', broken((header) => header.write('01006000', 1024)), 'tar.member-mode'],
    ['a size that is not octal', broken((header) => header.write('0000000001 ', 1048)), 'tar.member-size'],
    ['a size with letters', broken((header) => header.write('00000000x10', 1048)), 'tar.member-size'],
    ['an unknown type', broken((header) => header.write('1', 1080)), 'tar.member-type'],
    [
      'a directory with content',
      broken((header) => header.write('00000000010', 1048) && header.write('5', 1080)),
      'tar.member-content',
    ],
    ['a link without target', broken((header) => header.write('2', 1080)), 'tar.member-link-empty'],
    [
      'a link target without end',
      broken((header) => header.fill(0x61, 1081, 2105).write('2', 1080)),
      'tar.member-link-endless',
    ],
    ['a relative link that climbs', broken((header) => header.write('3../x', 1080)), 'tar.member-name-dots'],
    ['a relative link that is absolute', broken((header) => header.write('3/x', 1080)), 'tar.member-name-absolute'],
  ];

  it.each(faults)('with %s are refused', async (_title, archive, key) => {
    await expect(readAll(archive, 'opengauss')).rejects.toMatchObject({ code: 'CORRUPT', sentence: { key } });
  });

  it('with a lying size or cut anywhere are refused', async () => {
    const whole = await encode([file('a', 'x'.repeat(600)), file('b', 'y')], 'opengauss');
    for (let length = 1; length < whole.length; length += 97) {
      if (length === 2560 + 1024) continue;
      await expect(readAll(whole.subarray(0, length), 'opengauss')).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    const lying = Buffer.from(whole);
    lying.write('77777777777', 1048);
    await expect(readAll(lying, 'opengauss')).rejects.toMatchObject({ sentence: { key: 'tar.truncated-member' } });
  });
});

describe('detection', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello '.repeat(1000))],
    ['a short file', Buffer.from('hello')],
    ['a gzip file', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
  ])('refuses %s', async (_title, bytes) => {
    await expect(readAll(bytes)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('takes an empty tar for one', async () => {
    expect(await readAll(endOfTar)).toEqual([]);
  });

  it('keeps names that are no UTF-8', async () => {
    const raw = Buffer.from([0x61, 0xff, 0xfe]).toString('latin1') as ByteString;
    const archive = await encode([{ ...file('x'), header: { ...file('x').header, name: raw } }]);
    expect(toBytes((await readAll(archive))[0]!.header.name)).toEqual(Buffer.from([0x61, 0xff, 0xfe]));
  });
});
