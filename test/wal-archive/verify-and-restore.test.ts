/** What restore refuses verify names; what verify passes is restored. Mutations of the members of small archives. */
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../../src/messages/message.ts';
import { prepareRestore } from '../../src/restore/prepare-restore.ts';
import { performRestore } from '../../src/restore/perform-restore.ts';
import type { Member, MemberType } from '../../src/tar/member.ts';
import { verifyBackup } from '../../src/verify/verify-backup.ts';
import {
  label,
  segment,
  signal,
  file,
  other,
  members,
  archive,
  type Outcome,
  newBackup,
  tarSet,
  expectSame,
  without,
  judge,
} from '../support/judged-backups.ts';
import { moveAndLink } from '../support/plain-backup.ts';

describe('archives', () => {
  it('a sound set is verified as far as that goes without manifest, and restored', async () => {
    for (const packed of [(bytes: Buffer) => bytes, (bytes: Buffer) => gzipSync(bytes)]) {
      const outcome = await tarSet({ 'base.tar': packed(await archive(members())) });
      expect(outcome).toMatchObject({ refusal: undefined, damage: [] });
      expect(outcome.warnings).toEqual([expect.stringContaining('no manifest')]);
    }
  });

  it('a tar behind a link', async () => {
    const backup = newBackup();
    writeFileSync(join(backup, 'base.tar'), await archive(members()));
    moveAndLink(backup, 'base.tar');
    expectSame(await judge(backup), /"base.tar" of the backup is a link/);
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
    const refusal = await prepareRestore(request, { signal, ownWal: false }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'USAGE', sentence: { key: 'restore.tablespace-inside' } });
    const elsewhere = { from: { oid: 5 }, to: join(dirname(backup), 'elsewhere') };
    await performRestore(await prepareRestore({ ...request, tablespaces: [elsewhere] }, { signal, ownWal: false }), {
      signal,
    });
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
    await performRestore(await prepareRestore(request, { signal, ownWal: false }), { signal });
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
