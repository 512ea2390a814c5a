import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseLsn, render, type OpenSegment, type ReceiveRequest, type WalStore } from '../../src/index.ts';
import { openWalDirectory } from '../../src/wal-receiver/directory-store.ts';
import { defaultSegmentSizeBytes, segmentName, segmentOffset } from '../../src/wal/segment.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { endSegment, expectSameAsServer } from '../support/received-segments.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { walFiles, WatchedReceiver } from '../support/watched-receiver.ts';

const running: WatchedReceiver[] = [];

/** `store`, on a disk that stands still while `gate` is closed. @param what also writing, or only what makes durable */
function behindGate(
  store: WalStore,
  gate: { readonly passes: () => Promise<void> },
  what: 'all' | 'sync' = 'all',
): WalStore {
  const slow = (segment: OpenSegment): OpenSegment => ({
    write: (bytes) => {
      if (what === 'sync') return segment.write(bytes);
      const copy = Buffer.from(bytes);
      return gate.passes().then(() => segment.write(copy));
    },
    sync: () => gate.passes().then(() => segment.sync()),
    complete: () => gate.passes().then(() => segment.complete()),
    close: () => segment.close(),
  });
  return {
    description: store.description,
    failed: store.failed,
    begin: (instance) => store.begin(instance),
    newest: () => store.newest(),
    find: (position) => store.find(position),
    open: async (position) => slow(await store.open(position)),
    putHistory: (timeline, content) => store.putHistory(timeline, content),
    readHistory: (timeline) => store.readHistory(timeline),
    recordGap: (gap) => store.recordGap(gap),
    startGeneration: (fork) => store.startGeneration(fork),
    close: () => store.close(),
  };
}

class Gate {
  #isOpen = true;
  #waiting: (() => void)[] = [];

  readonly passes = async (): Promise<void> => {
    while (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  };

  shut(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

forEachServer('full', (version) => {
  const keep = version >= 13 ? { wal_keep_size: 0 } : { wal_keep_segments: 0 };
  const gates: Gate[] = [];
  let directory: string;

  function newGate(): Gate {
    const gate = new Gate();
    gates.push(gate);
    return gate;
  }

  beforeEach(() => {
    directory = mkdtempSync(join(runDirectory().path, 'wal-'));
  });

  afterEach(async () => {
    for (const gate of gates.splice(0)) gate.open();
    await Promise.all(running.splice(0).map(({ receiver }) => receiver.stop()));
  });

  async function receive(
    { host, port, user }: PostgresServer,
    changes: Partial<ReceiveRequest> = {},
  ): Promise<WatchedReceiver> {
    const store = changes.store ?? (await openWalDirectory({ directory }));
    const watched = new WatchedReceiver({ sources: [{ host, port, user }], ...changes, store });
    running.push(watched);
    return watched;
  }

  it('goes on telling the server that it is there while the disk stands still, and loses nothing', async () => {
    const server = await startServer({ version, config: { ...keep, wal_sender_timeout: '3s' } });
    const gate = newGate();
    const store = behindGate(await openWalDirectory({ directory }), gate);
    const slot = { name: 'receiver', create: true };
    const watched = await receive(server, { store, slot, statusIntervalMs: 400 });
    await watched.seen('started');
    const first = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= first);
    gate.shut();
    const begun = await server.value('select clock_timestamp()::text');
    const sender = await server.value('select pid from pg_stat_replication');
    const end = await endSegment(server);
    await server.sql("insert into filler select repeat('y', 1000) from generate_series(1, 20000)");
    // Twice the time after which a server cuts a silent receiver.
    await server.waitFor(`select clock_timestamp() > timestamptz '${begun}' + interval '6 s'`);
    expect(await server.value('select pid from pg_stat_replication')).toBe(sender);
    const { durableLsn } = watched.receiver.status();
    const flushed = await server.value('select flush_lsn from pg_stat_replication');
    expect(parseLsn(flushed)).toBeLessThanOrEqual(durableLsn ?? 0n);
    expect(parseLsn(flushed)).toBeLessThan(end);
    gate.open();
    await watched.seen('segment', ({ lsn }) => lsn >= end);
    expect(watched.events.some(({ type }) => type === 'disconnected')).toBe(false);
    expectSameAsServer(directory, server);
    await server.stop('immediate');
  });

  it('has on disk what the server was told, as a synchronous standby, at every commit', async () => {
    const server = await startServer({
      version,
      config: { ...keep, synchronous_standby_names: 'receiver', synchronous_commit: 'on' },
    });
    const { host, port, user } = server;
    const parameters = { application_name: 'receiver' };
    const sources: ReceiveRequest['sources'] = [{ host, port, user, parameters }];
    const watched = await receive(server, { sources, synchronous: true });
    await watched.seen('started');
    await server.waitFor("select sync_state = 'sync' from pg_stat_replication");
    await server.sql('create table t(x int)');
    for (let commit = 1; commit <= 20; commit += 1) {
      await server.sql(`insert into t values (${commit})`);
      // The commit returned: its record is in the file that grows.
      const position = parseLsn(await server.value('select pg_current_wal_flush_lsn()'));
      const { durableLsn } = watched.receiver.status();
      const own = readFileSync(join(server.dataDirectory, 'pg_wal', segmentName(1, position, defaultSegmentSizeBytes)));
      const name = `${segmentName(1, position, defaultSegmentSizeBytes)}.partial`;
      const grown = readFileSync(join(directory, name));
      const length = segmentOffset(durableLsn ?? position, defaultSegmentSizeBytes);
      expect(Buffer.compare(grown.subarray(0, length), own.subarray(0, length))).toBe(0);
      expect(watched.receiver.status().acknowledgedLsn).toBe(watched.receiver.status().durableLsn);
    }
    await watched.receiver.stop();
    await server.stop('immediate');
  });

  if (version >= 13)
    it('calls a slot that lost its WAL a gap, and goes on only where it was told to', async () => {
      const config = { ...keep, max_slot_wal_keep_size: '32MB', log_replication_commands: true };
      const server = await startServer({ version, config });
      const slot = { name: 'receiver', create: true };
      const watched = await receive(server, { slot });
      await watched.seen('started');
      const held = await endSegment(server);
      await watched.seen('segment', ({ lsn }) => lsn >= held);
      await watched.receiver.stop();
      for (let segments = 0; segments < 6; segments += 1) await endSegment(server);
      await server.sql('checkpoint');
      await server.waitFor("select wal_status = 'lost' from pg_replication_slots");
      const before = walFiles(directory);

      const stopped = await receive(server, { slot });
      expect(await stopped.failure()).toMatchObject({ code: 'WAL_MISSING' });
      expect(walFiles(directory)).toEqual(before);
      expect(stopped.receiver.status().gaps).toHaveLength(1);

      // A slot that it made itself and received nothing through would keep WAL for nobody.
      const unused = await receive(server, { slot: { name: 'unused', create: true } });
      expect(await unused.failure()).toMatchObject({ code: 'WAL_MISSING' });
      expect(server.log()).toMatch(/CREATE_REPLICATION_SLOT "?unused/);
      expect(await server.value("select string_agg(slot_name, ' ') from pg_replication_slots")).toBe('receiver');

      const beyond = await receive(server, { slot, onGap: 'continue' });
      await beyond.seen('gap');
      const end = await endSegment(server);
      await beyond.seen('segment', ({ lsn }) => lsn >= end);
      expect(await server.value('select wal_status from pg_replication_slots')).not.toBe('lost');
      await server.stop('immediate');
    });

  it('ends with a missing slot that it may not make', async () => {
    const server = await startServer({ version, config: keep });
    const watched = await receive(server, { slot: { name: 'nobodys', create: false } });
    expect(await watched.failure()).toMatchObject({ code: 'OBJECT_NOT_FOUND', kind: 'slot-missing' });
    expect(Object.keys(walFiles(directory))).toEqual([]);
    await server.stop('immediate');
  });

  it('warns of what its slot retains, or ends, or drops it', async () => {
    const server = await startServer({ version, config: keep });
    const gate = newGate();
    const store = behindGate(await openWalDirectory({ directory }), gate);
    const limits = { name: 'receiver', create: true, warnBytes: 1, maxBytes: 1024 ** 4 };
    const warned = await receive(server, { slot: limits, store });
    await warned.seen('started');
    gate.shut();
    await server.sql('create table t(x int)');
    const warning = await warned.seen('warning');
    expect(render(warning.sentence)).toMatch(
      /^the replication slot "receiver" makes the server retain \d+ bytes of WAL/,
    );
    gate.open();
    await warned.receiver.stop();

    for (const [onMax, slots] of [
      ['stop', '1'],
      ['drop', '0'],
    ] as const) {
      const disk = newGate();
      const slow = behindGate(await openWalDirectory({ directory }), disk, 'sync');
      const ended = await receive(server, { slot: { ...limits, maxBytes: 1, onMax }, store: slow });
      await ended.seen('started');
      disk.shut();
      await server.sql('insert into t values (1)');
      const told = await ended.seen('warning');
      expect(render(told.sentence)).toContain('at most 1 bytes are allowed');
      // Not because it is much, but because it does not become less.
      const before = ended.receiver.status().slot?.retainedBytes ?? 0;
      await server.sql('insert into t select generate_series(1, 100)');
      await expect
        .poll(() => ended.receiver.status().slot?.retainedBytes ?? 0, { timeout: 60_000 })
        .toBeGreaterThan(before);
      disk.open();
      expect(await ended.failure()).toMatchObject({ code: 'SLOT_LIMIT' });
      expect(await server.value('select count(*) from pg_replication_slots')).toBe(slots);
    }
    await server.stop('immediate');
  });
});
