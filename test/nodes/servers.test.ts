/** The built programs on newer releases of Node, with a real server: backups, restores, the archive. */
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTarget, segmentsIn } from '../support/backups.ts';
import { newerNodes, programsAlone, ProgramsOnNode } from '../support/newer-nodes.ts';
import { differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer } from '../support/postgres/server.ts';
import { stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';

const secret = 'S3cret µ';
const certificates = join(projectRoot, 'test/fixtures/tls/verify');
const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const done = { status: 0, signal: null, stdout: '', stderr: '' };
const durable = 'gausskeep restore: making everything durable\n';
/** What ends a wait for what never comes: a loaded machine takes its time. */
const patience = { timeoutMs: 240_000 };

let server: PostgresServer;
let expected: Content;

beforeAll(async () => {
  const tls = serverDirectory('tls');
  for (const name of ['good.crt', 'good.key']) {
    copyFileSync(join(certificates, name), join(tls, name));
    chmodSync(join(tls, name), 0o600);
  }
  giveToServerUser(tls);
  server = await startServer({
    version: 17,
    passwordEncryption: 'scram-sha-256',
    config: {
      archive_mode: true,
      ssl: true,
      ssl_cert_file: join(tls, 'good.crt'),
      ssl_key_file: join(tls, 'good.key'),
    },
    hba: [
      'host replication postgres 127.0.0.1/32 trust',
      'hostssl replication app 127.0.0.1/32 scram-sha-256',
      'host all all 127.0.0.1/32 trust',
    ],
  });
  const client = await server.client();
  await loadData(client, { rows: 2000 });
  await server.createReplicationUser('app', secret);
  expected = await snapshotData(client);
});
afterAll(stopAllServers);

/** Backs up by TLS and a password, as `app`. */
function backUp(programs: ProgramsOnNode, args: readonly string[]): Promise<ProgramResult> {
  const words = `host=localhost hostaddr=127.0.0.1 port=${server.port} user=app sslmode=verify-full sslrootcert=${certificates}/ca.crt`;
  return programs.run('gs_basebackup', ['-w', '-d', words, '-c', 'fast', ...args], { env: { PGPASSWORD: secret } });
}

/** Boots a directory and compares its rows. */
async function expectRows(data: string, wanted: Content): Promise<void> {
  const copy = await startFrom(data, { settings: { ssl: false, archive_mode: false } });
  await copy.waitFor('select not pg_is_in_recovery()');
  expect(differences(wanted, await snapshotData(await copy.client()))).toEqual([]);
  await copy.stop('immediate');
}

describe.each(newerNodes())('$name', (node) => {
  /** Each ran on this release, and nothing did on another. */
  function expectRan(programs: ProgramsOnNode, ...wanted: readonly string[]): void {
    const ran = programs.ran();
    expect(ran).toEqual(expect.arrayContaining(wanted.map((what) => `${node.version} ${what}`)));
    expect(ran.filter((line) => !line.startsWith(`${node.version} `))).toEqual([]);
  }

  it('a plain backup over TLS, by a password, is verified and boots with the rows of its source', async () => {
    const programs = new ProgramsOnNode(node);
    const target = newTarget();
    expect(await backUp(programs, ['-D', target])).toEqual(done);
    expectRan(programs, 'program gs_basebackup.js', 'thread');
    const verified = await programs.run('gausskeep', ['verify', '--json', target]);
    expect(verified, verified.stdout).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(verified.stdout)).toMatchObject({ verdict: 'verified' });
    expectRan(programs, 'program gausskeep.cjs', 'thread');
    await expectRows(target, expected);
  });

  it.each([
    ['gzip', '.gz'],
    ['lz4', '.lz4'],
    ['zstd', '.zst'],
  ])('so does a restored tar backup, %s', async (method, ending) => {
    const programs = new ProgramsOnNode(node);
    const target = newTarget();
    expect(await backUp(programs, ['-D', target, '-Ft', '-Z', method])).toEqual(done);
    expect(existsSync(join(target, `base.tar${ending}`))).toBe(true);
    expectRan(programs, 'program gs_basebackup.js');
    expect(await programs.run('gausskeep', ['verify', target])).toMatchObject({ status: 0, stderr: '' });
    const data = join(serverDirectory('restored'), 'data');
    const restored = await programs.run('gausskeep', ['restore', '--from', target, '-D', data, ...owner]);
    expect(restored).toMatchObject({ status: 0, stderr: durable });
    expectRan(programs, 'program gausskeep.cjs');
    await expectRows(data, expected);
  });

  it('zstd is the one that Node has: no package is needed', async () => {
    const programs = new ProgramsOnNode(node, programsAlone());
    const target = newTarget();
    expect(await backUp(programs, ['-D', target, '-Ft', '-Z', 'zstd'])).toEqual(done);
    expect(await programs.run('gausskeep', ['verify', target])).toMatchObject({ status: 0, stderr: '' });
    expectRan(programs, 'program gs_basebackup.js', 'program gausskeep.cjs');
    const lz4 = await backUp(programs, ['-D', newTarget(), '-Ft', '-Z', 'lz4']);
    expect(lz4).toMatchObject({ status: 1, stdout: '' });
    expect(lz4.stderr).toContain('lz4-napi');
  });

  it('a server archives with wal push, and a copy recovers with wal get to the last row', async () => {
    const programs = new ProgramsOnNode(node);
    const archive = serverDirectory('archive');
    const inArchive = ['--archive', archive];
    // The second one finds a server that has archived before: said by hand.
    const init = await programs.run('gausskeep', ['wal', 'init', server.dataDirectory, ...inArchive]);
    expect(init.status, init.stderr).toBe(0);
    await setArchiveCommand(programs.commandLine('gausskeep', `wal push %p --archive ${archive} -Z zstd`));
    const target = newTarget();
    expect(await backUp(programs, ['-D', target])).toEqual(done);
    const table = `kept_${node.name.replace('-', '_')}`;
    await server.sql(`create table ${table} as select generate_series(1, 1000) as id`);
    const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
    await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`, patience);
    expectRan(programs, 'program gausskeep.cjs');
    await setArchiveCommand('/bin/true');
    const wanted = await snapshotData(await server.client());

    const got = join(temporaryDirectory(), segment);
    expect(await programs.run('gausskeep', ['wal', 'get', segment, got, ...inArchive])).toEqual(done);
    expect(readFileSync(got).equals(readFileSync(join(server.dataDirectory, 'pg_wal', segment)))).toBe(true);
    const later = `${segment.slice(0, 16)}000000FE`;
    expect(await programs.run('gausskeep', ['wal', 'get', later, got, ...inArchive])).toMatchObject({ status: 1 });

    const data = join(serverDirectory('recovered'), 'data');
    const words = ['restore', '--from', target, '-D', data, ...inArchive, '--target-action=promote'];
    const restored = await programs.run('gausskeep', [...words, '--wal-supply=restore-command', ...owner]);
    expect(restored).toMatchObject({ status: 0, stderr: durable });
    expectRan(programs, 'program gausskeep.cjs');
    await expectRows(data, wanted);
    await server.sql(`drop table ${table}`);
  });

  /** Makes it effective for the archiver, which reads it before the next segment. */
  async function setArchiveCommand(command: string): Promise<void> {
    await server.sql(`alter system set archive_command = '${command.replaceAll("'", "''")}'`);
    const before = await server.value('select pg_conf_load_time()::text');
    await server.sql('select pg_reload_conf()');
    await server.waitFor(`select pg_conf_load_time() > '${before}'`);
  }

  it('wal receive streams what the server has, and a signal ends it in order', async () => {
    const programs = new ProgramsOnNode(node);
    const directory = temporaryDirectory('received');
    const words = ['wal', 'receive', '-D', directory, '-S', 'smoke', '--if-not-exists', '-s', '1', '-v'];
    const receiver = programs.start('gausskeep', words, { env: server.environment() });
    receiver.stdin.end();
    await server.waitFor("select count(*) = 1 from pg_stat_replication where state = 'streaming'", patience);
    const position = await server.value('select pg_current_wal_lsn()');
    const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
    await server.waitFor(`select flush_lsn > '${position}' from pg_stat_replication`, patience);
    receiver.kill('SIGTERM');
    const { status, stderr } = await receiver.result;
    expect(status, stderr).toBe(0);
    expect(stderr).not.toMatch(/deprecat|experimental|warning/i);
    expectRan(programs, 'program gausskeep.cjs');
    expect(segmentsIn(directory)).toContain(segment);
    const received = readFileSync(join(directory, segment));
    expect(received.equals(readFileSync(join(server.dataDirectory, 'pg_wal', segment)))).toBe(true);
    await server.waitFor("select not active from pg_replication_slots where slot_name = 'smoke'");
    await server.sql("select pg_drop_replication_slot('smoke')");
  });

  it('the library backs up on a thread of its own', async () => {
    const programs = new ProgramsOnNode(node);
    const backup = newTarget();
    const text = `import { reportError, takeBackup, verifyBackup } from ${JSON.stringify(join(projectRoot, 'dist/index.js'))};
      const source = ${JSON.stringify({ host: server.host, port: server.port, user: 'postgres' })};
      const output = { kind: 'plain', directory: ${JSON.stringify(backup)} };
      await takeBackup({ source, output, checkpoint: 'fast', ownThread: true });
      console.log(process.version, reportError(await verifyBackup({ path: ${JSON.stringify(backup)} }))?.message ?? 'sound');`;
    const result = await programs.node(['--input-type=module', '-e', text]);
    expect(result).toMatchObject({ status: 0, stderr: '', stdout: `${node.version} sound\n` });
    expectRan(programs, 'program -', 'thread');
  });
});
