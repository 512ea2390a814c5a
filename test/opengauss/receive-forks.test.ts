/** The WAL receiver against servers that hold other WAL than it does, or not all of it; and the ways that its sessions go. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWalArchive } from '../../src/wal-receiver/archive-store.ts';
import {
  endEachReception,
  expectWal,
  growth,
  login,
  makeDirectory,
  original,
  pieceOf,
  receive,
  recordedEnd,
  recordedWal,
  segmentBytes,
  serve,
  systemId,
} from '../support/opengauss/receive-run.ts';
import type { OpengaussServer } from '../support/opengauss/server.ts';
import { WalStore } from '../support/opengauss/wal-store.ts';
import { readWal, walDigests } from '../support/received-wal.ts';

endEachReception();

/** WAL of about three segments, whose server goes another way from some point on. */
describe('a server that was recovered to a point in time', () => {
  const first = 5n * segmentBytes;

  /** Receives all of a server's WAL and stops. */
  async function received(wal: WalStore): Promise<{ server: OpengaussServer; directory: string }> {
    const begun = wal.recoveredTo(first + 8192n, 0n);
    const server = await serve({ wal: begun });
    const directory = makeDirectory();
    const watched = await receive(server, directory);
    await watched.until(() => watched.of('started').length === 1);
    server.restart(wal);
    await watched.durable(wal.insertLsn);
    await watched.receiver.stop();
    return { server, directory };
  }

  /** Segments 5 and 6 whole, of 7 the beginning; the fork where `at` says. */
  function lines(at: 'partial' | 'border' | 'before'): { ours: WalStore; theirs: WalStore; fork: bigint } {
    const ours = new WalStore({ systemId, firstSegment: 5n });
    let theirs: WalStore | undefined;
    const fork = (): void => void (theirs ??= ours.recoveredTo());
    ours.grow(200_000);
    ours.switchSegment();
    ours.grow(300_000);
    if (at === 'before') fork();
    ours.grow(20_000);
    ours.switchSegment();
    if (at === 'border') fork();
    ours.grow(100_000);
    if (at === 'partial') fork();
    ours.grow(100_000);
    if (theirs === undefined) throw new Error('the lines never part');
    return { ours, theirs, fork: theirs.insertLsn };
  }

  it.each(['partial', 'border', 'before'] as const)('found before anything is appended: %s', async (at) => {
    const { ours, theirs, fork } = lines(at);
    const { server, directory } = await received(ours);
    const before = walDigests(directory);
    theirs.grow(300_000, 7);
    theirs.switchSegment();
    theirs.grow(Number(segmentBytes) + 300_000, 7);
    server.restart(theirs);
    const watched = await receive(server, directory);
    await expect(watched.receiver.ended).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
    expect(watched.receiver.status().problem).toContain('holds other WAL');
    expect(fork).toBeLessThan(ours.insertLsn);
    expect(walDigests(directory)).toEqual(before);
    expect(watched.of('segment')).toEqual([]);
  });

  it('opens a generation of an archive where that is asked for', async () => {
    const { ours, theirs, fork } = lines('partial');
    const directory = makeDirectory();
    const begun = ours.recoveredTo(first + 8192n, 0n);
    const server = await serve({ wal: begun });
    const watched = await receive(server, directory, { store: await openWalArchive({ directory }) });
    await watched.until(() => watched.of('started').length === 1);
    server.restart(ours);
    await watched.durable(ours.insertLsn);
    await watched.receiver.stop();
    const names = (): string[] => readdirSync(join(directory, 'generations/1'), { recursive: true, encoding: 'utf8' });
    const before = [names(), walDigests(join(directory, 'generations/1/open'))];
    theirs.grow(300_000, 7);
    server.restart(theirs);
    const next = await receive(server, directory, {
      store: await openWalArchive({ directory }),
      onFork: 'generation',
    });
    await next.durable(theirs.insertLsn);
    await next.receiver.stop();
    // The first one is closed, which adds one small file; its WAL is as it was.
    const after = names().filter((name) => name !== 'closed.json');
    expect([after, walDigests(join(directory, 'generations/1/open'))]).toEqual(before);
    const open = join(directory, 'generations/2/open');
    const start = (fork / segmentBytes) * segmentBytes;
    expect(readWal(open, start, theirs.insertLsn).equals(pieceOf(theirs, start, theirs.insertLsn))).toBe(true);
  });

  it('that has less WAL than we do, all of it the same', async () => {
    const { ours, theirs } = lines('partial');
    const { server, directory } = await received(ours);
    const before = walDigests(directory);
    server.restart(theirs);
    const watched = await receive(server, directory);
    await expect(watched.receiver.ended).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
    expect(walDigests(directory)).toEqual(before);
    // A standby that is behind comes after us.
    server.setMode(3);
    const waiting = await receive(server, directory);
    await waiting.until(() => waiting.of('started').length === 1);
    server.restart(ours);
    ours.grow(50_000);
    await waiting.durable(ours.insertLsn);
    await waiting.receiver.stop();
    expectWal(directory, ours, first, ours.insertLsn);
  });

  it('whose last received segment is gone: says that it cannot know, and goes on only when told', async () => {
    const { ours } = lines('partial');
    ours.switchSegment();
    const { server, directory } = await received(ours);
    const before = walDigests(directory);
    const held = ours.insertLsn;
    ours.grow(100_000);
    ours.removeBefore(held / segmentBytes);
    const stopped = await receive(server, directory);
    await expect(stopped.receiver.ended).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH' });
    expect(stopped.receiver.status().problem).toContain('cannot be known');
    expect(walDigests(directory)).toEqual(before);
    const told = await receive(server, directory, { onUnproved: 'continue' });
    await told.durable(ours.insertLsn);
    await told.receiver.stop();
    expect(told.of('warning').length).toBeGreaterThan(0);
    for (const [name, digest] of before) expect(walDigests(directory).get(name)).toBe(digest);
    expect(readWal(directory, held, ours.insertLsn).equals(pieceOf(ours, held, ours.insertLsn))).toBe(true);
  });

  it('that lost WAL behind what we have: a gap, told and not passed over', async () => {
    const { ours } = lines('partial');
    const { server, directory } = await received(ours);
    const end = ours.insertLsn;
    ours.switchSegment();
    ours.grow(100_000);
    ours.switchSegment();
    ours.grow(1000);
    ours.removeBefore(ours.segmentOf(ours.insertLsn));
    const before = walDigests(directory);
    const watched = await receive(server, directory);
    await expect(watched.receiver.ended).rejects.toMatchObject({ code: 'WAL_MISSING' });
    const [gap] = watched.receiver.status().gaps;
    expect(gap?.endLsn).toBe(ours.segmentOf(ours.insertLsn) * segmentBytes);
    expect(gap?.beginLsn).toBeLessThanOrEqual(end);
    expect(walDigests(directory)).toEqual(before);
  });
});

describe('a session', () => {
  it('goes to the HA port only when the server says so, or when it is named', async () => {
    for (const threadPool of [false, true]) {
      const wal = recordedWal(growth.ends[0]);
      const server = await serve({ wal, threadPool });
      const watched = await receive(server, makeDirectory());
      await watched.until(() => watched.of('started').length === 1);
      await watched.receiver.stop();
      const streams = server.eventsOf('query').filter(({ text }) => String(text).startsWith('START_REPLICATION'));
      expect(streams.map(({ port }) => port)).toEqual([threadPool ? 'ha' : 'sql']);
    }
    const server = await serve({ wal: recordedWal(growth.ends[0]) });
    const sources = [{ ...login(server), replicationPort: server.haPort }] as const;
    const watched = await receive(server, makeDirectory(), { sources });
    await watched.until(() => watched.of('started').length === 1);
    await watched.receiver.stop();
    expect(new Set(server.events.map(({ port }) => port))).toEqual(new Set(['ha']));
  });

  it('that the server ends in order is begun again at once; one that it cut, after a pause', async () => {
    const wal = recordedWal(growth.ends[0]);
    const server = await serve({ wal });
    const directory = makeDirectory();
    const watched = await receive(server, directory);
    await watched.durable(growth.ends[0]!);
    server.shutdown('fast');
    await watched.until(() => watched.of('disconnected').length >= 1);
    expect(watched.of('disconnected')[0]).toMatchObject({ error: undefined, retryInMs: 0 });
    server.restart();
    wal.show(recordedEnd);
    await watched.durable(recordedEnd);
    const told = watched.of('disconnected').length;
    server.shutdown('immediate');
    await watched.until(() => watched.of('disconnected').length > told);
    expect(watched.of('disconnected').at(-1)).toMatchObject({ error: { kind: 'connection-lost' } });
    await watched.receiver.stop();
    expectWal(directory, original, growth.start, recordedEnd);
  });
});
