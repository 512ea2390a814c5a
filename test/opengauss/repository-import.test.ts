/** `gausskeep backup --from` of openGauss backups: of the stand-in by our client, and the recorded ones of the native client, given back file by file. */
import { execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mapping, runBackup, Workspace } from '../support/opengauss/backup-run.ts';
import { makeDataDirectory, unsentPaths, type TestDataDirectory } from '../support/opengauss/data-directory.ts';
import { writeNativeSet } from '../support/opengauss/native-set.ts';
import { describeShared, fixtureRoot, readManifest } from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { picked, readTree } from '../support/opengauss/tree.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

let workspace: Workspace;
let data: TestDataDirectory;
let server: OpengaussServer | undefined;
let repository: string;
let backup: string;
let target: string;

beforeEach(async () => {
  workspace = new Workspace();
  repository = workspace.at('repo');
  backup = workspace.at('backup');
  target = workspace.at('restored');
  const made = await runProgram('gausskeep', ['repo', 'init', repository]);
  expect(made.status, made.stderr).toBe(0);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  workspace.remove();
});

const gausskeep = (command: string, ...args: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', [command, '--repo', repository, '--instance', 'gauss', ...args]);

async function imported(from: string): Promise<ProgramResult> {
  const result = await gausskeep('backup', '--from', from);
  expect(result.status, result.stderr).toBe(0);
  return result;
}

const spaces = (): string => workspace.at('spaces');

async function restored(): Promise<void> {
  const words = ['--pgdata', target, '--tablespace-map-all', spaces(), '--no-sync', '--target-immediate'];
  const result = await gausskeep('restore', ...words);
  // Made by root it says so, with status 3.
  expect([0, 3], result.stderr).toContain(result.status);
}

/** What differs in every copy: WAL, what a recovery is told, what a restore makes or leaves out. */
const own =
  /^(?:pg_xlog|pg_replslot|pg_tblspc|pg_errorinfo|pg_llog|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_twophase|pg_log)(?:\/|$)|^(?:\.gausskeep\.\w+|gausskeep\..*|backup_label|backup_manifest|tablespace_map|recovery\.conf|postgresql\.conf|global\/pg_dw\.build|global\/pg_control\.backup|pg_location\/x\/y\/PG_9\.2_201611171_other)$/;
const isKept = (path: string): boolean =>
  !own.test(path) &&
  ![...unsentPaths, 'base/16412/pgsql_tmp'].some((name) => path === name || path.startsWith(`${name}/`));

it.each([
  ['plain', () => ['-X', 'stream', ...mapping(`${workspace.at('data')}.ts_abs`, workspace.at('in-backup'))]],
  ['tar.gz', () => ['-Ft', '-z', '-X', 'stream']],
  ['the archives of the original', () => ['-Ft', '-X', 'fetch', '--tar-format=opengauss']],
])('%s of the stand-in: gives back what the server had', async (_, args) => {
  data = makeDataDirectory(workspace.at('data'));
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces });
  const taken = await runBackup(server, ['-D', backup, '-c', 'fast', '--no-sync', ...args()]);
  expect(taken.status, taken.stderr).toBe(0);
  await imported(backup);
  await restored();
  const [source, copy] = [await readTree(data.path), await readTree(target)];
  expect(picked(copy, isKept)).toEqual(picked(source, isKept));
  const moved = await readTree(join(spaces(), '16422'));
  expect(picked(moved)).toEqual(picked(await readTree(data.tablespaces[1]!.path), (path) => moved.has(path)));
  expect(moved.has('PG_9.2_201611171_n1/16412/16424')).toBe(true);
  expect(readlinkSync(join(target, 'pg_tblspc/16421'))).toBe(join(target, 'pg_location/x/y'));
});

describeShared('the backup that the native client wrote', () => {
  it.each(['tars', 'tars in gzip'])('%s: imported and restored, it is what gs_tar unpacks', async (form) => {
    writeNativeSet(backup);
    if (form === 'tars in gzip') execFileSync('gzip', ['-1', '16421.tar', '16422.tar', 'base.tar'], { cwd: backup });
    const { stdout } = await imported(backup);
    // No tool of openGauss makes a manifest.
    expect(stdout).toContain('its files were compared with nothing');
    await restored();
    const native = (name: string): ReturnType<typeof readManifest> =>
      readManifest(join(fixtureRoot, 'native-untar', name));
    const isChanged = (path: string): boolean =>
      own.test(path) || /^(?:pg_location(?:\/.*)?|pg_clog|pg_csnlog)$/.test(path);
    const copy = await readTree(target);
    expect(picked(copy, (path) => !isChanged(path))).toEqual(
      picked(native('manifest-base.tsv'), (path) => !isChanged(path)),
    );
    const withoutStray = (path: string): boolean => path !== 'global';
    expect(picked(await readTree(join(spaces(), '16422')))).toEqual(picked(native('manifest-16422.tsv'), withoutStray));
    expect(picked(await readTree(join(target, 'pg_location/x/y')))).toEqual(
      picked(native('manifest-16421.tsv'), withoutStray),
    );
  });
});
