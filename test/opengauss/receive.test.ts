/** The WAL receiver against the stand-in: recorded WAL, and WAL of a server that was recovered to a point in time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReceiveRequest } from '../../src/index.ts';
import type { SessionSettings } from '../../src/replication/open-session.ts';
import { openWalDirectory } from '../../src/wal-receiver/directory-store.ts';
import { fixtureRoot, readConnection } from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import type { OpengaussOptions, ServerEvent, StreamCut } from '../support/opengauss/state.ts';
import { WalStore } from '../support/opengauss/wal-store.ts';
import { noteDurable, readWal, walFiles, WatchedReceiver } from '../support/received-wal.ts';

const systemId = 215046882207068335n;
const segmentBytes = 16n << 20n;

/** The ends of the recorded messages with WAL: how it grew. */
function recordedGrowth(): { start: bigint; ends: bigint[] } {
  const frames = readConnection(join(fixtureRoot, 'receivexlog-ha'), 1).received.filter(
    ({ type, body }) => type === 'd' && body[0] === 0x77,
  );
  const start = frames[0]!.body.readBigUInt64LE(1);
  return { start, ends: frames.map(({ body }) => body.readBigUInt64LE(1) + BigInt(body.length - 65)) };
}

const growth = recordedGrowth();
const recordedEnd = growth.ends.at(-1)!;
const recordedWal = (shown = recordedEnd): WalStore =>
  WalStore.recorded(join(fixtureRoot, 'receivexlog-ha/wal'), systemId, shown);
const original = recordedWal();

const servers: OpengaussServer[] = [];
const receivers: WatchedReceiver[] = [];
const directories: string[] = [];

afterEach(async () => {
  await Promise.all(receivers.splice(0).map(({ receiver }) => receiver.stop()));
  const failures = servers.flatMap((server) => server.failures);
  const violations = servers.flatMap((server) => server.violations);
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  expect([failures, violations]).toEqual([[], []]);
});

async function serve(options: OpengaussOptions): Promise<OpengaussServer> {
  const server = await startOpengaussServer({ systemId, ...options });
  servers.push(server);
  return server;
}

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gausskeep-receive-'));
  directories.push(directory);
  return directory;
}

const login = (server: OpengaussServer): SessionSettings => ({
  host: server.host,
  port: server.sqlPort,
  user: 'backup',
  password: 'Backup@1234',
});

async function receive(
  server: OpengaussServer,
  directory: string,
  changes: Partial<ReceiveRequest> = {},
  onDurable: (end: bigint) => void = () => undefined,
): Promise<WatchedReceiver> {
  const store = noteDurable(await openWalDirectory({ directory }), onDurable);
  const watched = new WatchedReceiver({ sources: [login(server)], store, ...changes });
  receivers.push(watched);
  return watched;
}

/** What the receiver wrote equals the server's WAL up to `end`, and nothing follows. */
function expectWal(directory: string, wal: WalStore, from: bigint, end: bigint): void {
  expect(readWal(directory, from, end).equals(pieceOf(wal, from, end))).toBe(true);
  const rest = readWal(directory, end, (end / segmentBytes + 1n) * segmentBytes);
  expect(rest.every((byte) => byte === 0)).toBe(true);
}

function pieceOf(wal: WalStore, from: bigint, to: bigint): Buffer {
  const pieces: Buffer[] = [];
  for (let at = from; at < to;) {
    const piece = wal.read(at, to, Number(segmentBytes));
    pieces.push(piece);
    at += BigInt(piece.length);
  }
  return Buffer.concat(pieces);
}

describe('recorded WAL', () => {
  it('grows as it was recorded, with postgresql.conf in between, and is the same byte for byte', async () => {
    const wal = recordedWal(growth.start);
    const server = await serve({ wal });
    const directory = makeDirectory();
    const watched = await receive(server, directory);
    await watched.until(() => watched.of('started').length === 1);
    for (const end of growth.ends) {
      server.reload('port = 21233\n');
      wal.show(end);
    }
    await watched.durable(recordedEnd);
    await watched.receiver.stop();
    const files = walFiles(directory);
    expect([...files.keys()]).toEqual([
      '000000010000000000000006',
      '000000010000000000000007',
      '000000010000000000000008.partial',
    ]);
    for (const [name, bytes] of files) {
      expect(bytes.equals(original.segment(BigInt(`0x${name.slice(8, 24)}`)))).toBe(true);
    }
    expect(watched.receiver.status()).toMatchObject({ state: 'ended', reconnects: 0, problem: undefined });
    // Without a slot nothing is ever reported as flushed: a default server would take us for a synchronous standby.
    expect(server.eventsOf('reply').length).toBeGreaterThan(0);
    expect(server.eventsOf('sync-standby')).toEqual([]);
  });

  /** Cuts the streams one after another, and checks at each report that what it says was durable before. */
  async function receiveInPieces(cuts: readonly StreamCut[], maxSendBytes: number): Promise<number> {
    const directory = makeDirectory();
    let durable = 0n;
    let checked = growth.start;
    const acknowledged: bigint[] = [];
    const onEvent = (event: ServerEvent): void => {
      if (event.kind !== 'reply') return;
      const flush = event['flush'] as bigint;
      acknowledged.push(flush);
      expect(flush).toBeLessThanOrEqual(durable);
      if (flush <= checked) return;
      expect(readWal(directory, checked, flush).equals(pieceOf(original, checked, flush))).toBe(true);
      checked = flush;
    };
    const wal = recordedWal(growth.start);
    const server = await serve({ wal, maxSendBytes, onEvent });
    const changes = { slot: { name: 'kept', create: true }, synchronous: true };
    const note = (end: bigint): void => void (durable = end > durable ? end : durable);
    const watched = await receive(server, directory, changes, note);
    await watched.until(() => watched.of('started').length === 1);
    server.cutStreams(...cuts);
    server.disconnect();
    wal.show(recordedEnd);
    await watched.until(() => server.eventsOf('stream-cut').length === cuts.length);
    await watched.durable(recordedEnd);
    await watched.until(() => acknowledged.at(-1) === recordedEnd);
    await watched.receiver.stop();
    expectWal(directory, original, growth.start, recordedEnd);
    expect(watched.receiver.status()).toMatchObject({ problem: undefined, acknowledgedLsn: recordedEnd });
    expect(server.slots.get('kept')).toEqual({ restartLsn: recordedEnd, active: 0 });
    return watched.receiver.status().reconnects;
  }

  it('goes on behind a cut at every message; nothing is acknowledged that is not durable', async () => {
    // A keepalive and 16 messages with WAL for a segment: through the first into the second, and through that into the last.
    const upTo = (most: number): number[] => Array.from({ length: most + 1 }, (_, count) => count);
    const cuts = [...upTo(18), ...upTo(17), ...upTo(2)].map((afterMessages): StreamCut => ({
      afterMessages,
      how: afterMessages % 2 === 0 ? 'close' : 'reset',
    }));
    expect(await receiveInPieces(cuts, 1 << 20)).toBeGreaterThanOrEqual(cuts.length);
  });

  it('goes on behind a cut at any byte', async () => {
    const head = 5;
    const keepalive = head + 33;
    const data = head + 65;
    const offsets = [1, 4, head, head + 1, keepalive - 1, keepalive, keepalive + 3, keepalive + head + 64];
    const within = [0, 1, 39, 40, 512, 8191, 8192, 100_000, (1 << 21) - 1, 1 << 21, (1 << 21) + 3];
    const cuts = [...offsets, ...within.map((bytes) => keepalive + data + bytes)].map(
      (afterBytes, index): StreamCut => ({ afterBytes, how: index % 2 === 0 ? 'close' : 'reset' }),
    );
    expect(await receiveInPieces(cuts, 1 << 21)).toBeGreaterThanOrEqual(cuts.length);
  });

  it('begins where the slot keeps WAL from, although the server has gone on; and where it began when the stream broke at once', async () => {
    const wal = recordedWal(growth.ends[0]);
    const server = await serve({ wal });
    const directory = makeDirectory();
    const created = await receive(server, makeDirectory(), { slot: { name: 'kept', create: true } });
    await created.until(() => created.of('started').length === 1);
    await created.receiver.stop();
    wal.show(recordedEnd);
    const watched = await receive(server, directory, { slot: { name: 'kept', create: false } });
    await watched.durable(recordedEnd);
    await watched.receiver.stop();
    expectWal(directory, original, growth.start, recordedEnd);

    // Without a slot nobody but the receiver knows where it began.
    const other = await serve({ wal: recordedWal(growth.ends[0]) });
    const second = makeDirectory();
    other.cutStreams({ afterMessages: 0, how: 'close' });
    const broken = await receive(other, second);
    await broken.until(() => {
      if (broken.of('disconnected').length === 0) return false;
      other.wal.show(recordedEnd);
      return true;
    });
    await broken.durable(recordedEnd);
    await broken.receiver.stop();
    expectWal(second, original, growth.start, recordedEnd);
  });

  it('a slot is told one byte less at the end of a segment, and never what is not there', async () => {
    const border = growth.start + segmentBytes;
    const wal = recordedWal(growth.ends[0]);
    const server = await serve({ wal });
    const directory = makeDirectory();
    const slot = { name: 'kept', create: true };
    const watched = await receive(server, directory, { slot, synchronous: true });
    await watched.until(() => watched.of('started').length === 1);
    wal.show(border);
    await watched.durable(border);
    await watched.until(() => (server.slots.get('kept')?.restartLsn ?? 0n) === border - 1n);
    expect(server.eventsOf('reply').every(({ flush }) => flush !== border)).toBe(true);
    wal.show(recordedEnd);
    await watched.durable(recordedEnd);
    await watched.until(() => server.slots.get('kept')?.restartLsn === recordedEnd);
    await watched.receiver.stop();
    expect(server.eventsOf('query').some(({ text }) => /READ_REPLICATION_SLOT|SHOW/.test(String(text)))).toBe(false);
  });
});
