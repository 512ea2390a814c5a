/** `gausskeep backup --repo` of an openGauss server (the stand-in), and what a restore out of the repository gives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { runBackup, Workspace } from '../support/opengauss/backup-run.ts';
import { makeDataDirectory, unsentPaths, type TestDataDirectory } from '../support/opengauss/data-directory.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { picked, readTree } from '../support/opengauss/tree.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

let workspace: Workspace;
let data: TestDataDirectory;
let server: OpengaussServer | undefined;
let repository: string;

beforeEach(async () => {
  workspace = new Workspace();
  repository = workspace.at('repo');
  data = makeDataDirectory(workspace.at('data'));
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces });
  const made = await runProgram('gausskeep', ['repo', 'init', repository]);
  expect(made.status, made.stderr).toBe(0);
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  workspace.remove();
});

/** Objects of holds. */
const holds = (): string[] =>
  pathsBelow(join(repository, 'instances/gauss/holds')).filter((path) => path.endsWith('.json'));

const named = (): string[] => ['--repo', repository, '--instance', 'gauss'];

async function backUp(): Promise<ProgramResult> {
  const { host, sqlPort } = server!;
  return runProgram(
    'gausskeep',
    ['backup', ...named(), '-c', 'fast', '-h', host, '-p', String(sqlPort), '-U', 'backup', '-w'],
    {
      env: { PGPASSWORD: 'Backup@1234' },
    },
  );
}

/** What differs in every copy: WAL, what a recovery is told, what a restore makes or leaves out. */
const own =
  /^(?:pg_xlog|pg_replslot|pg_tblspc|pg_errorinfo|pg_llog|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_twophase|pg_log)(?:\/|$)|^(?:\.gausskeep\.\w+|gausskeep\..*|backup_label|recovery\.conf|postgresql\.conf|global\/pg_dw\.build|global\/pg_control\.backup|pg_location\/x\/y\/PG_9\.2_201611171_other)$/;
const isKept = (path: string): boolean =>
  !own.test(path) &&
  ![...unsentPaths, 'base/16412/pgsql_tmp'].some((name) => path === name || path.startsWith(`${name}/`));

it('stores each file, the second time what changed, and gives back what the server had', async () => {
  for (const stored of [await backUp(), await backUp()]) expect(stored.status, stored.stderr).toBe(0);
  const listed = await runProgram('gausskeep', ['list', ...named(), '--json']);
  const backups = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; product: string; newBytes: number });
  expect(backups.map(({ product }) => product)).toEqual([expect.stringMatching(/^openGauss/), expect.anything()]);
  expect(backups[1]!.newBytes).toBeLessThan(backups[0]!.newBytes / 10);
  for (const [depth, words] of [
    ['quick', []],
    ['data', ['--read-data']],
  ] as const) {
    const verified = await runProgram('gausskeep', ['verify', ...named(), ...words, '--json']);
    expect(verified.status, verified.stdout + verified.stderr).toBe(0);
    const verdicts = verified.stdout.split('\n').filter((line) => line.includes('"verdict"'));
    expect(verdicts.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      backups.map(({ id }) => ({
        id,
        state: depth === 'data' ? 'sound' : 'present',
        depth,
        wal: { segments: 1, depth },
      })),
    );
  }
  const [target, spaces] = [workspace.at('restored'), workspace.at('spaces')];
  const words = ['restore', ...named(), '--pgdata', target, '--tablespace-map-all', spaces, '--no-sync'];
  const before = holds();
  const restored = await runProgram('gausskeep', [...words, '--backup', backups[0]!.id, '--target-immediate']);
  // Made by root it says so, with status 3.
  expect([0, 3], restored.stderr).toContain(restored.status);
  // All WAL was copied: nothing more is read, and nothing keeps retention from it.
  expect(existsSync(join(target, 'gausskeep.restore_command'))).toBe(false);
  expect(holds()).toEqual(before);
  const [source, copy] = [await readTree(data.path), await readTree(target)];
  expect(picked(copy, isKept)).toEqual(picked(source, isKept));
  const moved = await readTree(join(spaces, '16422'));
  expect(picked(moved)).toEqual(picked(await readTree(data.tablespaces[1]!.path), (path) => moved.has(path)));
  expect(moved.has('PG_9.2_201611171_n1/16412/16424')).toBe(true);
});

it('is exported as gs_basebackup writes it, tablespaces of both kinds included', async () => {
  const stored = await backUp();
  expect(stored.status, stored.stderr).toBe(0);
  const [relative, absolute] = data.tablespaces;
  const [exported, space] = [workspace.at('exported'), workspace.at('exported-space')];
  const told = await runProgram('gausskeep', [
    'export',
    ...named(),
    'latest',
    '--to',
    exported,
    '-T',
    `16422=${space}`,
  ]);
  expect(told.status, told.stderr).toBe(0);
  expect(told.stdout).toContain(`tablespace 16422: "${space}"`);
  const [plain, plainSpace] = [workspace.at('plain'), workspace.at('plain-space')];
  const taken = await runBackup(server!, ['-D', plain, '-T', `${absolute!.path}=${plainSpace}`, '--no-sync']);
  expect(taken.status, taken.stderr).toBe(0);

  // Links lead into each directory; a backup that moved a tablespace notes where it was.
  const others = /^(?:pg_tblspc\/\d+|pg_xlog\/.*|backup_label|backup_manifest|gausskeep\.json)$/;
  const files = async (root: string) => picked(await readTree(root), (path) => !others.test(path));
  expect(await files(exported)).toEqual(await files(plain));
  expect(await files(space)).toEqual(await files(plainSpace));
  const links = picked(await readTree(exported), (path) => /^pg_tblspc\/\d+$/.test(path));
  expect(Object.fromEntries(Object.entries(links).map(([path, { link }]) => [path, link]))).toEqual({
    'pg_tblspc/16421': join(exported, relative!.relative!),
    'pg_tblspc/16422': space,
  });
  const checked = await runProgram('gausskeep', ['verify', exported]);
  // The stand-in has made-up pages, and no directories that hold nothing.
  const faults = checked.stderr.split('\n').filter((line) => line !== '' && !/ warning: |, block \d+: /.test(line));
  expect(faults).toEqual([]);
});
