/** A named pipe where a file should be: opening it would wait for ever, and no signal would end that. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';

function pipe(...path: string[]): string {
  const name = join(...path);
  execFileSync('mkfifo', [name]);
  return name;
}

/** What is there of a data directory is enough to be taken for one. */
function directoryWithout(name: string): string {
  const directory = temporaryDirectory('backup');
  for (const folder of ['global', 'pg_wal', 'pg_tblspc']) mkdirSync(join(directory, folder));
  for (const file of ['PG_VERSION', 'backup_label', 'global/pg_control', 'tablespace_map', 'backup_manifest']) {
    if (file !== name) writeFileSync(join(directory, file), '');
  }
  pipe(directory, name);
  return directory;
}

const control = gunzipSync(readFileSync(join(projectRoot, 'test/fixtures/opengauss/pgdata/pg_control.gz')));
const refused = /is not a regular file/;

it.each(['PG_VERSION', 'backup_label', 'tablespace_map', 'global/pg_control', 'backup_manifest', 'gausskeep.json'])(
  'verify and restore end at a pipe in place of %s',
  async (name) => {
    const backup = directoryWithout(name);
    if (name !== 'backup_manifest') renameSync(join(backup, 'backup_manifest'), join(backup, '..', 'set-aside'));
    const verified = await runProgram('gausskeep', ['verify', backup]);
    expect(verified.stderr).toMatch(refused);
    expect([13, 20]).toContain(verified.status);
    const restored = await runProgram('gausskeep', ['restore', '--from', backup, '-D', `${backup}-restored`]);
    expect(restored.stderr).toContain('error');
    expect(restored.status).not.toBe(0);
  },
);

it('verify and restore end at a pipe in place of an archive, of WAL, of a manifest elsewhere', async () => {
  const set = temporaryDirectory('set');
  pipe(set, 'base.tar');
  expect(await runProgram('gausskeep', ['verify', set])).toMatchObject({
    status: 20,
    stderr: expect.stringMatching(refused) as string,
  });
  expect((await runProgram('gausskeep', ['restore', '--from', set, '-D', `${set}-restored`])).status).toBe(16);
  const elsewhere = pipe(set, 'elsewhere');
  const withManifest = await runProgram('gausskeep', ['verify', '-m', elsewhere, set]);
  expect(withManifest).toMatchObject({ status: 13, stderr: expect.stringMatching(refused) as string });
});

it('gs_tar and wal push end at a pipe', async () => {
  const home = temporaryDirectory('home');
  mkdirSync(join(home, 'empty'));
  const unpacked = await runProgram('gs_tar', ['-D', join(home, 'empty'), '-F', pipe(home, 'archive.tar')]);
  expect(unpacked).toMatchObject({ status: 1, stderr: expect.stringMatching(refused) as string });
  mkdirSync(join(home, 'pg_wal'));
  mkdirSync(join(home, 'archive'));
  const segment = pipe(home, 'pg_wal', '000000010000000000000001');
  const pushed = await runProgram('gausskeep', ['wal', 'push', '--archive', join(home, 'archive'), segment]);
  expect(pushed.stderr).toMatch(refused);
  expect(pushed.status).not.toBe(0);
});

/** A small backup that can be restored, with a tablespace. */
function soundBackup(): string {
  const backup = join(temporaryDirectory('backup'), 'backup');
  for (const folder of ['global', 'pg_xlog', 'pg_tblspc']) mkdirSync(join(backup, folder), { recursive: true });
  const space = join(temporaryDirectory('space'), 'space');
  mkdirSync(join(space, 'PG_9.2_201611171_n'), { recursive: true });
  symlinkSync(space, join(backup, 'pg_tblspc/5'));
  const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
  const files = { PG_VERSION: '9.2\n', backup_label: label, 'postgresql.conf': '', 'global/pg_control': control };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(backup, name), content);
  return backup;
}

/** A directory with what makes programs take it for a data directory, and a pipe in place of one file. */
function instanceWith(name: string): string {
  const directory = directoryWithout(name);
  for (const unused of ['backup_manifest', 'backup_label', 'tablespace_map']) {
    if (name !== unused) rmSync(join(directory, unused));
  }
  chmodSync(directory, 0o700);
  return directory;
}

interface Case {
  readonly args: readonly string[];
  readonly program?: string;
  readonly env?: Record<string, string>;
}

/** Where a path that a user or an archive names can be a pipe; none of these commands may wait for its other end. */
const places: Record<string, () => Case> = {
  'the configuration that is named': () => {
    const path = pipe(temporaryDirectory('configuration'), 'gausskeep.toml');
    return { args: ['window', '--archive', '/tmp'], env: { GAUSSKEEP_CONFIG: path } };
  },
  'the configuration in its default place': () => {
    const home = temporaryDirectory('configuration');
    mkdirSync(join(home, 'gausskeep'));
    pipe(home, 'gausskeep', 'gausskeep.toml');
    return { args: ['window', '--archive', '/tmp'], env: { XDG_CONFIG_HOME: home } };
  },
  'the password file': () => {
    const env = { PGPASSFILE: pipe(temporaryDirectory('password'), 'pass'), PGUSER: 'nobody' };
    return { program: 'gs_basebackup', args: ['-D', newPath(), '-h', '/nowhere'], env };
  },
  'a file below --config-dir': () => {
    const directory = temporaryDirectory('config');
    pipe(directory, 'postgresql.conf');
    return { program: 'gs_basebackup', args: ['-D', newPath(), '-h', '/nowhere', '--config-dir', directory] };
  },
  'the archive itself': () => ({ args: ['window', '--archive', pipe(temporaryDirectory('archive'), 'archive')] }),
  'a folder of backups': () => {
    const backups = pipe(temporaryDirectory('backups'), 'backups');
    return { args: ['window', '--archive', temporaryDirectory('archive'), '--backups', backups] };
  },
  'the identity of an archive': () => {
    const archive = temporaryDirectory('archive');
    pipe(archive, 'gausskeep-archive.json');
    return { args: ['wal', 'get', '--archive', archive, '000000010000000000000001', newPath()] };
  },
  'WAL and a history in a directory of any tool': () => {
    const archive = temporaryDirectory('archive');
    for (const name of ['000000010000000000000001', '000000010000000000000002.gz', '00000002.history']) {
      pipe(archive, name);
    }
    return { args: ['window', '--archive', archive] };
  },
  'what the backups of a folder are made of': () => {
    const folder = temporaryDirectory('backups');
    for (const name of ['backup_label', 'PG_VERSION', 'global/pg_control']) {
      renameSync(directoryWithout(name), join(folder, name.replace('/', '-')));
    }
    mkdirSync(join(folder, 'set'));
    pipe(folder, 'set', 'base.tar');
    pipe(folder, 'stray');
    return { args: ['window', '--archive', folder, '--backups', folder] };
  },
  'the target of a restore': () => {
    const target = pipe(temporaryDirectory('target'), 'data');
    return { args: ['restore', '--from', soundBackup(), '-D', target] };
  },
  'the directory of a tablespace in a restore': () => {
    const target = pipe(temporaryDirectory('target'), 'space');
    return { args: ['restore', '--from', soundBackup(), '-D', newPath(), '-T', `5=${target}`] };
  },
  'the lock of an unfinished restore': () => {
    const target = temporaryDirectory('target');
    pipe(target, '.gausskeep.lock');
    pipe(target, '.gausskeep.restore');
    return { args: ['restore', '--delta', '--from', soundBackup(), '-D', target] };
  },
  'the log of recover': () => {
    const data = soundBackup();
    chmodSync(data, 0o700);
    const bindir = temporaryDirectory('programs');
    for (const program of ['gaussdb', 'gs_ctl', 'postgres', 'pg_ctl']) {
      writeFileSync(join(bindir, program), '#!/bin/sh\n', { mode: 0o755 });
    }
    const log = pipe(temporaryDirectory('log'), 'log');
    return { args: ['recover', '-D', data, '--bindir', bindir, '--log-file', log] };
  },
  ...Object.fromEntries(
    ['PG_VERSION', 'global/pg_control', '.gausskeep.recovery', 'postmaster.pid', 'postgresql.auto.conf'].flatMap(
      (name) =>
        ['recover', 'resume', 'status'].map((verb) => [
          `${name} for ${verb}`,
          () => ({ args: [verb, '-D', instanceWith(name)] }),
        ]),
    ),
  ),
};

function newPath(): string {
  return join(temporaryDirectory('new'), 'new');
}

it.each(Object.keys(places))('no command waits at a pipe in place of %s', async (place) => {
  const { program = 'gausskeep', args, env = {} } = places[place]!();
  const cache = { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'cache') };
  const { status, signal, stderr } = await runProgram(program, args, { env: { ...cache, ...env } });
  expect(signal).toBeNull();
  expect(stderr).toMatch(/error: /);
  expect(stderr).not.toMatch(/internal error|ENXIO|\n\s+at /);
  expect(status).not.toBe(0);
});
