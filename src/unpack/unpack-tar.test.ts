import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeShared, sharedRoot } from '../../test/support/opengauss/recordings.ts';
import { encode, file, none } from '../../test/support/archives.ts';
import { nativeArchives } from '../../test/support/opengauss/native-set.ts';
import { collect } from '../../test/support/byte-pieces.ts';
import { keepEvents } from '../../test/support/kept-events.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { compress } from '../compression/decompress.ts';
import { encodeMemberHeader, endOfTar } from '../tar/encode-member.ts';
import type { TarFormat, Member, MemberType } from '../tar/member.ts';
import { memberOf } from '../tar/encode-members.ts';
import { unpackSentence, type UnpackEvent } from './events.ts';
import { unpackTar } from './unpack-tar.ts';

function entry(name: string, type: MemberType, target = ''): Member {
  return memberOf({ name: fromText(name), type, mode: 0o700, mtime: 1, linkName: fromText(target) }, new Uint8Array(0));
}

/** Unpacks `archive` into a new directory; gives back the directory and what was told. */
async function unpack(
  archive: Uint8Array,
  sync = true,
): Promise<{ directory: string; outside: string; events: readonly UnpackEvent[] }> {
  const outside = temporaryDirectory();
  const directory = join(outside, 'target');
  mkdirSync(directory);
  writeFileSync(join(outside, 'archive'), archive);
  const kept = keepEvents<UnpackEvent>('unpack');
  const request = { file: fromText(join(outside, 'archive')), directory: fromText(directory), sync };
  await unpackTar(request, { onEvent: kept.onEvent }).finally(() => {
    const began = kept.check();
    expect(began.at(-1)).toMatch(/^(?:publish|clean-up)$/);
    expect(readdirSync(outside).sort()).toEqual(['archive', 'target']);
  });
  return { directory, outside, events: kept.events };
}

function told(events: readonly UnpackEvent[]): string[] {
  return events.map((event) => unpackSentence(event)?.key).filter((key) => key !== undefined);
}

const dataDirectory = [
  file('backup_label', 'START WAL LOCATION: 0/4000028'),
  file('tablespace_map', '16421 /home/omm/data/pg_location/x/y\n16422 /home/omm/ts abs\n'),
  file('PG_VERSION', '9.2\n'),
  entry('global', 'directory'),
  file('global/pg_dw_meta', 'old'),
  file('global/1', 'x'.repeat(9000), 0o640),
  file('global/pg_control', 'control'),
  entry('pg_xlog', 'directory'),
  entry('pg_xlog/archive_status', 'directory'),
];

describe('unpackArchive', () => {
  it.each(['tar', 'opengauss'] as const)('unpacks a data directory from the %s format', async (format) => {
    const { directory, events } = await unpack(await encode(dataDirectory, format));
    const last = events.findLast((event) => event.type === 'progress');
    expect(last).toMatchObject({ doneBytes: last?.totalBytes });
    expect(readdirSync(directory).sort()).toEqual([
      'PG_VERSION',
      'backup_label',
      'global',
      'pg_xlog',
      'tablespace_map',
    ]);
    expect(readdirSync(join(directory, 'global')).sort()).toEqual(['1', 'pg_control', 'pg_dw.build']);
    expect(readFileSync(join(directory, 'global/1'), 'latin1')).toBe('x'.repeat(9000));
    expect(lstatSync(join(directory, 'global/1')).mode & 0o7777).toBe(0o640);
    expect(readFileSync(join(directory, 'global/pg_dw.build')).equals(Buffer.alloc(8192))).toBe(true);
    expect(lstatSync(join(directory, 'global/pg_dw.build')).mode & 0o7777).toBe(0o600);
    expect(told(events)).toEqual([
      'unpack.dropped',
      'unpack.created',
      'unpack.tablespace-line',
      'unpack.tablespace-line',
    ]);
    expect(events.filter((event) => event.type === 'tablespaceLine')).toMatchObject([
      { oid: '16421', location: '/home/omm/data/pg_location/x/y' },
      { oid: '16422', location: '/home/omm/ts abs' },
    ]);
  });

  it.each(['gzip', 'lz4', 'zstd'] as const)('finds out that the archive is compressed with %s', async (kind) => {
    const archive = await encode(dataDirectory, 'opengauss');
    const source = async function* () {
      yield await Promise.resolve(archive);
    };
    const { directory } = await unpack(await collect(compress(source(), kind)));
    expect(readFileSync(join(directory, 'global/pg_control'), 'latin1')).toBe('control');
  });

  it('tells nothing of the marker of double-write files that a backup of gs_basebackup has already', async () => {
    const marker = (content: string): Member[] => [
      ...dataDirectory.filter(({ header }) => header.name !== 'global/pg_dw_meta'),
      file('global/pg_dw.build', content),
    ];
    const own = await unpack(await encode(marker('\0'.repeat(8192)), 'opengauss'));
    expect(told(own.events)).toEqual(['unpack.tablespace-line', 'unpack.tablespace-line']);
    expect(readFileSync(join(own.directory, 'global/pg_dw.build')).equals(Buffer.alloc(8192))).toBe(true);
    const another = await unpack(await encode(marker('x'.repeat(8192)), 'opengauss'));
    expect(told(another.events).slice(0, 2)).toEqual(['unpack.dropped', 'unpack.created']);
    expect(readFileSync(join(another.directory, 'global/pg_dw.build')).equals(Buffer.alloc(8192))).toBe(true);
  });

  it('makes nothing of its own in a tablespace and in a data directory of PostgreSQL', async () => {
    const tablespace = await unpack(await encode([entry('PG_9.2_201611171_n1', 'directory')], 'opengauss'));
    expect(readdirSync(tablespace.directory)).toEqual(['PG_9.2_201611171_n1']);
    const postgres = await unpack(await encode([file('PG_VERSION', '17\n'), file('global/pg_control', 'control')]));
    expect(readdirSync(join(postgres.directory, 'global'))).toEqual(['pg_control']);
  });

  it('makes links of tablespaces and says where they lead, and makes a directory of a linked WAL directory', async () => {
    const members = [
      entry('pg_xlog', 'symlink', '/wal/of/the/source'),
      entry('pg_xlog', 'symlink', '/wal/of/the/source'),
      file('pg_xlog/000000010000000000000001', 'wal'),
      entry('pg_tblspc/16422', 'symlink', '/home/omm/ts_abs'),
      entry('pg_tblspc/16421', 'relativeSymlink', 'pg_location/x/y'),
    ];
    const { directory, events } = await unpack(await encode(members, 'opengauss'));
    expect(lstatSync(join(directory, 'pg_xlog')).isDirectory()).toBe(true);
    expect(readFileSync(join(directory, 'pg_xlog/000000010000000000000001'), 'latin1')).toBe('wal');
    expect(readlinkSync(join(directory, 'pg_tblspc/16422'))).toBe('/home/omm/ts_abs');
    expect(readlinkSync(join(directory, 'pg_tblspc/16421'))).toBe(join(directory, 'pg_location/x/y'));
    expect(told(events)).toEqual(['unpack.wal-link', 'unpack.tablespace-link']);
  });

  it('keeps names that are no UTF-8', async () => {
    const raw = Buffer.from([0x66, 0xff, 0x80]).toString('latin1') as ByteString;
    const member = memberOf({ name: raw, type: 'file', mode: 0o600, mtime: 1, linkName: none }, Buffer.from('x'));
    const { directory } = await unpack(await encode([member]));
    expect(readdirSync(directory, { encoding: 'latin1' })).toEqual([raw]);
  });

  it('unpacks what GNU tar packs', async () => {
    const source = temporaryDirectory();
    const deep = join(source, 'd'.repeat(90), 'e'.repeat(90));
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'f'), 'content', { mode: 0o600 });
    symlinkSync('../target', join(source, 'd'.repeat(90), 'link'));
    for (const format of ['gnu', 'pax', 'ustar']) {
      const archive = execFileSync('tar', [`--format=${format}`, '-C', source, '-cf', '-', '.'], {
        maxBuffer: 1 << 26,
      });
      const { directory } = await unpack(archive);
      expect(readFileSync(join(directory, 'd'.repeat(90), 'e'.repeat(90), 'f'), 'latin1')).toBe('content');
      expect(readlinkSync(join(directory, 'd'.repeat(90), 'link'))).toBe('../target');
    }
  });
});

describe('a hostile archive', () => {
  const through = [
    entry('pg_tblspc', 'directory'),
    entry('pg_tblspc/1', 'symlink', '../..'),
    file('pg_tblspc/1/x', 'x'),
  ];
  const cases: [string, Member[]][] = [
    ['writes through a link that it made', through],
    ['makes a directory through a link that it made', [...through.slice(0, 2), entry('pg_tblspc/1/x', 'directory')]],
    ['replaces a link by a file', [...through.slice(0, 2), file('pg_tblspc/1', 'x')]],
    ['links to an absolute path', [entry('l', 'symlink', '/etc')]],
    ['links outside', [entry('a/l', 'symlink', '../../x')]],
    ['links outside behind a name', [entry('a/l', 'symlink', 'b/../../x')]],
    ['links hard', [file('a', 'x'), entry('b', 'hardlink', 'a')]],
    ['holds a special file', [entry('fifo', 'other')]],
    ['holds a file twice', [file('a', 'x'), file('a', 'y')]],
    ['holds a file where a directory is', [entry('a', 'directory'), file('a', 'y')]],
    ['holds a directory where a file is', [file('a', 'x'), entry('a', 'directory')]],
    ['holds a file below a file', [file('a', 'x'), file('a/b', 'y')]],
    ['holds pg_control twice', [file('global/pg_control', 'x'), file('global/pg_control', 'y')]],
    ['replaces our lock', [file('.gausskeep.lock', 'x')]],
  ];

  it.each(cases)('that %s is refused and leaves nothing', async (_title, members) => {
    const outside = temporaryDirectory();
    const directory = join(outside, 'target');
    mkdirSync(directory);
    writeFileSync(join(outside, 'archive'), await encode(members));
    const request = { file: fromText(join(outside, 'archive')), directory: fromText(directory) };
    await expect(unpackTar(request)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync(outside).sort()).toEqual(['archive', 'target']);
  });

  it('that lies about a size is refused without room being made for it', async () => {
    const archive = Buffer.concat([encodeMemberHeader({ ...file('a').header, size: 2 ** 40 }), endOfTar]);
    await expect(unpack(archive)).rejects.toMatchObject({ sentence: { key: 'tar.truncated-member' } });
  });

  it('that is cut leaves the directory empty, so that no server starts it', async () => {
    const archive = await encode(dataDirectory, 'opengauss');
    const outside = temporaryDirectory();
    mkdirSync(join(outside, 'target'));
    writeFileSync(join(outside, 'archive'), archive.subarray(0, archive.length - 2600));
    const request = { file: fromText(join(outside, 'archive')), directory: fromText(join(outside, 'target')) };
    await expect(unpackTar(request)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(readdirSync(join(outside, 'target'))).toEqual([]);
  });
});

describe('the target directory', () => {
  it('must exist, be a directory and be empty, in the words of the original', async () => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside, 'archive'), await encode([file('a', 'x')]));
    const request = (directory: string) =>
      unpackTar({ file: fromText(join(outside, 'archive')), directory: fromText(directory) });
    await expect(request(join(outside, 'none'))).rejects.toThrow(
      `destination dir "${join(outside, 'none')}" failed: no such file or directory`,
    );
    await expect(request(outside)).rejects.toThrow(`destination dir "${outside}" no empty.`);
    await expect(request(join(outside, 'archive'))).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
    expect(readdirSync(outside)).toEqual(['archive']);
  });

  it('stays untouched when the archive is missing or is a directory', async () => {
    const directory = temporaryDirectory();
    const request = { file: fromText('/nowhere/base.tar'), directory: fromText(directory) };
    await expect(unpackTar(request)).rejects.toThrow(
      'could not open archive "/nowhere/base.tar": no such file or directory',
    );
    await expect(unpackTar({ ...request, file: fromText('/') })).rejects.toMatchObject({ code: 'USAGE' });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describeShared('the recorded archives of a live openGauss', () => {
  const rows = (name: string) =>
    readFileSync(join(sharedRoot, 'native-untar', name), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));

  it.each([
    [0, 'manifest-16421.tsv', 'opengauss'],
    [1, 'manifest-16422.tsv', 'opengauss'],
    [2, 'manifest-base.tsv', 'opengauss'],
    [2, 'manifest-base.tsv', 'tar'],
  ] as const)('copy %i unpacks as gs_tar unpacks it (%s, as %s)', async (index, manifest, format: TarFormat) => {
    const original = nativeArchives()[index]!;
    const { directory } = await unpack(format === 'tar' ? await asTar(original) : original, false);
    const found = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
      describeEntry(directory, name),
    );
    // Our choice: the original leaves an 8 KiB file named `global` in the directory of a tablespace.
    const expected = rows(manifest).filter(([name, type]) => !(name === 'global' && type === 'file'));
    expect(found.sort()).toEqual(expected.map((row) => row.join('\t')).sort());
  });

  function describeEntry(root: string, name: string): string {
    const path = join(root, name);
    const stats = lstatSync(path);
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    if (stats.isDirectory()) return [name, 'dir', mode, '-', '-', '-'].join('\t');
    const sum = createHash('sha256').update(readFileSync(path)).digest('hex');
    return [name, 'file', mode, String(stats.size), sum, '-'].join('\t');
  }
});

async function asTar(archive: Uint8Array): Promise<Buffer> {
  const { rewriteMembers } = await import('../../test/support/rewritten-tar.ts');
  const source = async function* () {
    yield await Promise.resolve(archive);
  };
  return collect(rewriteMembers(source(), 'opengauss', { mtime: 1_700_000_000 }));
}
