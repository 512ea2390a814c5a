/** What restore refuses verify names; what verify passes is restored. Mutations of small backups, archives and directories. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../../src/bytes/byte-string.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { lockDirectory } from '../../src/files/lock-directory.ts';
import { ManifestWriter } from '../../src/manifest/writer.ts';
import { render } from '../../src/messages/message.ts';
import { prepareRestore } from '../../src/restore/prepare-restore.ts';
import { performRestore } from '../../src/restore/perform-restore.ts';
import type { Member, MemberType, TarFormat } from '../../src/tar/member.ts';
import { encodeMembers, memberOf } from '../../src/tar/encode-members.ts';
import { verifyBackup } from '../../src/verify/verify-backup.ts';
import { linkConfiguration, linkListed, moveAndLink } from '../support/plain-backup.ts';
import { projectRoot } from '../support/project.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const control = gunzipSync(readFileSync(join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz')));
const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
const segment = '000000010000000000000005';
const { signal } = new AbortController();

function file(name: string, content: string | Uint8Array = 'x'): Member {
  const header = { name: fromText(name), type: 'file', mode: 0o600, mtime: 1, linkName: '' as ByteString } as const;
  return memberOf(header, typeof content === 'string' ? Buffer.from(content) : content);
}
function other(type: MemberType, name: string, target = ''): Member {
  const header = { name: fromText(name), type, mode: 0o700, mtime: 1, linkName: fromText(target) } as const;
  return memberOf(header, new Uint8Array(0));
}
/** Directories that are empty in most backups. */
const empty = ['pg_errorinfo', 'pg_llog/mappings', 'pg_llog/snapshots', 'pg_notify', 'pg_replslot', 'pg_serial'].concat(
  ['pg_snapshots', 'pg_stat_tmp', 'pg_tblspc', 'pg_twophase', 'pg_xlog/archive_status'],
);
const members = (): Member[] => [
  file('backup_label', label),
  file('PG_VERSION', '9.2\n'),
  file('postgresql.conf', 'port = 5432\n'),
  ...empty.map((name) => other('directory', name)),
  file('base/1/1', 'content'),
  file('base/1/2', 'content'),
  file('global/pg_control', control),
];

async function archive(list: readonly Member[], format: TarFormat = 'tar'): Promise<Buffer> {
  const source = async function* (): AsyncGenerator<Member> {
    for (const member of list) yield await Promise.resolve(member);
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeMembers(source(), { mtime: 1, format })) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}

interface Outcome {
  /** Why the restore refused; undefined: it worked. */
  readonly refusal: string | undefined;
  readonly damage: readonly string[];
  readonly warnings: readonly string[];
  readonly restored: string;
}

/** Both programs on one backup; whatever the mutation, their words must agree. */
async function judge(backup: string): Promise<Outcome> {
  const damage: string[] = [];
  const warnings: string[] = [];
  const note = (error: unknown): string => {
    if (!(error instanceof BackupError)) throw error;
    return render(error.sentence);
  };
  try {
    const report = await verifyBackup({ path: backup, parseWal: false }, { signal });
    for (const { severity, message } of report.findings) {
      (severity === 'damage' ? damage : warnings).push(render(message));
    }
  } catch (error) {
    damage.push(note(error));
  }
  const restored = join(dirname(backup), 'restored');
  let refusal: string | undefined;
  try {
    const from = { kind: 'directory', path: backup } as const;
    const prepared = await prepareRestore({ from, directory: restored, sync: false }, { signal });
    await performRestore(prepared, { signal });
  } catch (error) {
    refusal = note(error);
  }
  if (refusal !== undefined) expect(damage, `restore refuses: ${refusal}`).not.toEqual([]);
  else if (damage.length === 0) {
    expect(readFileSync(join(restored, 'global/pg_control'))).toEqual(control);
    for (const name of [...empty, 'base/1/1']) expect(existsSync(join(restored, name)), name).toBe(true);
  }
  return { refusal, damage, warnings, restored };
}

function newBackup(): string {
  const backup = join(temporaryDirectory(), 'backup');
  mkdirSync(backup);
  return backup;
}

async function tarSet(objects: Readonly<Record<string, Uint8Array>>): Promise<Outcome> {
  const backup = newBackup();
  for (const [name, bytes] of Object.entries(objects)) writeFileSync(join(backup, name), bytes);
  return judge(backup);
}

/** The same finding: a restore that names the archive as well has verify's reason in it. */
function expectSame({ refusal, damage }: Outcome, pattern: RegExp): void {
  expect(refusal).toMatch(pattern);
  expect(damage.join('\n')).toMatch(pattern);
}

describe('archives', () => {
  it('a sound set is verified as far as that goes without manifest, and restored', async () => {
    for (const packed of [(bytes: Buffer) => bytes, (bytes: Buffer) => gzipSync(bytes)]) {
      const outcome = await tarSet({ 'base.tar': packed(await archive(members())) });
      expect(outcome).toMatchObject({ refusal: undefined, damage: [] });
      expect(outcome.warnings).toEqual([expect.stringContaining('no manifest')]);
    }
  });

  it.each<[string, Member[] | ((list: Member[]) => Member[]), RegExp]>([
    ['a member twice', [file('base/1/1', 'again')], /"base\/1\/1" twice/],
    ['a small file twice', [file('backup_label', label)], /"backup_label" twice/],
    ['a map twice', [file('tablespace_map', ''), file('tablespace_map', '')], /"tablespace_map" twice/],
    ['a file over a directory', [file('base/1')], /"base\/1" twice/],
    ['a directory over a file', [other('directory', 'base/1/1')], /"base\/1\/1" twice/],
    ['a file below a file', [file('base/1/1/x')], /"base\/1\/1" twice/],
    ['a link outside', [other('symlink', 'base/9', '/etc')], /link to "\/etc"/],
    ['a link upwards', [other('symlink', 'base/9', '../../x')], /link to "..\/..\/x"/],
    ['a file through a link', [other('symlink', 'l', 'base'), file('l/x')], /through the link "l"/],
    ['a hard link', [other('hardlink', 'base/9', 'base/1/1')], /a hardlink does not belong/],
    ['a device or a pipe', [other('other', 'base/9')], /a other does not belong|does not belong/],
    [
      'a directory over PG_VERSION',
      without('PG_VERSION', other('directory', 'PG_VERSION')),
      /"PG_VERSION" .* is a directory/,
    ],
    ['a file over a directory of the server', without('pg_notify', file('pg_notify')), /"pg_notify" .* is a file/],
    ['no PG_VERSION', without('PG_VERSION'), /PG_VERSION/],
    [
      'no release in PG_VERSION',
      without('PG_VERSION', file('PG_VERSION', 'x')),
      /PG_VERSION of the backup names no release/,
    ],
    ['no backup_label', without('backup_label'), /no "?backup_label/],
    ['no pg_control', without('global/pg_control'), /no "?global\/pg_control/],
    [
      'a label of 5 MB',
      without('backup_label', file('backup_label', label.padEnd(5e6, '\n'))),
      /backup_label.* larger than/,
    ],
    ['a label without its lines', without('backup_label', file('backup_label', 'x')), /START WAL LOCATION/],
    ['a map with an oid twice', [file('tablespace_map', '5 /a\n5 /b\n')], /tablespace 5 is in tablespace_map twice/],
    ['a map with a relative place', [file('tablespace_map', '5 a/b\n')], /tablespace 5 .* not absolute: a\/b/],
    ['a map that is none', [file('tablespace_map', 'five\n')], /tablespace map: "five"/],
    ['a map without its archive', [file('tablespace_map', '5 /a\n')], /tablespace 5 is in tablespace_map/],
  ])('%s', async (_, change, pattern) => {
    const list =
      typeof change === 'function' ? change(members()) : [...members().slice(0, 2), ...change, ...members().slice(2)];
    expectSame(await tarSet({ 'base.tar': await archive(list) }), pattern);
  });

  it('a lock that a dead run left beside them is told and left out; a run at work keeps both out', async () => {
    const set = { 'base.tar': await archive(members()) };
    const outcome = await tarSet({ ...set, '.gausskeep.lock': Buffer.from('{"pid":4194305,"host":"x"}') });
    expect(outcome.refusal).toMatch(/in use by another run \(process 4194305 on x\)/);
    expect(outcome.damage).toEqual([outcome.refusal]);
    const own = Buffer.from(JSON.stringify({ pid: 4_194_305, host: hostname() }));
    const left = await tarSet({ ...set, '.gausskeep.lock': own });
    expect(left).toMatchObject({ refusal: undefined, damage: [] });
    expect(left.warnings).toContainEqual(expect.stringContaining('did not finish left this'));
  });

  it('WAL beside them: cut, garbage, a member of garbage, twice, of the other product', async () => {
    const base = await archive(members());
    const wal = await archive([file(segment, 'W'.repeat(4096)), file('archive_status/x.done', '')]);
    const twice = await archive([file(segment), file(segment)]);
    const set = (more: Record<string, Uint8Array>): Promise<Outcome> => tarSet({ 'base.tar': base, ...more });
    expect((await set({ 'pg_xlog.tar': wal })).refusal).toBeUndefined();
    for (const damaged of [
      { 'pg_xlog.tar': wal.subarray(0, wal.length - 1024) },
      { 'pg_xlog.tar': wal.subarray(0, 3000) },
      { 'pg_xlog.tar': Buffer.concat([wal, Buffer.from('garbage')]) },
      { 'pg_xlog.tar.gz': Buffer.concat([gzipSync(wal), gzipSync('garbage')]) },
      { 'pg_xlog.tar.gz': Buffer.concat([gzipSync(wal), Buffer.from('garbage')]) },
    ]) {
      expectSame(await set(damaged), /could not read archive "pg_xlog.tar/);
    }
    expectSame(await set({ 'pg_xlog.tar': twice }), /twice/);
    expectSame(await set({ 'pg_xlog.tar': wal, 'pg_xlog.tar.gz': gzipSync(wal) }), /is there twice/);
    expectSame(await set({ 'pg_xlog.tar': wal, 'pg_wal.tar': wal }), /is there twice/);
    expectSame(await set({ 'pg_wal.tar': wal }), /WAL is in "pg_wal.tar", but this server keeps its WAL in pg_xlog/);
    const both = await archive([...members(), file(`pg_xlog/${segment}`)]);
    expectSame(await tarSet({ 'base.tar': both, 'pg_xlog.tar': wal }), /twice/);
  });

  it('tablespaces inside and outside: a name of the data directory in one of them', async () => {
    const map = (place: string): Member[] => [
      ...members().slice(0, 1),
      file('tablespace_map', `5 ${place}\n`),
      ...members().slice(1),
    ];
    const space = await archive([file('PG_9.2_201611171_n/1/7')]);
    const inside = { 'base.tar': await archive(map('/source/pg_location/x')), '5.tar': space };
    expect(await tarSet(inside)).toMatchObject({ refusal: undefined, damage: [] });
    const clash = [...map('/source/pg_location/x'), file('pg_location/x/PG_9.2_201611171_n/1/7')];
    expectSame(await tarSet({ 'base.tar': await archive(clash), '5.tar': space }), /twice/);
    const directory = [...map('/source/pg_location/x'), file('pg_tblspc/5/x')];
    expectSame(await tarSet({ 'base.tar': await archive(directory), '5.tar': space }), /"pg_tblspc\/5" twice/);
  });

  it('a tablespace that would lie in the copy itself is refused, and restored to a place of its own', async () => {
    const backup = newBackup();
    const restored = join(dirname(backup), 'restored');
    const map = file('tablespace_map', `5 ${restored}/spaces/x\n`);
    writeFileSync(join(backup, 'base.tar'), await archive([...members().slice(0, 1), map, ...members().slice(1)]));
    writeFileSync(join(backup, '5.tar'), await archive([file('PG_9.2_201611171_n/1/7')]));
    const from = { kind: 'directory', path: backup } as const;
    const request = { from, directory: restored, sync: false };
    const refusal = await prepareRestore(request, { signal }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'USAGE', sentence: { key: 'restore.tablespace-inside' } });
    const elsewhere = { from: { oid: 5 }, to: join(dirname(backup), 'elsewhere') };
    await performRestore(await prepareRestore({ ...request, tablespaces: [elsewhere] }, { signal }), { signal });
    expect(existsSync(join(elsewhere.to, 'PG_9.2_201611171_n/1/7'))).toBe(true);
    // Where the source, or the copy, is there, verify knows of it.
    const { findings } = await verifyBackup({ path: backup, parseWal: false }, { signal });
    expect(findings.map(({ message }) => render(message))).toContainEqual(
      expect.stringContaining(`tablespace 5 was at "${restored}/spaces/x", in the data directory "${restored}"`),
    );
  });

  it('a tablespace whose path openGauss has cut: its archive has the files, a place has to be named', async () => {
    const link = other('relativeSymlink', 'pg_tblspc/5/', 'ts');
    const base = await archive([...members().slice(0, 3), link, ...members().slice(3)], 'opengauss');
    const space = await archive([file('PG_9.2_201611171_n/1/7')], 'opengauss');
    const outcome = await tarSet({ 'base.tar': base, '5.tar': space });
    expectSame(
      outcome,
      /tablespace 5 leads to "ts", .* cut its path.* files are in 5.tar: restore with -T 5=DIRECTORY/,
    );
    expect(existsSync('/ts')).toBe(false);
    const to = join(dirname(outcome.restored), 'elsewhere');
    const from = { kind: 'directory', path: join(dirname(outcome.restored), 'backup') } as const;
    const request = { from, directory: outcome.restored, sync: false, tablespaces: [{ from: { oid: 5 }, to }] };
    await performRestore(await prepareRestore(request, { signal }), { signal });
    expect(readlinkSync(join(outcome.restored, 'pg_tblspc/5'))).toBe(to);
    expect(readFileSync(join(to, 'PG_9.2_201611171_n/1/7'), 'utf8')).toBe('x');
  });

  it('without the empty directories verify says so, and restore makes them', async () => {
    const outcome = await tarSet({
      'base.tar': await archive(members().filter(({ header }) => header.type === 'file')),
    });
    expect(outcome).toMatchObject({ refusal: undefined, damage: [] });
    expect(outcome.warnings).toContainEqual(expect.stringMatching(/lacks directories .*pg_notify.*pg_snapshots/));
  });

  it('whatever is done to the members', async () => {
    const names = [
      'PG_VERSION',
      'base',
      'base/1',
      'base/1/1',
      'base/1/1/1',
      'pg_xlog',
      'pg_tblspc/5',
      'pg_notify',
      'a',
      'a/b',
    ];
    const name = fc.constantFrom(...names);
    const type = fc.constantFrom<MemberType>('file', 'directory', 'symlink', 'hardlink', 'other');
    const target = fc.constantFrom('/x', 'a', '../..', 'base/1/1', 'b/../../c');
    const added = fc.record({ name, type, target, at: fc.nat(30) });
    const change = fc.record({
      added: fc.array(added, { maxLength: 3 }),
      dropped: fc.array(fc.constantFrom<number[]>(0, 1, 2, 3, 6, 9, 13, 16), { maxLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ added, dropped }) => {
        const list = members().filter((_, index) => !dropped.includes(index));
        for (const one of added) {
          const member =
            one.type === 'file'
              ? file(one.name)
              : other(one.type, one.name, one.type.includes('link') ? one.target : '');
          list.splice(one.at % (list.length + 1), 0, member);
        }
        await tarSet({ 'base.tar': await archive(list) });
      }),
      { numRuns: 60 },
    );
  });
});

/** Takes a member away, and puts others in its place. */
function without(name: string, ...instead: Member[]): (list: Member[]) => Member[] {
  return (list) => list.flatMap((member) => (member.header.name === name ? instead : [member]));
}

describe('directories', () => {
  function directory(): string {
    const backup = newBackup();
    for (const name of [...empty, 'base/1', 'global']) mkdirSync(join(backup, name), { recursive: true });
    const contents = {
      backup_label: label,
      PG_VERSION: '9.2\n',
      'postgresql.conf': '',
      'base/1/1': 'x',
      'base/1/2': 'x',
    };
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(backup, name), content);
    writeFileSync(join(backup, 'global/pg_control'), control);
    return backup;
  }
  const warningsOf = async (path: string): Promise<string[]> => {
    const { findings } = await verifyBackup({ path, parseWal: false }, { signal });
    expect(findings.filter(({ severity }) => severity === 'damage')).toEqual([]);
    return findings.filter(({ severity }) => severity === 'warning').map(({ message }) => render(message));
  };
  const replace =
    (name: string, make: (path: string) => void) =>
    (backup: string): void => {
      rmSync(join(backup, name), { recursive: true, force: true });
      make(join(backup, name));
    };

  it.each<[string, (backup: string) => void, RegExp]>([
    ['a directory over PG_VERSION', replace('PG_VERSION', (path) => mkdirSync(path)), /"PG_VERSION" .* is a directory/],
    ['a pipe over backup_label', replace('backup_label', (path) => execFileSync('mkfifo', [path])), /"backup_label"/],
    ['a directory over postgresql.conf', replace('postgresql.conf', (path) => mkdirSync(path)), /"postgresql.conf"/],
    ['a file over pg_notify', replace('pg_notify', (path) => writeFileSync(path, '')), /"pg_notify" .* is a file/],
    ['a file over the WAL directory', replace('pg_xlog', (path) => writeFileSync(path, '')), /"pg_xlog" .* is a file/],
    [
      'a link to nowhere over it',
      replace('pg_xlog', (path) => symlinkSync('/nowhere/at/all', path)),
      /"pg_xlog" .* is a link/,
    ],
    [
      'a label of 5 MB',
      replace('backup_label', (path) => writeFileSync(path, label.padEnd(5e6, '\n'))),
      /backup_label.* larger/,
    ],
    ['no label', replace('backup_label', () => undefined), /no "?backup_label/],
    ['no control file', replace('global/pg_control', () => undefined), /no "?global\/pg_control/],
    ['no release', replace('PG_VERSION', (path) => writeFileSync(path, '?')), /names no release/],
    ['data behind a link', (backup) => moveAndLink(backup, 'base/1/1'), /"base\/1\/1" of the backup is a link/],
    [
      'configuration taken along behind a link',
      linkConfiguration,
      /"gausskeep_config\/start.conf" of the backup is a link/,
    ],
    ['a file of the manifest behind a link', linkListed, /"postgresql.conf" of the backup is a link/],
    ['a folder of data behind a link', (backup) => moveAndLink(backup, 'base/1'), /"base\/1" of the backup is a link/],
    ['an oid twice', (backup) => writeFileSync(join(backup, 'tablespace_map'), '5 /a\n5 /b\n'), /tablespace_map twice/],
    [
      'a tablespace that leads nowhere',
      (backup) => symlinkSync('/nowhere/5', join(backup, 'pg_tblspc/5')),
      /pg_tblspc\/5/,
    ],
  ])('%s', async (_, change, pattern) => {
    const backup = directory();
    change(backup);
    expectSame(await judge(backup), pattern);
  });

  it('a sound one; one without its empty directories', async () => {
    const backup = directory();
    expect(await judge(backup)).toMatchObject({ refusal: undefined, damage: [] });
    rmSync(join(dirname(backup), 'restored'), { recursive: true });
    for (const name of ['pg_notify', 'pg_serial', 'pg_llog/mappings']) rmdirSync(join(backup, name));
    const outcome = await judge(backup);
    expect(outcome).toMatchObject({ refusal: undefined, damage: [] });
    expect(outcome.warnings).toContainEqual(
      expect.stringContaining('hold nothing: pg_llog/mappings, pg_notify, pg_serial'),
    );
  });

  it('what a run left in a tablespace is told and left out; a tablespace in the backup itself needs a place', async () => {
    const backup = directory();
    const place = join(dirname(backup), 'tablespace');
    mkdirSync(join(place, 'PG_9.2_201611171_n/1'), { recursive: true });
    mkdirSync(join(backup, 'pg_location/x/PG_9.2_201611171_n'), { recursive: true });
    for (const folder of [place, join(backup, 'pg_location/x')]) {
      writeFileSync(join(folder, '.gausskeep.lock'), '');
      writeFileSync(join(folder, '.gausskeep.restore'), '{}');
    }
    symlinkSync(place, join(backup, 'pg_tblspc/5'));
    symlinkSync(join(backup, 'pg_location/x'), join(backup, 'pg_tblspc/6'));
    const restored = join(dirname(backup), 'restored');
    const request = { from: { kind: 'directory', path: backup } as const, directory: restored, sync: false };
    const tablespaces = [{ from: { oid: 5 }, to: join(dirname(backup), 'elsewhere') }];
    const result = await performRestore(await prepareRestore({ ...request, tablespaces }, { signal }), { signal });
    expect(result.dropped).toEqual([
      'pg_location/x/.gausskeep.lock',
      'pg_location/x/.gausskeep.restore',
      'pg_tblspc/5/.gausskeep.lock',
      'pg_tblspc/5/.gausskeep.restore',
    ]);
    for (const folder of [join(dirname(backup), 'elsewhere'), join(restored, 'pg_location/x')]) {
      expect(readdirSync(folder)).toEqual(['PG_9.2_201611171_n']);
    }
    const warnings = await warningsOf(backup);
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /run that did not finish left .*: pg_location\/x\/.gausskeep.lock, .*, pg_tblspc\/5\/.gausskeep.restore$/,
      ),
    );
    rmSync(restored, { recursive: true });
    rmSync(join(backup, 'pg_tblspc/5'));
    mkdirSync(join(backup, 'spaces/PG_9.2_201611171_n'), { recursive: true });
    symlinkSync(join(backup, 'spaces'), join(backup, 'pg_tblspc/5'));
    await expect(prepareRestore(request, { signal })).rejects.toMatchObject({
      sentence: { key: 'restore.tablespace-in-instance' },
    });
    expect(await warningsOf(backup)).toContainEqual(
      expect.stringMatching(/"pg_tblspc\/5" leads into the backup itself, to ".*spaces"/),
    );
  });

  it.each(['', 'pg_tblspc/5'])(
    'a run at work in "%s" keeps verify and restore out; a dead one does not',
    async (place) => {
      const backup = directory();
      const space = join(dirname(backup), 'tablespace');
      mkdirSync(join(space, 'PG_9.2_201611171_n'), { recursive: true });
      symlinkSync(space, join(backup, 'pg_tblspc/5'));
      // With a manifest, which knows nothing of them.
      const writer = new ManifestWriter({ systemIdentifier: undefined });
      const listed = [
        ['backup_label', label],
        ['PG_VERSION', '9.2\n'],
        ['postgresql.conf', ''],
        ['base/1/1', 'x'],
        ['base/1/2', 'x'],
        ['global/pg_control', control],
      ] as const;
      const lines = listed.map(([name, content]) =>
        writer.addFile({
          path: fromText(name),
          size: Buffer.from(content).length,
          algorithm: 'SHA256',
          checksum: createHash('sha256').update(content).digest('hex'),
          mtime: undefined,
        }),
      );
      writeFileSync(join(backup, 'backup_manifest'), Buffer.concat([...lines, writer.finish()]));
      const lock = lockDirectory(fromText(join(backup, place)));
      const restored = join(dirname(backup), 'restored');
      const tablespaces = [{ from: { oid: 5 }, to: join(dirname(backup), 'elsewhere') }];
      const request = {
        from: { kind: 'directory', path: backup } as const,
        directory: restored,
        sync: false,
        tablespaces,
      };
      const running = { code: 'LOCKED', sentence: { key: 'files.locked' } };
      await expect(verifyBackup({ path: backup, parseWal: false }, { signal })).rejects.toMatchObject(running);
      await expect(prepareRestore(request, { signal })).rejects.toMatchObject(running);
      lock.release();
      const dead = JSON.stringify({ pid: 4_194_305, host: hostname() });
      writeFileSync(join(backup, place, '.gausskeep.lock'), dead);
      writeFileSync(join(backup, place, '.gausskeep.lock.new-1'), '');
      const prefix = place === '' ? '' : `${place}/`;
      expect(await warningsOf(backup)).toContainEqual(
        expect.stringMatching(new RegExp(`: ${prefix}.gausskeep.lock, ${prefix}.gausskeep.lock.new-1$`)),
      );
      await performRestore(await prepareRestore(request, { signal }), { signal });
      expect(readdirSync(join(dirname(backup), 'elsewhere'))).toEqual(['PG_9.2_201611171_n']);
      expect(readdirSync(restored).filter((name) => name.startsWith('.gausskeep'))).toEqual([]);
    },
  );

  it.each([
    ['ts', 'backup/ts', /leads to "ts", .* cut its path.* files are in ".*\/backup\/ts": make pg_tblspc\/5 a link/],
    ['_ts', undefined, /leads to "_ts", .* cut its path.* files are not in this backup/],
    [
      '/elsewhere/backup/ts',
      'backup/ts',
      /leads to "\/elsewhere\/backup\/ts", .* cut its path.* are in ".*backup\/ts"/,
    ],
    ['ts', 'backup_ts', /leads to "ts", .* cut its path.* files are in ".*\/backup_ts"/],
  ])('a tablespace whose path openGauss has cut to %s, with its files in %s', async (target, files, pattern) => {
    const backup = directory();
    symlinkSync(target, join(backup, 'pg_tblspc/5'));
    const place = files === undefined ? undefined : join(dirname(backup), files);
    if (place !== undefined) mkdirSync(join(place, 'PG_9.2_201611171_n/1'), { recursive: true });
    expectSame(await judge(backup), pattern);
    if (place === undefined) return;
    // As it says.
    rmSync(join(backup, 'pg_tblspc/5'));
    symlinkSync(place, join(backup, 'pg_tblspc/5'));
    await warningsOf(backup);
    const [restored, to] = [join(dirname(backup), 'restored'), join(dirname(backup), 'elsewhere')];
    const from = { kind: 'directory', path: backup } as const;
    const request = { from, directory: restored, sync: false, tablespaces: [{ from: { oid: 5 }, to }] };
    await performRestore(await prepareRestore(request, { signal }), { signal });
    expect(readdirSync(join(restored, 'pg_tblspc/5'))).toEqual(['PG_9.2_201611171_n']);
  });

  it('copies by cp -a still lead to the tablespaces of the original', async () => {
    const backup = directory();
    const place = join(dirname(backup), 'tablespace');
    mkdirSync(join(place, 'PG_9.2_201611171_n/1'), { recursive: true });
    symlinkSync(place, join(backup, 'pg_tblspc/5'));
    mkdirSync(join(backup, 'pg_location/x/PG_9.2_201611171_n'), { recursive: true });
    symlinkSync(join(backup, 'pg_location/x'), join(backup, 'pg_tblspc/6'));
    expect(await warningsOf(backup)).toEqual([]);
    const copy = join(dirname(backup), 'copy');
    cpSync(backup, copy, { recursive: true, verbatimSymlinks: true });
    expect(await warningsOf(copy)).toEqual([
      expect.stringMatching(/link "pg_tblspc\/5" leads to ".*tablespace", and so does that of ".*\/backup"/),
      expect.stringMatching(/link "pg_tblspc\/6" leads to ".*backup\/pg_location\/x", outside of this backup/),
    ]);
  });
});
