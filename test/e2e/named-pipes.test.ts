/** A named pipe where a file should be: opening it would wait for ever, and no signal would end that. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram, temporaryDirectory } from '../support/programs.ts';

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
