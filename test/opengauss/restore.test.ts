/** `gausskeep restore` of openGauss backups: of the stand-in by our client, and of the recorded ones as the native client wrote them. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mapping, runBackup, Workspace } from '../support/opengauss/backup-run.ts';
import { makeDataDirectory, unsentPaths, type TestDataDirectory } from '../support/opengauss/data-directory.ts';
import { writeNativeSet } from '../support/opengauss/native-set.ts';
import { describeShared, fixtureRoot, readManifest } from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { picked, readTree, zeros } from '../support/opengauss/tree.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

let workspace: Workspace;
let data: TestDataDirectory;
let server: OpengaussServer | undefined;
let backup: string;
let target: string;

beforeEach(() => {
  workspace = new Workspace();
  backup = workspace.at('backup');
  target = workspace.at('restored');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  workspace.remove();
});

const restore = (...args: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', ['restore', '--from', backup, '--pgdata', target, '--no-sync', ...args]);

/** Runs as root in some places, where it says that a server cannot run as root. */
function expectDone(result: ProgramResult): void {
  expect([0, 3], result.stderr).toContain(result.status);
  expect(result.stderr).not.toContain('error');
  if (result.status === 3) expect(result.stderr).toContain('belong to root');
}

const setting = `archive_mode = on
archive_dest = '/the/archive/of/the/source'	# do not write there
archive_command = 'cp %p /elsewhere/%f'
replconninfo1 = 'localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=5433'
`;

async function takeBackup(args: readonly string[]): Promise<void> {
  data = makeDataDirectory(workspace.at('data'));
  appendFileSync(join(data.path, 'postgresql.conf'), setting);
  mkdirSync(join(data.path, 'pg_replslot/logical_slot'));
  writeFileSync(join(data.path, 'pg_replslot/logical_slot/state'), 'x');
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces });
  const result = await runBackup(server, ['-D', backup, '-c', 'fast', '--no-sync', ...args]);
  expect(result.status, result.stderr).toBe(0);
}

/** What a restored copy has of its own, or must not have. */
function isOwn(path: string): boolean {
  return (
    /^(?:pg_xlog|pg_replslot|pg_tblspc)(?:\/|$)/.test(path) ||
    /^(?:\.gausskeep\.recovery|backup_label|postgresql\.conf|global\/pg_dw\.build|pg_location\/x\/y\/PG_9\.2_201611171_other)$/.test(
      path,
    )
  );
}

function stayedBehind(path: string): boolean {
  return [...unsentPaths, 'pg_log', 'base/16412/pgsql_tmp'].some(
    (name) => path === name || path.startsWith(`${name}/`),
  );
}

const space = (): string => workspace.at('moved-ts');

async function expectRestored(): Promise<void> {
  const [source, copy] = [await readTree(data.path), await readTree(target)];
  // A restore makes directories that a server needs; the little source has not all of them.
  const isMade = (path: string): boolean =>
    /^pg_(?:errorinfo|llog|notify|serial|snapshots|stat_tmp|twophase)/.test(path);
  expect(picked(copy, (path) => !isOwn(path) && (source.has(path) || !isMade(path)))).toEqual(
    picked(source, (path) => !isOwn(path) && !stayedBehind(path)),
  );
  expect(readlinkSync(join(target, 'pg_tblspc/16421'))).toBe(join(target, 'pg_location/x/y'));
  expect(readlinkSync(join(target, 'pg_tblspc/16422'))).toBe(space());
  expect(existsSync(join(space(), 'PG_9.2_201611171_n1/16412/16424'))).toBe(true);
  expect(copy.get('global/pg_dw.build')).toEqual(zeros(8192));
  expect(copy.get('global/pg_control.backup')).toEqual(copy.get('global/pg_control'));
  expect(readdirSync(join(target, 'pg_replslot'))).toEqual([]);
  expect(existsSync(join(target, 'tablespace_map'))).toBe(false);
  expect(readdirSync(join(target, 'pg_xlog')).filter((name) => /^[0-9A-F]{24}$/.test(name)).length).toBeGreaterThan(0);
  expect(existsSync(join(target, 'pg_xlog/archive_status'))).toBe(true);
  const text = readFileSync(join(target, 'postgresql.conf'), 'utf8');
  expect(text).toMatch(/^archive_mode = 'off'$/m);
  expect(text).toContain("#archive_dest = '/the/archive/of/the/source'\t# do not write there");
  expect(text).toContain("#archive_command = 'cp %p /elsewhere/%f'");
}

describe('a backup of openGauss', () => {
  it.each([
    ['tar', ['-Ft', '-X', 'fetch']],
    ['tar.gz with streamed WAL', ['-Ft', '-z', '-X', 'stream']],
    ['the archives of the original', ['-Ft', '-X', 'fetch', '--tar-format=opengauss']],
  ])('is restored from %s', async (_, args) => {
    await takeBackup(args);
    const result = await restore('-T', `${data.tablespaces[1]!.path}=${space()}`);
    expectDone(result);
    await expectRestored();
    expect(result.stdout).toContain('Replication slots of the source, not restored: logical_slot');
    expect(result.stdout).toContain('connects with other servers: replconninfo1 = localhost=10.0.0.1');
    expect(result.stdout).toContain('archive_mode = on');
  });

  it('is restored from a plain directory', async () => {
    await takeBackup(['-X', 'stream', ...mapping(`${workspace.at('data')}.ts_abs`, workspace.at('in-backup'))]);
    expectDone(await restore('-T', `16422=${space()}`));
    await expectRestored();
  });

  it('--standalone disables the connections to other servers', async () => {
    await takeBackup(['-Ft', '-X', 'fetch']);
    const result = await restore('-T', `16422=${space()}`, '--standalone');
    expectDone(result);
    expect(readFileSync(join(target, 'postgresql.conf'), 'utf8')).toMatch(/^#replconninfo1 = /m);
    expect(result.stdout).not.toContain('connects with other servers');
  });

  it('--archive-mode=preserve keeps archiving, and the plan tells the danger', async () => {
    await takeBackup(['-Ft', '-X', 'fetch']);
    const plan = await restore('-T', `16422=${space()}`, '--archive-mode=preserve', '--plan');
    expect(plan.stdout).toContain('may write over the archive of its source');
    expect(plan.stdout).toContain('gs_ctl start -D');
    expectDone(await restore('-T', `16422=${space()}`, '--archive-mode=preserve'));
    expect(readFileSync(join(target, 'postgresql.conf'), 'utf8')).toContain(setting);
  });

  it('refuses another node name while there are tablespaces, and another port whose neighbour is taken', async () => {
    await takeBackup(['-Ft', '-X', 'fetch']);
    const named = await restore('-T', `16422=${space()}`, '--set', 'pgxc_node_name=other');
    expect(named.stderr).toContain('the tablespaces of the backup are those of node "n1"');
    expect(named.status).toBe(2);
    expectDone(await restore('-T', `16422=${space()}`, '--set', 'pgxc_node_name=n1', '--plan'));
    const beside = await restore('-T', `16422=${space()}`, '--port', String(server!.sqlPort - 1));
    expect(beside.stderr).toContain(`something listens on port`);
    expect(beside.status).toBe(2);
    expect(existsSync(target)).toBe(false);
  });

  it('--delta brings a changed directory back', async () => {
    await takeBackup(['-Ft', '-X', 'fetch']);
    expectDone(await restore('-T', `16422=${space()}`));
    const before = await readTree(target);
    appendFileSync(join(target, 'base/16412/16500'), 'more');
    appendFileSync(join(space(), 'PG_9.2_201611171_n1/16412/16424'), 'more');
    writeFileSync(join(target, 'pg_location/x/y/PG_9.2_201611171_n1/extra'), 'x');
    writeFileSync(join(space(), 'extra'), 'x');
    writeFileSync(join(target, 'gaussdb.state'), 'x');
    expectDone(await restore('--delta'));
    expect(await readTree(target)).toEqual(before);
    await expectRestored();
    expect(readdirSync(space())).not.toContain('extra');
  });
});

describeShared('the tar set of the native client', () => {
  it('is restored as gs_tar unpacks it, with links that lead to the copy', async () => {
    writeNativeSet(backup);
    const result = await restore('-T', `16422=${space()}`, '--archive-mode=preserve', '--json');
    expectDone(result);
    // No tool of openGauss makes a manifest: what was not checked is told, but is no warning.
    expect(JSON.parse(result.stdout)).toMatchObject({ verify: false, unchecked: [backup] });
    expect(result.stderr).not.toContain('were not checked');
    const native = (name: string): ReturnType<typeof readManifest> =>
      readManifest(join(fixtureRoot, 'native-untar', name));
    // .gausskeep.recovery: that archiving was to stay as it was, for `gausskeep recover`.
    const isChanged = (path: string): boolean =>
      /^(?:\.gausskeep\.recovery|tablespace_map|pg_location(?:\/.*)?|pg_tblspc\/\d+|pg_replslot\/.*|pg_xlog\/archive_status|global\/pg_control\.backup)$/.test(
        path,
      );
    const copy = await readTree(target);
    expect(picked(copy, (path) => !isChanged(path))).toEqual(
      picked(native('manifest-base.tsv'), (path) => !isChanged(path)),
    );
    const withoutStray = (path: string): boolean => path !== 'global';
    expect(picked(await readTree(space()), () => true)).toEqual(picked(native('manifest-16422.tsv'), withoutStray));
    expect(picked(await readTree(join(target, 'pg_location/x/y')), () => true)).toEqual(
      picked(native('manifest-16421.tsv'), withoutStray),
    );
    expect(readlinkSync(join(target, 'pg_tblspc/16421'))).toBe(join(target, 'pg_location/x/y'));
    expect(readlinkSync(join(target, 'pg_tblspc/16422'))).toBe(space());
  });
});
