/** What `gausskeep verify` calls verified is restored, starts, and has every row: mutations that are no damage, on one server. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow, segmentsIn, takeBackup } from '../support/backups.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { serverDirectory, startFrom, startServer, stopAllServers } from '../support/postgres/server.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { serversInFull } from '../support/servers-under-test.ts';

const version = serversInFull().at(-1)!;

type Mutation = (backup: string) => void;

const plain: Record<string, Mutation> = {
  'every empty directory is lost': (backup) => {
    const directories = pathsBelow(backup).filter((path) => lstatSync(join(backup, path)).isDirectory());
    const empty = directories.filter((path) => readdirSync(join(backup, path)).length === 0);
    expect(empty.length).toBeGreaterThan(5);
    for (const path of empty) rmdirSync(join(backup, path));
  },
  'a killed run left a lock and a marker': (backup) => {
    const dead = JSON.stringify({ pid: 4_194_305, host: hostname() });
    writeFileSync(join(backup, '.gausskeep.lock'), dead);
    writeFileSync(join(backup, '.gausskeep.restore'), '{}\n');
    const [oid = ''] = readdirSync(join(backup, 'pg_tblspc'));
    writeFileSync(join(backup, 'pg_tblspc', oid, '.gausskeep.lock'), dead);
  },
  'settings and signals that came later': (backup) => {
    appendFileSync(join(backup, 'postgresql.auto.conf'), "work_mem = '5MB'\n");
    for (const name of ['recovery.signal', 'standby.signal']) writeFileSync(join(backup, name), '');
  },
  'segments behind the end: cut, old, empty; marks and a history': (backup) => {
    const wal = join(backup, 'pg_wal');
    const last = segmentsIn(wal).at(-1)!;
    const behind = (count: number): string =>
      join(
        wal,
        last.slice(0, 16) + (Number.parseInt(last.slice(16), 16) + count).toString(16).toUpperCase().padStart(8, '0'),
      );
    writeFileSync(behind(1), readFileSync(join(wal, last)).subarray(0, 100_000));
    copyFileSync(join(wal, last), behind(2));
    writeFileSync(behind(3), '');
    mkdirSync(join(wal, 'archive_status'), { recursive: true });
    writeFileSync(join(wal, 'archive_status', `${last}.ready`), '');
    writeFileSync(join(wal, '00000002.history'), '1\t0/90000000\tno recovery target specified\n');
  },
  'the WAL directory is elsewhere': (backup) => {
    const elsewhere = join(dirname(backup), 'wal');
    renameSync(join(backup, 'pg_wal'), elsewhere);
    symlinkSync(elsewhere, join(backup, 'pg_wal'));
  },
  'other modes and times': (backup) => {
    execFileSync('sh', [
      '-c',
      'find "$1" -type f -exec chmod 640 {} + && find "$1" -exec touch -d 2001-01-01 {} +',
      'sh',
      backup,
    ]);
    execFileSync('chmod', ['750', backup]);
  },
};

const archives: Record<string, Mutation> = {
  'packed in several gzip members': (set) => {
    for (const name of ['base.tar.gz', 'pg_wal.tar.gz']) {
      const bytes = gunzipSync(readFileSync(join(set, name)));
      const cut = Math.floor(bytes.length / 3);
      writeFileSync(join(set, name), Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))]));
    }
  },
  'written anew by another tar, files only, the other way round': (set) => {
    const files = join(dirname(set), 'files');
    mkdirSync(files);
    execFileSync('tar', ['-xzf', join(set, 'base.tar.gz'), '-C', files]);
    const names = pathsBelow(files).filter((path) => !lstatSync(join(files, path)).isDirectory());
    rmSync(join(set, 'base.tar.gz'));
    writeFileSync(join(dirname(set), 'list'), names.reverse().join('\n'));
    const list = ['--no-recursion', '-T', join(dirname(set), 'list')];
    execFileSync('tar', ['-cf', join(set, 'base.tar'), '--format=pax', '-C', files, ...list]);
  },
  'zeros behind the end': (set) => {
    for (const name of ['base.tar.gz', 'pg_wal.tar.gz']) {
      const unpacked = gunzipSync(readFileSync(join(set, name)));
      rmSync(join(set, name));
      writeFileSync(join(set, name.slice(0, -3)), Buffer.concat([unpacked, Buffer.alloc(1024 * 1024)]));
    }
  },
};

describe(`PostgreSQL ${String(version)}`, () => {
  let expected: Content;
  let oid: string;
  const backups = { plain: '', archives: '' };

  beforeAll(async () => {
    const server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 500 });
    const location = serverDirectory('tablespace');
    await client.query(`CREATE TABLESPACE verified LOCATION '${location}'`);
    await client.query('CREATE TABLE elsewhere TABLESPACE verified AS SELECT g FROM generate_series(1, 3000) g');
    oid = await server.value("select oid::text from pg_tablespace where spcname = 'verified'");
    expected = await snapshotData(client);
    const mapping = `${location}=${join(temporaryDirectory('mapped'), 'space')}`;
    backups.plain = await takeBackup(server, ['-T', mapping]);
    backups.archives = await takeBackup(server, ['-Ft', '-z']);
    await server.stop();
  });
  afterAll(async () => {
    await stopAllServers();
    runDirectory().clear();
  });

  /** A copy of a backup, its tablespace included. */
  function copyOf(backup: string): string {
    const copy = join(temporaryDirectory('copy'), 'backup');
    execFileSync('cp', ['-a', backup, copy]);
    const link = join(copy, 'pg_tblspc', oid);
    if (!existsSync(link)) return copy;
    execFileSync('cp', ['-aL', link, join(dirname(copy), 'space')]);
    rmSync(link);
    symlinkSync(join(dirname(copy), 'space'), link);
    return copy;
  }

  const cases = [
    ...Object.entries(plain).map(([what, mutate]) => ['plain', what, mutate] as const),
    ...Object.entries(archives).map(([what, mutate]) => ['archives', what, mutate] as const),
  ];

  it.each(cases)('%s, %s: verified, restored, every row', async (format, _, mutate) => {
    const backup = copyOf(backups[format]);
    mutate(backup);
    const verified = await runProgram('gausskeep', ['verify', backup]);
    expect(verified.status, verified.stderr).toBe(0);
    const data = join(temporaryDirectory('restored'), 'data');
    const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
    const places = ['-D', data, '-T', `${oid}=${join(dirname(data), 'space')}`];
    const restored = await runProgram('gausskeep', ['restore', '--from', backup, ...places, '--no-sync', ...owner]);
    expect(restored.status, restored.stderr).toBe(0);
    const server = await startFrom(data);
    expect(differences(expected, await snapshotData(await server.client()))).toEqual([]);
    await server.stop('immediate');
  });
});
