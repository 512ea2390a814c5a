/** The drop-in names, along the list of the original's own test (020_pg_receivewal.pl). */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readStatusFile } from '../../src/index.ts';
import { startStandby } from '../support/postgres/standby.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, startProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const tryHelp = 'pg_receivewal: hint: Try "pg_receivewal --help" for more information.\n';

forEachServer('newest', (version) => {
  let server: PostgresServer;
  let rows = 0;
  beforeAll(async () => {
    server = await startServer({ version });
    await server.sql('create table test_table (x integer primary key)');
  });

  const receivewal = (args: readonly string[], calledAs = 'pg_receivewal', from = server): Promise<ProgramResult> =>
    runProgram('gausskeep', args, { env: from.environment(), calledAs });
  const partials = (directory: string): string[] => readdirSync(directory).filter((name) => name.endsWith('.partial'));

  /** Ends a segment, then writes behind the position that it returns. */
  async function nextPosition(from = server): Promise<string> {
    await from.sql('select pg_switch_wal()');
    const position = await from.value('select pg_current_wal_insert_lsn()::text');
    rows += 1;
    await from.sql(`insert into test_table values (${rows})`);
    return position;
  }

  describe('refuses wrong options (RW-01, RW-02)', () => {
    const compression =
      'invalid compression specification: compression algorithm "none" does not accept a compression level';
    it.each([
      [[], `no target directory specified\n${tryHelp}`],
      [['-D', '.', '--create-slot', '--drop-slot'], `cannot use --create-slot together with --drop-slot\n${tryHelp}`],
      [['-D', '.', '--create-slot'], `--create-slot needs a slot to be specified using --slot\n${tryHelp}`],
      [['-D', '.', '--synchronous', '--no-sync'], `cannot use --synchronous together with --no-sync\n${tryHelp}`],
      [['-D', '.', '--compress', 'none:1'], `${compression}\n`],
      [['-D', '/nowhere/wal'], 'could not open directory "/nowhere/wal": No such file or directory\n'],
      [['-D', '.', '--not-a-valid-option'], `unrecognized option "--not-a-valid-option"\n${tryHelp}`],
      [['-D', '.', '-d', 'password=secret bad'], 'missing "=" in connection info string\n'],
    ])('%j', async (args, text) => {
      const result = await receivewal(args);
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain(`pg_receivewal: error: ${text}`);
      expect(result.stderr).not.toContain('secret');
    });
  });

  it('explains itself under both names', async () => {
    for (const name of ['pg_receivewal', 'pg_receivexlog']) {
      const help = await receivewal(['--help'], name);
      expect(help).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout).toContain(`\n  ${name} [OPTION]...\n`);
      expect(help.stdout).not.toContain('--archive');
      expect(await receivewal(['-V'], name)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(`^${name} \\(gausskeep\\) `) as string,
      });
    }
  });

  it('creates and drops a slot (RW-03)', async () => {
    const slots =
      "select slot_name || ' ' || slot_type || ' ' || coalesce(restart_lsn::text, 'null') from pg_replication_slots";
    expect(await receivewal(['--slot', 'test', '--create-slot'])).toMatchObject({ status: 0, stderr: '', stdout: '' });
    expect(await server.value(slots)).toBe('test physical null');
    const again = await receivewal(['--slot', 'test', '--create-slot']);
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/^pg_receivewal: error: .*replication slot "test" already exists/);
    const quiet = await receivewal(['--slot=test', '--create-slot', '--if-not-exists', '-v']);
    expect(quiet).toMatchObject({ status: 0 });
    expect(quiet.stderr).toContain('pg_receivewal: creating replication slot "test"\n');
    expect(await receivewal(['--slot', 'test', '--drop-slot'])).toMatchObject({ status: 0, stderr: '' });
    expect(await server.sql('select 1 from pg_replication_slots')).toEqual([]);
    const missing = await receivewal(['--slot', 'test', '--drop-slot']);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('replication slot "test" does not exist');
  });

  it('streams to a position, plain and compressed in turn (RW-04, RW-05, RW-06, RW-07, RW-08)', async () => {
    const directory = temporaryDirectory('stream');
    const first = await receivewal([
      '-D',
      directory,
      '--verbose',
      '--endpos',
      await nextPosition(),
      '--synchronous',
      '--no-loop',
    ]);
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toMatch(/^pg_receivewal: starting log streaming at [0-9A-F]+\/[0-9A-F]+ \(timeline 1\)$/m);
    expect(first.stderr).toMatch(/^pg_receivewal: stopped log streaming at [0-9A-F]+\/[0-9A-F]+ \(timeline 1\)$/m);
    let [partial = '', ...more] = partials(directory);
    expect(more).toEqual([]);
    const methods: readonly (readonly [string, string])[] = [
      ['gzip:1', '.gz'],
      ['lz4', '.lz4'],
      ['zstd', '.zst'],
      ['none', ''],
    ];
    for (const [method, suffix] of methods) {
      const args = ['-D', directory, '-v', '--endpos', await nextPosition(), '--compress', method, '--no-loop'];
      const result = await receivewal(args);
      expect(result, method).toMatchObject({ status: 0 });
      expect(result.stderr).toMatch(/^pg_receivewal: finished segment at [0-9A-F]+\/[0-9A-F]+ \(timeline 1\)$/m);
      const segment = partial.slice(0, 24);
      expect(readdirSync(directory)).toContain(`${segment}${suffix}`);
      const own = readFileSync(join(server.dataDirectory, 'pg_wal', segment));
      const received = readFileSync(join(directory, `${segment}${suffix}`));
      if (method === 'none') expect(received.equals(own)).toBe(true);
      if (method === 'gzip:1') expect(gunzipSync(received).equals(own)).toBe(true);
      [partial = '', ...more] = partials(directory);
      expect(more).toEqual([]);
      expect(partial).toMatch(new RegExp(`^[0-9A-F]{24}${suffix.replace('.', '\\.')}\\.partial$`));
    }
    for (const name of readdirSync(directory)) {
      expect(statSync(join(directory, name)).mode & 0o777, name).toBe(0o600);
    }
  });

  it('begins at the restart_lsn of a slot, and refuses one that is not there (RW-09, RW-10)', async () => {
    const directory = temporaryDirectory('slot');
    await server.sql('checkpoint');
    await server.sql("select pg_create_physical_replication_slot('archive_slot', true)");
    const kept = await server.value(
      "select pg_walfile_name(restart_lsn) from pg_replication_slots where slot_name = 'archive_slot'",
    );
    const args = ['-D', directory, '-n', '--no-sync', '--verbose', '--endpos', await nextPosition()];
    const missing = await receivewal([...args, '--slot', 'nonexistentslot']);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/^pg_receivewal: error: replication slot "nonexistentslot" does not exist$/m);
    expect(readdirSync(directory).filter((name) => !name.startsWith('.'))).toEqual([]);
    const result = await receivewal([...args, '--slot', 'archive_slot']);
    expect(result).toMatchObject({ status: 0 });
    if (version >= 15) expect(existsSync(join(directory, kept))).toBe(true);
    await server.sql("select pg_drop_replication_slot('archive_slot')");
  });

  it('ends in order by the first signal, with a status file that says so', async () => {
    const directory = temporaryDirectory('signal');
    const statusFile = join(temporaryDirectory('status'), 'receiver.json');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const words = ['-D', directory, '-v', '--synchronous', '--status-file', statusFile];
      const program = startProgram('gausskeep', words, { env: server.environment(), calledAs: 'pg_receivewal' });
      await program.output(/starting log streaming/);
      rows += 1;
      await server.sql(`insert into test_table values (${rows})`);
      const written = await server.value('select pg_current_wal_flush_lsn()::text');
      const flushed = `select flush_lsn >= '${written}' from pg_stat_replication where application_name = 'pg_receivewal'`;
      await server.waitFor(flushed);
      // Twice, as timeout(1) does: to the program, and to its whole group.
      program.kill(signal);
      program.kill(signal);
      const { status, stderr } = await program.result;
      expect(status).toBe(0);
      expect(stderr).toContain('pg_receivewal: received interrupt signal, exiting\n');
      expect(readStatusFile(statusFile)).toMatchObject({ state: 'ended', outcome: 'stopped', problem: null });
    }
  });

  it('a second signal ends it at once, and says what may not be durable', async () => {
    const statusFile = join(temporaryDirectory('status'), 'receiver.json');
    const words = ['-D', temporaryDirectory('twice'), '-v', '--status-file', statusFile];
    const program = startProgram('gausskeep', words, { env: server.environment(), calledAs: 'pg_receivewal' });
    await program.output(/starting log streaming/);
    // Both are there when it goes on: no end in order comes between.
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) program.kill(signal);
    const { signal, stderr } = await program.result;
    expect(['SIGINT', 'SIGTERM']).toContain(signal);
    expect(stderr).toMatch(/^pg_receivewal: warning: ended by a second signal: what was received .* not be/m);
    const { pid, host } = readStatusFile(statusFile);
    const gone = await runProgram('gausskeep', ['wal', 'status', statusFile]);
    expect(gone).toMatchObject({ status: 3, stderr: '' });
    expect(gone.stdout).toContain(`: is not running: there is no process ${pid} on ${host}, which wrote this at `);
  });

  it('says what never began, and what is no place', async () => {
    const env = server.environment();
    const ours = (...words: string[]) => runProgram('gausskeep', ['wal', ...words], { env });
    expect(await ours('receive', '-D', '/nowhere/wal')).toMatchObject({
      status: 10,
      stderr: expect.stringContaining('hint: Make the directory') as string,
    });
    expect(await ours('status', '')).toMatchObject({ status: 2, stdout: '' });

    const patient = ['wal', 'receive', '-D', temporaryDirectory('patient'), '-p', '1'];
    const program = startProgram('gausskeep', patient, { env });
    await program.output(/^gausskeep wal receive: could not connect; waiting [\d.]+ seconds? to try again$/m);
    program.kill('SIGTERM');
    const { status, stderr } = await program.result;
    expect(status).toBe(0);
    expect(stderr).not.toContain('disconnected');

    const statusFile = join(temporaryDirectory('status'), 'receiver.json');
    const before = ['-D', temporaryDirectory('before'), '-v', '--endpos', '0/10', '--status-file', statusFile];
    const ended = await receivewal(before);
    expect(ended.status).toBe(0);
    const [, begin] = /starting log streaming at (\S+) \(timeline 1\)/.exec(ended.stderr) ?? [];
    expect(ended.stderr).toContain(`pg_receivewal: stopped log streaming at ${begin} (timeline 1)\n`);
    const shown = await ours('status', statusFile);
    expect(shown.stdout).toContain(
      ': ended: nothing was received, the WAL begins behind the position that was asked for\n',
    );
  });

  it('a gap ends it with 15, under the names of the originals with 1; --on-gap=continue says so and goes on', async () => {
    const directory = temporaryDirectory('gap');
    const statusFile = join(temporaryDirectory('status'), 'receiver.json');
    expect(await receivewal(['-D', directory, '--endpos', await nextPosition()])).toMatchObject({ status: 0 });
    const removed = (partials(directory)[0] ?? '').slice(0, 24);
    let end = '';
    await vi.waitFor(
      async () => {
        end = await nextPosition();
        await server.sql('checkpoint');
        expect(existsSync(join(server.dataDirectory, 'pg_wal', removed))).toBe(false);
      },
      { timeout: 120_000, interval: 10 },
    );
    const args = ['-D', directory, '--endpos', end, '--status-file', statusFile];
    const ours = await runProgram('gausskeep', ['wal', 'receive', ...args], { env: server.environment() });
    expect(ours).toMatchObject({ status: 15 });
    expect(readStatusFile(statusFile)).toMatchObject({ state: 'ended', outcome: 'failed', code: 'WAL_MISSING' });
    const failed = await runProgram('gausskeep', ['wal', 'status', statusFile]);
    expect(failed).toMatchObject({ status: 3, stdout: expect.stringContaining('failed\n') as string });
    expect(await receivewal(args)).toMatchObject({ status: 1 });
    const onward = await receivewal([...args, '--on-gap=continue']);
    expect(onward).toMatchObject({ status: 0 });
    expect(onward.stderr).toMatch(/^pg_receivewal: warning: WAL is missing from \S+ to \S+ \(timeline 1\): /m);
    expect(readStatusFile(statusFile)).toMatchObject({ outcome: 'end-position', gaps: [{ timeline: 1 }] });
    expect(await runProgram('gausskeep', ['wal', 'status', statusFile])).toMatchObject({ status: 3 });
  });

  it('ends when the first connection fails, and with -n when one is lost', async () => {
    const nobody = await receivewal(['-D', temporaryDirectory('none'), '-p', '1']);
    expect(nobody.status).toBe(1);
    expect(nobody.stderr).toMatch(/^pg_receivewal: error: .*port 1 failed: Connection refused/m);
    const words = ['-D', temporaryDirectory('lost'), '-v', '-n'];
    const program = startProgram('gausskeep', words, { env: server.environment(), calledAs: 'pg_receivewal' });
    await program.output(/starting log streaming/);
    const patient = startProgram('gausskeep', ['wal', 'receive', '-D', temporaryDirectory('patient')], {
      env: server.environment(),
    });
    const receives =
      "select count(*) = 2 from pg_stat_replication where application_name in ('pg_receivewal', 'gausskeep')";
    await server.waitFor(`${receives} and state = 'streaming'`);
    await server.restart('fast');
    await patient.output(/starting log streaming/);
    patient.kill('SIGTERM');
    const { status, stderr } = await patient.result;
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^gausskeep wal receive: disconnected; (?:trying again at once|waiting [\d.]+ seconds? to try again)$/m,
    );
    expect(stderr).toMatch(/^gausskeep wal receive: starting log streaming at \S+ \(timeline 1\)$/m);
    expect(stderr).not.toContain('internal error');
    expect(await program.result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('pg_receivewal: error: ') as string,
    });
  });

  it('follows a promoted standby (RW-11)', async () => {
    const standby = await startStandby(server);
    const directory = temporaryDirectory('timeline');
    await server.sql('select pg_switch_wal()');
    const before = await receivewal(['-D', directory, '-n', '--endpos', await nextPosition()]);
    expect(before).toMatchObject({ status: 0 });
    const end = await server.value('select pg_current_wal_flush_lsn()::text');
    await standby.waitFor(`select pg_last_wal_replay_lsn() >= '${end}'`);
    await standby.promote();
    const args = ['-D', directory, '-v', '-n', '--endpos', await nextPosition(standby)];
    const result = await receivewal(args, 'pg_receivexlog', standby);
    expect(result).toMatchObject({ status: 0 });
    expect(result.stderr).toMatch(/^pg_receivexlog: switched to timeline 2 at [0-9A-F]+\/[0-9A-F]+$/m);
    expect(readdirSync(directory)).toContain('00000002.history');
    expect(readdirSync(directory).some((name) => /^00000002[0-9A-F]{16}$/.test(name))).toBe(true);
    // Of both hosts the one with the newer timeline is the primary.
    const ports = [server.port, standby.port].join(',');
    const hosts = ['-h', `${server.host},${server.host}`, '-p', ports, '-U', server.user];
    const further = ['wal', 'receive', '-D', directory, '-S', 'followed', '--endpos', await nextPosition(standby)];
    expect(await runProgram('gausskeep', [...further, ...hosts])).toMatchObject({ status: 0 });
    expect(await standby.value('select slot_name from pg_replication_slots')).toBe('followed');
    expect(await server.sql("select 1 from pg_replication_slots where slot_name = 'followed'")).toEqual([]);
    await standby.stop('immediate');
  });
});
