/** Backups that fail or are ended: one clear message, status 1, nothing left here or on the server. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  exists,
  expectNothingOnServer,
  newTarget,
  quick,
  runBackup,
  segmentsIn,
  startBackup,
  takeBackup,
  through,
} from '../support/backups.ts';
import { startProxy, type NetworkProxy, type ProxyOptions } from '../support/network-proxy.ts';
import { startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import type { RunningProgram } from '../support/programs.ts';
import { programPath, startCommand, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** A rate at which a backup takes minutes, so that what the test does happens in its middle. */
const slowly = ['-v', '-r', '32k'] as const;
/** The last of what -v says before the archives come. */
const underWay = /created temporary replication slot/;

/** The lines that are errors; there must be exactly one. */
function errorLine(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.startsWith('gs_basebackup: error: '));
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

forEachServer('full', (version) => {
  let server: PostgresServer;
  let proxy: NetworkProxy | undefined;
  beforeAll(async () => {
    server = await startServer({ version });
    await server.sql("create table kept as select i, repeat('x', 500) as filler from generate_series(1, 5000) i");
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  async function proxied(options: ProxyOptions): Promise<ReturnType<typeof through>> {
    proxy = await startProxy(server, options);
    return through(proxy);
  }

  describe('a backup that is ended', () => {
    it.each(['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP'] as const)('by %s leaves nothing (BB-44)', async (signal) => {
      const parent = temporaryDirectory();
      const program = startBackup(server, ['-D', join(parent, 'new', 'backup'), ...slowly]);
      await program.output(underWay);
      program.kill(signal);
      const result = await program.result;
      expect(result).toMatchObject({ status: 1, signal: null, stdout: '' });
      expect(errorLine(result.stderr)).toContain(signal);
      expect(readdirSync(parent)).toEqual([]);
      await expectNothingOnServer(server);
    });

    it('in tar format, into an existing directory and with a slot of its own: the directory stays, empty', async () => {
      const target = temporaryDirectory();
      const program = startBackup(server, ['-D', target, '-Ft', '-z', '-S', 'mine', '-C', ...slowly]);
      await program.output(/created replication slot "mine"/);
      program.kill('SIGTERM');
      expect((await program.result).status).toBe(1);
      expect(readdirSync(target)).toEqual([]);
      await expectNothingOnServer(server);
    });

    it('while it waits for the checkpoint or the first answer', async () => {
      const target = newTarget();
      const source = await proxied({ fromServer: { kind: 'stall', afterBytes: 10 } });
      const program = startBackup(source, ['-D', target]);
      await proxy?.struck;
      program.kill('SIGINT');
      expect((await program.result).status).toBe(1);
      expect(exists(target)).toBe(false);
      await proxy?.close();
      await expectNothingOnServer(server);
    });

    it('with --no-clean leaves what came, which no server starts (BB-08)', async () => {
      const target = newTarget();
      const program = startBackup(server, ['-D', target, '--no-clean', ...slowly]);
      await program.output(underWay);
      program.kill('SIGTERM');
      const result = await program.result;
      expect(result.status).toBe(1);
      expect(result.stderr).toContain(`data directory "${target}" not removed at user's request`);
      expect(exists(target)).toBe(true);
      expect(exists(join(target, 'global', 'pg_control'))).toBe(false);
      await expectNothingOnServer(server);
    });
  });

  it('what becomes of the directory is said under the name of pg_basebackup as it does, behind the error', async () => {
    const there = temporaryDirectory();
    const target = newTarget();
    for (const [args, words] of [
      [['-D', target], `pg_basebackup: removing data directory "${target}"\n`],
      [['-D', there], `pg_basebackup: removing contents of data directory "${there}"\n`],
      [['-D', target, '-n'], `pg_basebackup: data directory "${target}" not removed at user's request\n`],
    ] as const) {
      const asIt = await runBackup(server, [...args, '-S', 'nowhere'], { calledAs: 'pg_basebackup' });
      expect(asIt.stderr).toMatch(/^pg_basebackup: error: .*replication slot "nowhere" does not exist\n/);
      expect(asIt.stderr.endsWith(words), asIt.stderr).toBe(true);
      expect(exists(target)).toBe(args.length === 3);
    }
    const ours = await runBackup(server, ['-D', newTarget(), '-S', 'nowhere']);
    expect(ours.stderr).not.toContain('removing');
  });

  describe('the WAL stream', () => {
    /** Ends the WAL sender of the stream, which is the one that streams and not the one that backs up. */
    async function killStream(): Promise<void> {
      const condition = "application_name = 'gs_basebackup' and state in ('streaming', 'catchup')";
      await server.waitFor(`select count(*) = 1 from pg_stat_replication where ${condition}`);
      await server.sql(`select pg_terminate_backend(pid) from pg_stat_replication where ${condition}`);
    }

    it.each([[['-Fp']], [['-Ft', '-z']]])('that is killed ends the backup, %j (BB-38)', async (format) => {
      const parent = temporaryDirectory();
      const program = startBackup(server, ['-D', join(parent, 'backup'), '-r', '32k', ...format]);
      await killStream();
      const result = await program.result;
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(errorLine(result.stderr)).toMatch(/could not stream write-ahead log.*terminating|terminating connection/);
      expect(result.stderr).toContain('detail: background process terminated unexpectedly');
      expect(readdirSync(parent)).toEqual([]);
      await expectNothingOnServer(server);
    });

    it('needs a second place, which the advice says (max_wal_senders)', async () => {
      const small = await startServer({ version, config: { max_wal_senders: 1 } });
      const target = newTarget();
      const result = await runBackup(small, ['-D', target]);
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toMatch(/max_wal_senders|number of requested standby connections/);
      expect(result.stderr).toMatch(/hint: .*-X fetch/);
      expect(exists(target)).toBe(false);
      await takeBackup(small, ['-X', 'fetch']);
      await small.stop('immediate');
    });

    it('uses an existing slot, and says when there is none', async () => {
      await server.sql("select pg_create_physical_replication_slot('kept')");
      const target = await takeBackup(server, ['-S', 'kept']);
      expect(segmentsIn(join(target, 'pg_wal')).length).toBeGreaterThan(0);
      const slots = 'select restart_lsn is not null from pg_replication_slots where slot_name =';
      expect(await server.value(`${slots} 'kept'`)).toBe('true');
      const again = await runBackup(server, ['-D', newTarget(), '-S', 'kept', '-C']);
      expect(again.status).toBe(1);
      expect(again.stderr).toContain('replication slot "kept" already exists');
      expect(await server.value(`${slots} 'kept'`)).toBe('true');
      await server.sql("select pg_drop_replication_slot('kept')");

      const missing = await runBackup(server, ['-D', newTarget(), '-S', 'missing']);
      expect(missing.status).toBe(1);
      expect(missing.stderr).toContain('replication slot "missing" does not exist');

      await takeBackup(server, ['-S', 'made', '-C']);
      expect(await server.value(`${slots} 'made'`)).toBe('true');
      await server.sql("select pg_drop_replication_slot('made')");
      await expectNothingOnServer(server);
    });
  });

  describe('a permanent slot that a failed backup created', () => {
    const mine = "select count(*) from pg_replication_slots where slot_name = 'mine'";
    const created = /created replication slot "mine"/;
    afterEach(async () => {
      await server.sql(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = 'mine'`);
    });
    const withSlot = (target: string): string[] => ['-D', target, '-S', 'mine', '-C', ...slowly];

    async function expectDropped(program: RunningProgram): Promise<void> {
      expect(await program.result).toMatchObject({ status: 1, stdout: '' });
      expect(await server.value(mine)).toBe('0');
      await expectNothingOnServer(server);
    }

    it('is dropped over a new connection when all connections break', async () => {
      const program = startBackup(await proxied({}), withSlot(newTarget()));
      await program.output(created);
      proxy?.cutNow();
      await expectDropped(program);
    });

    it('is dropped when publishing fails, long after the receiver has ended', async () => {
      const target = newTarget();
      const program = startBackup(server, ['-D', target, '-v', '-S', 'mine', '-C']);
      await program.output(created);
      mkdirSync(join(target, 'backup_manifest'));
      await expectDropped(program);
      const { stderr } = await program.result;
      expect(stderr).toContain('waiting for background process to finish streaming');
      expect(errorLine(stderr)).toContain('backup_manifest');
    });

    it('is dropped when the run is interrupted while it is being created', async () => {
      const source = await proxied({ fromClient: { kind: 'mute-after', text: 'CREATE_REPLICATION_SLOT' } });
      const program = startBackup(source, withSlot(newTarget()));
      await proxy?.struck;
      await server.waitFor(`select (${mine}) = 1`);
      program.kill('SIGTERM');
      await expectDropped(program);
    });

    it('is dropped when the connection breaks while it is being created', async () => {
      const source = await proxied({ fromClient: { kind: 'mute-after', text: 'CREATE_REPLICATION_SLOT' } });
      const program = startBackup(source, withSlot(newTarget()));
      await proxy?.struck;
      await server.waitFor(`select (${mine}) = 1`);
      proxy?.cutNow();
      await expectDropped(program);
    });

    it('is named by the last line where a second signal ends the run while it is being dropped', async () => {
      const program = startBackup(await proxied({}), ['-v', ...withSlot(newTarget())]);
      await program.output(created);
      // Nothing is to be had any more: dropping is tried again and again.
      await proxy?.close();
      await program.output(/dropping replication slot "mine"/);
      program.kill('SIGTERM');
      program.kill('SIGINT');
      const { signal, stderr } = await program.result;
      expect(['SIGINT', 'SIGTERM']).toContain(signal);
      const last = stderr.trimEnd().split('\n').at(-1) ?? '';
      expect(last).toContain('ended by a second signal: replication slot "mine" stays on the server');
      await server.waitFor("select not active from pg_replication_slots where slot_name = 'mine'");
      await server.sql(/to drop it: (.*;)$/.exec(last)?.[1] ?? '');
      expect(await server.value(mine)).toBe('0');
    });

    it('is named by the last line with the statement that drops it where no new connection is to be had', async () => {
      const program = startBackup(await proxied({}), withSlot(newTarget()));
      await program.output(created);
      await proxy?.close();
      const { status, stderr } = await program.result;
      expect(status).toBe(1);
      const last = stderr.trimEnd().split('\n').at(-1) ?? '';
      expect(last).toContain('replication slot "mine" stays on the server');
      const statement = /to drop it: (.*;)$/.exec(last)?.[1] ?? '';
      await server.waitFor("select not active from pg_replication_slots where slot_name = 'mine'");
      await server.sql(statement);
      await expectNothingOnServer(server);
    });

    it("is not touched when it is another's", async () => {
      await server.sql("select pg_create_physical_replication_slot('mine')");
      const result = await runBackup(server, ['-D', newTarget(), '-S', 'mine', '-C']);
      expect(result.status).toBe(1);
      expect(errorLine(result.stderr)).toContain('already exists');
      expect(result.stderr).toContain('leave out -C');
      expect(await server.value(mine)).toBe('1');
    });
  });

  it('a server without WAL senders is named as such, and the output removed (BB-07)', async () => {
    const closed = await startServer({ version, config: { max_wal_senders: 0, wal_level: 'minimal' } });
    const parent = temporaryDirectory();
    const result = await runBackup(closed, ['-D', join(parent, 'a', 'b')]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(errorLine(result.stderr)).toMatch(/max_wal_senders|number of requested standby connections/);
    expect(result.stderr).toMatch(/hint: .*(?:max_wal_senders|wal_level)/);
    expect(readdirSync(parent)).toEqual([]);
    const kept = join(parent, 'kept');
    mkdirSync(kept);
    expect((await runBackup(closed, ['-D', kept])).status).toBe(1);
    expect(readdirSync(kept)).toEqual([]);
    await closed.stop('immediate');
  });

  it('a server that dies during the backup', async () => {
    const doomed = await startServer({ version });
    const target = newTarget();
    const program = startBackup(doomed, ['-D', target, ...slowly]);
    await program.output(underWay);
    await doomed.kill();
    const result = await program.result;
    expect(result).toMatchObject({ status: 1, stdout: '' });
    errorLine(result.stderr);
    expect(result.stderr).not.toContain('defect');
    expect(exists(target)).toBe(false);
  });

  it('a server that is shut down during the backup says why', async () => {
    const doomed = await startServer({ version });
    const target = newTarget();
    const program = startBackup(doomed, ['-D', target, ...slowly]);
    await program.output(underWay);
    await doomed.stop('fast');
    const result = await program.result;
    expect(result).toMatchObject({ status: 1, stdout: '' });
    errorLine(result.stderr);
    expect(result.stderr).not.toContain('defect');
    expect(exists(target)).toBe(false);
  });

  it.each([0, 100, 5000, 300_000])('a connection that is cut after %i bytes', async (afterBytes) => {
    const target = newTarget();
    const source = await proxied({ fromServer: { kind: 'cut', afterBytes }, connections: [1] });
    const result = await runBackup(source, ['-D', target]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    errorLine(result.stderr);
    expect(result.stderr).not.toContain('defect');
    expect(exists(target)).toBe(false);
    await expectNothingOnServer(server);
  });

  it('two runs on one target: the second is refused and the first succeeds', async () => {
    const target = newTarget();
    const source = await proxied({ fromServer: { kind: 'hold', afterBytes: 200_000 }, connections: [1] });
    const first: RunningProgram = startBackup(source, ['-D', target]);
    await proxy?.struck;
    const second = await runBackup(server, ['-D', target]);
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(errorLine(second.stderr)).toContain(target);
    proxy?.release();
    expect(await first.result).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const restored = await startFrom(target);
    expect(await restored.value('select count(*) from kept')).toBe('5000');
    await restored.stop('immediate');
  });

  it('a target that cannot be made', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, 'content');
    const result = await runBackup(server, ['-D', join(file, 'below')]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(errorLine(result.stderr)).toContain(file);
    expect(result.stderr).not.toContain('defect');
    expect(readFileSync(file, 'utf8')).toBe('content');
    await expectNothingOnServer(server);
  });

  it.each([
    ['plain', [], /base\/\d+\/\d+/],
    ['tar', ['-Ft'], /base\.tar/],
  ] as const)(
    'a disk that takes no more in the middle (%s): which file, and nothing is left',
    async (_, form, file) => {
      const target = newTarget();
      // No file grows above 1 MiB; the thread that writes is the first to see it.
      const words = [process.execPath, programPath('gs_basebackup'), ...quick, '-X', 'none', '-D', target, ...form];
      const command = ['-c', 'ulimit -f 2048; exec "$@"', 'sh', ...words];
      const { status, stdout, stderr } = await startCommand('sh', command, { env: server.environment() }).result;
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(errorLine(stderr)).toMatch(file);
      expect(errorLine(stderr)).toMatch(/could not write .*\(EFBIG\)/);
      expect(exists(target)).toBe(false);
      await expectNothingOnServer(server);
    },
  );

  describe('damaged pages', () => {
    /** Makes a table of a few pages, on disk, and damages the pages behind their headers. */
    async function damaged(name: string, pages: readonly number[]): Promise<string> {
      // Autovacuum would write whole pages again.
      await server.sql(
        `create table ${name} with (autovacuum_enabled = off) as select i, repeat('y', 900) as filler from generate_series(1, 120) i`,
      );
      await server.sql('checkpoint');
      const path = await server.value(`select pg_relation_filepath('${name}')`);
      const file = openSync(join(server.dataDirectory, path), 'r+');
      for (const page of pages) writeSync(file, Buffer.alloc(16, 0xaa), 0, 16, page * 8192 + 4000);
      closeSync(file);
      return path;
    }

    it('are told with their file, the backup is kept, the status is 1 (BB-35)', async () => {
      const one = await damaged('one_page', [0]);
      const target = newTarget();
      const first = await runBackup(server, ['-D', target]);
      expect(first).toMatchObject({ status: 1, stdout: '' });
      expect(first.stderr).toMatch(
        new RegExp(`^WARNING:  checksum verification failed in file "\\./${one}", block 0: `, 'm'),
      );
      expect(errorLine(first.stderr)).toBe('gs_basebackup: error: checksum error occurred');
      expect(readFileSync(join(target, one)).equals(readFileSync(join(server.dataDirectory, one)))).toBe(true);
      expect(exists(join(target, 'global', 'pg_control'))).toBe(true);

      const many = await damaged('many_pages', [0, 1, 2, 3, 4, 5, 6]);
      const tar = newTarget();
      const second = await runBackup(server, ['-D', tar, '-Ft']);
      expect(second).toMatchObject({ status: 1, stdout: '' });
      expect(second.stderr).toMatch(
        new RegExp(`further checksum verification failures in file "\\./${many}" will not be reported`),
      );
      expect(second.stderr).toMatch(/^WARNING:  8 total checksum verification failures/m);
      expect(readdirSync(tar).sort()).toEqual(['backup_manifest', 'base.tar', 'pg_wal.tar']);

      const restored = await startFrom(target);
      expect(await restored.value('select count(*) from kept')).toBe('5000');
      await restored.stop('immediate');
      await server.sql('drop table one_page, many_pages');
      await takeBackup(server, ['-X', 'none']);
    });
  });
});
