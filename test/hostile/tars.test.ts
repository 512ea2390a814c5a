/** Tars with members that lead out, lie or stand twice, by every way in: a plain backup of a server, verify, restore and gs_tar. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/backup/create-output.ts';
import { MemberDelivery } from '../../src/backup/member-delivery.ts';
import type { OutputParts } from '../../src/backup/output.ts';
import { ProgressMeter } from '../../src/backup/progress-meter.ts';
import { WrittenFiles } from '../../src/backup/written-files.ts';
import { fromText } from '../../src/bytes/byte-string.ts';
import type { BackupError } from '../../src/errors/backup-error.ts';
import { capabilitiesOf } from '../../src/server/capabilities-of.ts';
import { identifyPostgresql } from '../../src/server/identity.ts';
import type { TarFormat } from '../../src/tar/member.ts';
import { unpackTar } from '../../src/unpack/unpack-tar.ts';
import { reused } from '../support/byte-pieces.ts';
import { requireTyped } from '../support/hostile-bytes.ts';
import { crafted, extension, named, native, pax, typed, withMembers } from '../support/hostile-tars.ts';
import { archive, judge, members, signal } from '../support/judged-backups.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Names of the outside that members aim at: `OUT` is an absolute path, `UP` a relative one. */
type Hostile = readonly [title: string, blocks: (outside: string) => readonly Buffer[]];

const escapes: readonly Hostile[] = [
  ['a name that climbs', () => [named('../outside/x', 'evil')]],
  ['a name that climbs behind a directory', () => [named('base/../../outside/x', 'evil')]],
  ['an absolute name', (outside) => [named(`${outside}/x`, 'evil')]],
  ['an absolute name behind slashes', (outside) => [named(`//${outside}/x`, 'evil')]],
  ['a climbing pax path', () => [pax('x', 'path=../outside/x'), named('ok', 'evil')]],
  ['an absolute pax path', (outside) => [pax('x', `path=${outside}/x`), named('ok', 'evil')]],
  ['a climbing path of a global header', () => [pax('g', 'path=../outside/x'), named('ok', 'evil')]],
  ['a NUL in a pax path', () => [pax('x', 'path=base/1/9\0/../../../outside/x'), named('ok', 'evil')]],
  ['a climbing long name of GNU', () => [extension('L', '../outside/x\0'), named('ok', 'evil')]],
  ['a link, and a file through it', (outside) => [typed('2', 'l', outside), named('l/x', 'evil')]],
  ['a link by pax, and a file through it', (outside) => [
    pax('x', `linkpath=${outside}`), typed('2', 'l', 'base'), named('l/x', 'evil'),
  ]], // prettier-ignore
  ['a link by GNU, and a file through it', (outside) => [
    extension('K', `${outside}\0`), typed('2', 'l', 'base'), named('l/x', 'evil'),
  ]], // prettier-ignore
  ['a link upwards, and a file through it', () => [typed('2', 'l', '../outside'), named('l/x', 'evil')]],
  [
    'a link through a link',
    (outside) => [typed('2', 'l', '.'), typed('2', 'm', 'l/../../outside'), named('m/x', outside)],
  ],
  ['a link in the place of a directory', (outside) => [typed('2', 'base/1', outside), named('base/1/x', 'evil')]],
  [
    'a link in the place of a file',
    (outside) => [typed('2', 'base/1/1', `${outside}/victim`), named('base/1/1', 'evil')],
  ],
  ['a link of a tablespace, and a file through it', (outside) => [
    typed('2', 'pg_tblspc/77', outside), named('pg_tblspc/77/x', 'evil'),
  ]], // prettier-ignore
  [
    'a directory in the place of a link',
    (outside) => [typed('2', 'l', outside), typed('5', 'l'), named('l/x', 'evil')],
  ],
  ['a hard link to a file outside', (outside) => [typed('1', 'h', `${outside}/victim`), named('h', 'evil')]],
  ['a hard link that climbs', () => [typed('1', 'h', '../outside/victim')]],
  ['a hard link inside', () => [typed('1', 'h', 'base/1/1')]],
  ['a file twice', () => [named('base/1/1', 'again')]],
  ['pg_control twice', () => [named('global/pg_control', 'again')]],
  ['a file where a directory is', () => [named('base/1', 'evil')]],
  ['a directory where a file is', () => [typed('5', 'base/1/1')]],
  ['a character device', () => [typed('3', 'base/1/9')]],
  ['a block device', () => [typed('4', 'base/1/9')]],
  ['a named pipe', () => [typed('6', 'base/1/9')]],
  ['a contiguous file of another name', () => [typed('7', '../outside/x')]],
  ['a sparse file of GNU', () => [typed('S', 'base/1/9')]],
  ['a sparse file of pax', () => [pax('x', 'GNU.sparse.major=1', 'GNU.sparse.name=../outside/x'), named('ok', 'x')]],
  ['a size beyond the end', () => [crafted((block) => block.write('77777777777', 124))]],
  ['a negative size', () => [crafted((block) => block.fill(0xff, 124, 136))]],
  ['a size of 2^95', () => [crafted((block) => block.fill(0, 125, 136).fill(0x80, 124, 125).fill(1, 125, 126))]],
  ['a size with an eighth digit', () => [crafted((block) => block.write('00000000008', 124))]],
  ['a pax size that is larger than the file', () => [pax('x', 'size=99999999'), named('base/1/9', 'x')]],
  ['a pax size beyond numbers', () => [pax('x', 'size=99999999999999999999'), named('base/1/9', 'x')]],
  ['an endless pax header', () => [extension('x', '12 comment=x\n', 7_000_000_000)]],
  ['a pax record longer than its header', () => [extension('x', '99999999 path=x\n'), named('base/1/9', 'x')]],
  ['a long name without end', () => [extension('L', 'n', 8_000_000_000)]],
  ['a checksum that is wrong', () => [Buffer.concat([named('base/1/9', 'x')]).fill(0x41, 20, 21)]],
  ['data behind the end', () => [Buffer.alloc(1024), named('base/1/9', 'evil')]],
];

/** The same in the format of openGauss, which has neither checksums nor an end. */
const nativeEscapes: readonly Hostile[] = [
  ['a name that climbs', () => [native('0', '../outside/x', { content: 'evil' })]],
  ['an absolute name', (outside) => [native('0', `${outside}/x`, { content: 'evil' })]],
  ['a directory that climbs', () => [native('5', '../outside/d/')]],
  [
    'a link, and a file through it',
    (outside) => [native('2', 'l/', { target: outside }), native('0', 'l/x', { content: 'evil' })],
  ],
  [
    'a link upwards, and a file through it',
    () => [native('2', 'l/', { target: '../outside' }), native('0', 'l/x', { content: 'evil' })],
  ],
  [
    'a link in the place of a directory',
    (outside) => [native('2', 'base/1/', { target: outside }), native('0', 'base/1/x', { content: 'evil' })],
  ],
  [
    'a link of a tablespace, and a file through it',
    (outside) => [
      native('2', 'pg_tblspc/77/', { target: outside }),
      native('0', 'pg_tblspc/77/x', { content: 'evil' }),
    ],
  ],
  ['a relative link that climbs', () => [native('3', 'pg_tblspc/77/', { target: '../../outside' })]],
  ['a file twice', () => [native('0', 'base/1/1', { content: 'again' })]],
  ['pg_control twice', () => [native('0', 'global/pg_control', { content: 'again' })]],
  ['a file where a directory is', () => [native('0', 'base/1', { content: 'evil' })]],
  ['a size beyond the end', () => [native('0', 'base/1/9', { content: 'x', size: 8 ** 11 - 1 })]],
  ['a directory with content', () => [native('5', 'base/9/', { content: 'x' })]],
];

const ways: readonly (readonly [TarFormat, Hostile])[] = [
  ...escapes.map((one) => ['tar', one] as const),
  ...nativeEscapes.map((one) => ['opengauss', one] as const),
];

const control = 'global/pg_control';

/** A place with an outside beside it, which nothing may change, and an archive in it. */
async function place([, blocks]: Hostile, format: TarFormat = 'tar') {
  const home = temporaryDirectory();
  const outside = join(home, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'victim'), 'untouched');
  const bytes = withMembers(await archive(members(), format), blocks(outside), format);
  return { home, outside, bytes };
}

function expectUntouched(outside: string, known: readonly string[]): void {
  expect(readdirSync(outside)).toEqual(['victim']);
  expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('untouched');
  expect(lstatSync(join(outside, 'victim')).nlink).toBe(1);
  expect(readdirSync(dirname(outside)).filter((name) => !known.includes(name))).toEqual([]);
}

async function refusal(work: Promise<unknown>): Promise<BackupError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  requireTyped(error);
  return error as BackupError;
}

/** Stores what a server sends as a plain backup does, and leaves it as it is when that fails: nothing of it has a pg_control. */
async function receive(content: Uint8Array, directory: string, format: TarFormat = 'tar'): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const capabilities = capabilitiesOf(identifyPostgresql('10.1'));
  const session = { capabilities } as OutputParts['session'];
  const files = new WrittenFiles({ algorithm: undefined, sync: undefined });
  const meter = new ProgressMeter(() => undefined);
  const target = { kind: 'plain', directory, mappings: [] } as const;
  const output = await createOutput({ output: target }, { session, meter, signal, files, flushes: false });
  const nobody = { begin: () => ({ update: () => undefined, end: () => undefined }) };
  const manifest = { observer: nobody, ownObserver: undefined, wantsContents: false, leaveOut: () => undefined };
  const delivery = new MemberDelivery({ output, capabilities, manifest, signal });
  const tablespace = { oid: undefined, location: undefined, relative: false, sizeKib: undefined };
  const tar = {
    type: 'archive',
    tablespace,
    format,
    terminated: format === 'tar',
    content: reused(content, 700),
  } as const;
  await delivery.tar(tar).finally(() => output.abandon());
}

describe.each(ways.map(([format, hostile]) => [`${format}: ${hostile[0]}`, format, hostile] as const))(
  'a tar, %s',
  (_, format, hostile) => {
    it('is refused by verify and restore', async () => {
      const { home, outside, bytes } = await place(hostile, format);
      const backup = join(home, 'backup');
      mkdirSync(backup);
      writeFileSync(join(backup, 'base.tar'), bytes);
      const { refusal: reason, damage, restored } = await judge(backup);
      expect(reason).toBeDefined();
      expect(damage).not.toEqual([]);
      expect(existsSync(join(restored, control))).toBe(false);
      expectUntouched(outside, ['backup', 'outside', 'restored']);
    });

    it('is refused by gs_tar, and leaves nothing', async () => {
      const { home, outside, bytes } = await place(hostile, format);
      const directory = join(home, 'target');
      mkdirSync(directory);
      writeFileSync(join(home, 'archive'), bytes);
      const work = unpackTar({ file: fromText(join(home, 'archive')), directory: fromText(directory) });
      expect(await refusal(work)).toMatchObject({ code: 'CORRUPT' });
      expect(readdirSync(directory)).toEqual([]);
      expectUntouched(outside, ['archive', 'outside', 'target']);
    });

    it('is refused when a server sends it', async () => {
      const { home, outside, bytes } = await place(hostile, format);
      const directory = join(home, 'target');
      expect((await refusal(receive(bytes, directory, format))).code).toMatch(/^(?:CORRUPT|OBJECT_EXISTS)$/);
      expect(existsSync(join(directory, control))).toBe(false);
      expectUntouched(outside, ['outside', 'target']);
    });
  },
);

it('names that fold to one are two files where the file system tells them apart', async () => {
  const { home, outside } = await place(['', () => []]);
  const names = ['base/1/NAME', 'base/1/name', 'base/1/caf\u00e9', 'base/1/cafe\u0301'];
  const blocks = names.map((name) => named(Buffer.from(name).toString('latin1'), `content of ${name.length}`));
  await receive(withMembers(await archive(members()), blocks), join(home, 'target'));
  expect(readdirSync(join(home, 'target/base/1')).sort()).toEqual([
    '1',
    '2',
    'NAME',
    'cafe\u0301',
    'caf\u00e9',
    'name',
  ]);
  expectUntouched(outside, ['outside', 'target']);
});

it('a name that stands there already, as a folding file system says of the second of two, is refused', async () => {
  const { home, outside, bytes } = await place(['', () => []]);
  const directory = join(home, 'target');
  mkdirSync(join(directory, 'base/1'), { recursive: true });
  symlinkSync(join(outside, 'victim'), join(directory, 'base/1/1'));
  await expect(receive(bytes, directory)).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
  expectUntouched(outside, ['outside', 'target']);
});
