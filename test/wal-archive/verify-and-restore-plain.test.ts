/** What restore refuses verify names; what verify passes is restored. Mutations of small plain backups. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromText } from '../../src/bytes/byte-string.ts';
import { lockDirectory } from '../../src/files/lock-directory.ts';
import { ManifestWriter } from '../../src/manifest/writer.ts';
import { render } from '../../src/messages/message.ts';
import { prepareRestore } from '../../src/restore/prepare-restore.ts';
import { performRestore } from '../../src/restore/perform-restore.ts';
import { verifyBackup } from '../../src/verify/verify-backup.ts';
import { linkConfiguration, linkListed, moveAndLink } from '../support/plain-backup.ts';
import { control, label, signal, empty, judge, newBackup, expectSame } from '../support/judged-backups.ts';

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
    const result = await performRestore(await prepareRestore({ ...request, tablespaces }, { signal, ownWal: false }), {
      signal,
    });
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
    await expect(prepareRestore(request, { signal, ownWal: false })).rejects.toMatchObject({
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
      await expect(prepareRestore(request, { signal, ownWal: false })).rejects.toMatchObject(running);
      lock.release();
      const dead = JSON.stringify({ pid: 4_194_305, host: hostname() });
      writeFileSync(join(backup, place, '.gausskeep.lock'), dead);
      writeFileSync(join(backup, place, '.gausskeep.lock.new-1'), '');
      const prefix = place === '' ? '' : `${place}/`;
      expect(await warningsOf(backup)).toContainEqual(
        expect.stringMatching(new RegExp(`: ${prefix}.gausskeep.lock, ${prefix}.gausskeep.lock.new-1$`)),
      );
      await performRestore(await prepareRestore(request, { signal, ownWal: false }), { signal });
      expect(readdirSync(join(dirname(backup), 'elsewhere'))).toEqual(['PG_9.2_201611171_n']);
      expect(readdirSync(restored).filter((name) => name.startsWith('.gausskeep'))).toEqual(['.gausskeep.recovery']);
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
    await performRestore(await prepareRestore(request, { signal, ownWal: false }), { signal });
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
