/** What a recovery reads lies in the directory that the restore changes: read from where it was moved to, or refused untouched. */
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

const [inBackup, inArchive] = ['000000010000000000000027', '000000010000000000000028.gz'];
let workspace: Workspace;
let backup: string;
let archive: string;
let target: string;

beforeEach(async () => {
  workspace = new Workspace();
  [backup, archive, target] = [workspace.at('base'), workspace.at('archive'), workspace.at('data')];
  await writeRecordedBackup(backup);
  writeRecordedArchive(archive);
  const restored = await restore('--no-sync');
  expect([0, 3], restored.stderr).toContain(restored.status);
});
afterEach(() => workspace.remove());

const restore = (...args: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', ['restore', '-D', target, '--from', backup, '--no-sync', ...args], {
    env: { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null' },
  });

/** WAL that nobody archived, in the directory of the server that broke. */
function crash(): Buffer {
  const name = inArchive;
  copyFileSync(join(archive, name), join(target, 'pg_xlog', name));
  rmSync(join(archive, name));
  return readFileSync(join(target, 'pg_xlog', name));
}

it('--force moves the old directory aside and takes its WAL from there', async () => {
  const bytes = crash();
  const wal = ['--archive', archive, '--wal-from', join(target, 'pg_xlog'), '--target-xid', '14247'];
  const result = await restore('--force', ...wal);
  expect([0, 3], result.stderr).toContain(result.status);
  expect(readdirSync(join(target, 'pg_xlog'))).toContain('000000010000000000000028');
  const aside = readdirSync(workspace.at('.')).find((name) => name.startsWith('data.before-restore-'));
  expect(readFileSync(join(workspace.at(aside ?? '-'), 'pg_xlog', inArchive)).equals(bytes)).toBe(true);
});

it('--delta refuses it, plan and restore, and leaves the WAL as it was', async () => {
  const bytes = crash();
  const wal = ['--archive', archive, '--wal-from', join(target, 'pg_xlog'), '--target-xid', '14247'];
  for (const more of [['--plan'], []]) {
    const result = await restore('--delta', ...wal, ...more);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(`"${join(target, 'pg_xlog')}", which the recovery reads from, lies in "${target}"`);
  }
  expect(readFileSync(join(target, 'pg_xlog', inArchive)).equals(bytes)).toBe(true);
  expect(existsSync(join(target, 'pg_xlog', inBackup))).toBe(true);
});

it('an archive or a folder of backups in the directory is refused, and keeps every file', async () => {
  const inside = join(target, 'wal');
  cpSync(archive, inside, { recursive: true });
  const before = readdirSync(inside);
  for (const how of ['--delta', '--force']) {
    const refused = await restore(how, '--archive', inside, '--target-xid', '14247');
    expect(refused.status, refused.stderr).toBe(2);
    expect(refused.stderr).toContain(`"${inside}", which the recovery reads from, lies in "${target}"`);
  }
  expect(readdirSync(inside)).toEqual(before);
  const backups = join(target, 'backups');
  mkdirSync(backups);
  cpSync(backup, join(backups, 'base'), { recursive: true });
  const run = ['restore', '-D', target, '--delta', '--backups', backups, '--archive', archive, '--target-xid', '14247'];
  const refused = await runProgram('gausskeep', run, { env: { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null' } });
  expect(refused.status, refused.stderr).toBe(2);
  expect(existsSync(join(backups, 'base/PG_VERSION'))).toBe(true);
});
