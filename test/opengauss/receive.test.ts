/** The WAL receiver against the stand-in: recorded WAL, cut at every message, through a slot. */
import { describe, expect, it } from 'vitest';
import {
  endEachReception,
  expectWal,
  growth,
  makeDirectory,
  original,
  pieceOf,
  receive,
  recordedEnd,
  recordedWal,
  segmentBytes,
  serve,
} from '../support/opengauss/receive-run.ts';
import type { ServerEvent, StreamCut } from '../support/opengauss/state.ts';
import { readWal, walFiles } from '../support/received-wal.ts';

endEachReception();

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
