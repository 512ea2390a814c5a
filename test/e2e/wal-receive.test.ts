import { cpSync, createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { formatLsn, parseLsn, type ReceiveRequest, type SessionSettings } from '../../src/index.ts';
import { decompressBeginning } from '../../src/compression/decompress-beginning.ts';
import { openWalDirectory, type WalDirectoryOptions } from '../../src/wal-receiver/directory-store.ts';
import { defaultSegmentSizeBytes, segmentOffset } from '../../src/wal/segment.ts';
import { takeBackup } from '../support/backups.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { programPath, runProgram, startCommand, startProgram } from '../support/programs.ts';
import { endSegment, expectSameAsServer } from '../support/received-segments.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { hashOf, segmentNames, walFiles, WatchedReceiver } from '../support/watched-receiver.ts';

const running: WatchedReceiver[] = [];
const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

function sourceOf({ host, port, user }: PostgresServer): SessionSettings {
  return { host, port, user };
}

async function receive(
  directory: string,
  server: PostgresServer,
  {
    compression = { method: 'none' },
    ...changes
  }: Partial<ReceiveRequest> & Pick<WalDirectoryOptions, 'compression'> = {},
): Promise<WatchedReceiver> {
  const store = await openWalDirectory({ directory, compression });
  const watched = new WatchedReceiver({ sources: [sourceOf(server)], store, ...changes });
  running.push(watched);
  return watched;
}

/** A copy of the files of a stopped server: another line of WAL as soon as both run. */
function copyOf(server: PostgresServer): string {
  const home = runDirectory().make('copy');
  const data = join(home, 'data');
  cpSync(server.dataDirectory, data, { recursive: true, verbatimSymlinks: true });
  giveToServerUser(home);
  return data;
}

/** As much of a compressed beginning as can be read; nothing of none. */
async function heldOf(path: string): Promise<Buffer> {
  if (!existsSync(path)) return Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  for await (const piece of decompressBeginning(() => createReadStream(path), 'gzip')) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

forEachServer('full', (version) => {
  const keep = version >= 13 ? { wal_keep_size: '640MB' } : { wal_keep_segments: 40 };
  let server: PostgresServer;
  let directory: string;

  beforeAll(async () => {
    server = await startServer({ version, config: keep });
  });

  beforeEach(() => {
    directory = mkdtempSync(join(runDirectory().path, 'wal-'));
    giveToServerUser(directory);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ receiver }) => receiver.stop()));
    if (!server.running) await server.start();
  });

  it('receives segments that are byte for byte those of the server, and goes on where it was', async () => {
    const watched = await receive(directory, server);
    await watched.seen('started');
    const end = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= end);
    await watched.receiver.stop();
    expect(watched.receiver.status()).toMatchObject({ state: 'ended', reconnects: 0, problem: undefined });
    const before = walFiles(directory);
    expect(Object.keys(before).filter((name) => name.endsWith('.partial')).length).toBeLessThanOrEqual(1);

    const again = await receive(directory, server);
    expect((await again.seen('started')).phase).toBe('compare');
    const next = await endSegment(server);
    await again.seen('segment', ({ lsn }) => lsn >= next);
    await again.receiver.stop();
    expectSameAsServer(directory, server);
    const whole = Object.fromEntries(Object.entries(before).filter(([name]) => !name.endsWith('.partial')));
    expect(walFiles(directory)).toMatchObject(whole);
  });

  it('goes on in the first of two segments that a kill left without their names', async () => {
    const watched = await receive(directory, server);
    await watched.seen('started');
    const end = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= end);
    await server.sql("insert into filler values ('in the next')");
    const position = parseLsn(await server.value('select pg_current_wal_flush_lsn()'));
    await expect
      .poll(() => watched.receiver.status().durableLsn ?? 0n, { timeout: 120_000 })
      .toBeGreaterThanOrEqual(position);
    await watched.receiver.stop();
    const last = segmentNames(directory).at(-1) ?? '';
    renameSync(join(directory, last), join(directory, `${last}.partial`));
    expect(Object.keys(walFiles(directory)).filter((name) => name.endsWith('.partial'))).toHaveLength(2);

    // Both are given to a server that recovers meanwhile: the first one is all of its segment.
    const target = join(runDirectory().make('get'), 'RECOVERYXLOG');
    const got = await runProgram('gausskeep', ['wal', 'get', last, target, '--archive', directory]);
    expect(got.status, got.stderr).toBe(0);
    expect(hashOf(target)).toBe(hashOf(join(server.dataDirectory, 'pg_wal', last)));

    const again = await receive(directory, server);
    const next = await endSegment(server);
    await again.seen('segment', ({ lsn }) => lsn >= next);
    await again.receiver.stop();
    expect(segmentNames(directory)).toContain(last);
    expectSameAsServer(directory, server);
  });

  it('ends on a full disk, its slot keeps what was not durable, and with space it has all (RW-14)', async () => {
    // A slot begins at the last checkpoint: at the begin of a segment.
    await endSegment(server);
    await server.sql('checkpoint');
    await server.sql("select pg_create_physical_replication_slot('full', true)");
    const restart = "(select restart_lsn from pg_replication_slots where slot_name = 'full')";
    const place = [
      '-h',
      server.host,
      '-p',
      String(server.port),
      '-U',
      server.user,
      '-S',
      'full',
      '-Z',
      'gzip',
      '--synchronous',
    ];
    const words = ['wal', 'receive', '-D', directory, ...place];
    // No file grows beyond 64 or 128 KiB, as the shell counts.
    const limited = ['-c', 'ulimit -f 128; exec "$@"', 'sh', process.execPath, programPath('gausskeep'), ...words];
    const full = startCommand('sh', limited, {});
    await server.sql('create table little()');
    const little = await server.value('select pg_current_wal_flush_lsn()');
    await server.waitFor(`select ${restart} >= '${little}'`);
    await server.sql('create table random as select md5(random()::text) as text from generate_series(1, 20000)');
    const ended = await full.result;
    expect(ended).toMatchObject({ status: 13, stdout: '' });
    expect(ended.stderr).toContain('EFBIG');

    // What the server was told of is here, as the server has it.
    const told = await server.value(`select ${restart}`);
    const name = await server.value(`select pg_walfile_name('${told}')`);
    const length = segmentOffset(parseLsn(told), defaultSegmentSizeBytes);
    const held = await heldOf(join(directory, `${name}.gz.partial`));
    expect(held.length).toBeGreaterThanOrEqual(length);
    const own = readFileSync(join(server.dataDirectory, 'pg_wal', name));
    expect(own.subarray(0, length).equals(held.subarray(0, length))).toBe(true);

    const end = await endSegment(server);
    const again = startProgram('gausskeep', [...words, '--endpos', formatLsn(end)]);
    // The position must be passed, not only reached.
    await server.sql('create table passed()');
    expect(await again.result).toMatchObject({ status: 0 });
    const files = readdirSync(directory).filter((file) => file.endsWith('.gz'));
    expect(files).toContain(`${name}.gz`);
    for (const file of files) {
      const whole = gunzipSync(readFileSync(join(directory, file)));
      expect(whole.equals(readFileSync(join(server.dataDirectory, 'pg_wal', file.slice(0, 24)))), file).toBe(true);
    }
    await server.sql("select pg_drop_replication_slot('full')");
  });

  it('ends behind the position that it was given, which is durable then', async () => {
    await server.sql('create table if not exists filler(t text)');
    const endLsn = parseLsn(await server.value('select pg_current_wal_insert_lsn()'));
    const bounded = await receive(directory, server, { endLsn, synchronous: true });
    await server.sql("insert into filler values ('one more')");
    expect(await bounded.receiver.ended).toEqual({ reason: 'end-position' });
    const { durableLsn } = bounded.receiver.status();
    expect(durableLsn).toBeGreaterThanOrEqual(endLsn);
  });

  it('loses nothing when the server is restarted, killed and stopped under it', async () => {
    const watched = await receive(directory, server);
    await watched.seen('started');
    for (const mode of ['fast', 'immediate', 'kill'] as const) {
      const at = watched.events.length;
      const ended = await endSegment(server);
      // A WAL sender that has not begun to send is terminated instead.
      if (mode === 'fast') await watched.seen('segment', ({ lsn }) => lsn >= ended);
      if (mode === 'kill') await server.kill();
      else await server.stop(mode);
      const gone = await watched.seen('disconnected', () => true, at);
      // At once where the server said that it goes.
      if (mode === 'fast') expect(gone).toMatchObject({ retryInMs: 0, error: undefined });
      await server.start();
      await watched.seen('started', () => true, watched.events.indexOf(gone));
    }
    const end = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= end);
    await watched.receiver.stop();
    expectSameAsServer(directory, server);
    expect(segmentNames(directory).length).toBeGreaterThanOrEqual(4);
    expect(watched.receiver.status()).toMatchObject({ reconnects: expect.any(Number) as number, gaps: [] });
    expect(watched.receiver.status().reconnects).toBeGreaterThanOrEqual(3);
    expect(watched.receiver.status().durableLsn).toBeGreaterThanOrEqual(end);
  });

  it('never writes over the WAL of another line, which a copy of the server makes', async () => {
    const watched = await receive(directory, server);
    await watched.seen('started');
    await server.stop('fast');
    const data = copyOf(server);
    await server.start();
    const end = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= end);
    await server.sql("insert into filler select 'ours' from generate_series(1, 100)");
    await watched.receiver.stop();
    const before = walFiles(directory);

    const other = await startFrom(data);
    await other.sql("insert into filler select 'theirs, quite another thing' from generate_series(1, 5000)");
    const refused = await receive(directory, other);
    expect(await refused.failure()).toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
    expect(walFiles(directory)).toEqual(before);
    // Where the other line has come past ours as well.
    for (let segments = 0; segments < 4; segments += 1) await endSegment(other);
    const later = await receive(directory, other);
    expect(await later.failure()).toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
    expect(walFiles(directory)).toEqual(before);
    // Of two hosts the copy is left out, and the right one is received from.
    const both = await receive(directory, other, { sources: [sourceOf(other), sourceOf(server)] });
    const right = await endSegment(server);
    await both.seen('segment', ({ lsn }) => lsn >= right);
    await both.seen('warning');
    await both.receiver.stop();
    expectSameAsServer(directory, server);
    await other.stop('immediate');
  });

  it.each(['none', 'gzip', 'zstd'] as const)(
    'has the last commit that was acknowledged for a restore while the segment grows, %s',
    async (method) => {
      await server.sql('create table if not exists kept(id int)');
      const backup = await takeBackup(server, ['-X', 'stream']);
      const watched = await receive(directory, server, {
        compression: { method },
        synchronous: true,
        slot: { name: `grows_${method}`, create: true },
      });
      await watched.seen('started');
      await endSegment(server);
      await server.sql('insert into kept values (1); insert into kept select generate_series(2, 500)');
      const position = await server.value('select pg_current_wal_flush_lsn()');
      await server.waitFor(
        `select restart_lsn >= '${position}' from pg_replication_slots where slot_name = 'grows_${method}'`,
      );
      const rows = await server.value('select count(*) from kept');

      const data = join(serverDirectory('restored'), 'data');
      const words = ['restore', '-D', data, '--from', backup, '--archive', directory, '--target-action', 'promote'];
      const restored = await runProgram('gausskeep', [...words, '--no-sync', ...owner]);
      expect(restored.status, restored.stderr).toBe(0);
      const copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy.waitFor('select not pg_is_in_recovery()');
      expect(await copy.value('select count(*) from kept')).toBe(rows);
      await copy.stop('immediate');
      await watched.receiver.stop();
      await server.sql(`select pg_drop_replication_slot('grows_${method}')`);
    },
  );
});
