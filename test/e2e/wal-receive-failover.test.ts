import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { render, type ReceiveRequest, type SessionSettings } from '../../src/index.ts';
import { openWalDirectory } from '../../src/wal-receiver/directory-store.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { endSegment, expectSameAsServer } from '../support/received-segments.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { segmentNames, walFiles, WatchedReceiver } from '../support/watched-receiver.ts';

const running: WatchedReceiver[] = [];

function sourceOf({ host, port, user }: PostgresServer): SessionSettings {
  return { host, port, user };
}

async function receive(
  directory: string,
  sources: ReceiveRequest['sources'],
  changes: Partial<ReceiveRequest> = {},
): Promise<WatchedReceiver> {
  const watched = new WatchedReceiver({ sources, store: await openWalDirectory({ directory }), ...changes });
  running.push(watched);
  return watched;
}

forEachServer('full', (version) => {
  const keep = version >= 13 ? { wal_keep_size: '640MB' } : { wal_keep_segments: 40 };
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(runDirectory().path, 'wal-'));
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ receiver }) => receiver.stop()));
  });

  it('takes the primary of two hosts, follows it when the other is promoted, and makes its slot there', async () => {
    const primary = await startServer({ version, config: keep });
    const standby = await startStandby(primary);
    const sources = [sourceOf(standby), sourceOf(primary)] as const;
    const slot = { name: 'receiver', create: true };
    const watched = await receive(directory, sources, { slot });
    expect((await watched.seen('started')).server).toBe(`127.0.0.1:${primary.port}`);
    const before = await endSegment(primary);
    await watched.seen('segment', ({ lsn }) => lsn >= before);
    await primary.sql("insert into filler values ('in the last segment of the timeline')");
    await waitForReplay(primary, standby);
    await primary.stop('immediate');
    await standby.promote();
    const started = await watched.seen('started', ({ timeline }) => timeline === 2);
    expect(started.server).toBe(`127.0.0.1:${standby.port}`);
    const after = await endSegment(standby);
    await watched.seen('segment', ({ lsn, timeline }) => timeline === 2 && lsn >= after);
    const slots = await standby.sql<{ slot_name: string; active: boolean }>(
      'select slot_name, active from pg_replication_slots',
    );
    expect(slots).toEqual([{ slot_name: 'receiver', active: true }]);
    await watched.receiver.stop();

    const names = segmentNames(directory);
    expect(names.some((name) => name.startsWith('00000001'))).toBe(true);
    expect(names.some((name) => name.startsWith('00000002'))).toBe(true);
    expect(Object.keys(walFiles(directory))).toContain('00000002.history');
    expectSameAsServer(directory, standby, '00000002');
    // Nothing is between the last segment of the one timeline and the first of the other.
    const last = names.filter((name) => name.startsWith('00000001')).at(-1) ?? '';
    const first = names.find((name) => name.startsWith('00000002')) ?? '';
    expect(Number.parseInt(first.slice(8), 16)).toBeLessThanOrEqual(Number.parseInt(last.slice(8), 16) + 1);

    // A primary of the past that is back is not taken, and by itself refused; nothing is written.
    await primary.start();
    const before2 = walFiles(directory);
    const refused = await receive(directory, [sourceOf(primary)]);
    expect(await refused.failure()).toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'other-line' });
    expect(walFiles(directory)).toEqual(before2);
    const past = await receive(directory, [sourceOf(primary), sourceOf(standby)], { slot });
    expect((await past.seen('started')).server).toBe(`127.0.0.1:${standby.port}`);
    const warning = past.events.find((event) => event.type === 'warning');
    expect(warning?.type === 'warning' && render(warning.sentence)).toContain(
      'the server is on timeline 1, but the WAL',
    );
    await past.receiver.stop();
    await primary.stop('immediate');
    const further = await receive(directory, sources, { slot });
    const end = await endSegment(standby);
    await further.seen('segment', ({ lsn }) => lsn >= end);
  });

  it('says that WAL is lost, and goes on behind the gap where it was told to', async () => {
    const server = await startServer({
      version,
      config: { ...keep, ...(version >= 13 ? { wal_keep_size: 0 } : { wal_keep_segments: 0 }) },
    });
    const watched = await receive(directory, [sourceOf(server)]);
    await watched.seen('started');
    const held = await endSegment(server);
    await watched.seen('segment', ({ lsn }) => lsn >= held);
    await watched.receiver.stop();
    for (let segments = 0; segments < 4; segments += 1) await endSegment(server);
    await server.sql('checkpoint');
    await endSegment(server);
    await server.sql('checkpoint');
    const before = walFiles(directory);

    const stopped = await receive(directory, [sourceOf(server)]);
    const error = await stopped.failure();
    expect(error).toMatchObject({ code: 'WAL_MISSING' });
    expect(walFiles(directory)).toEqual(before);
    const [gap] = stopped.receiver.status().gaps;
    expect(gap?.beginLsn).toBeGreaterThanOrEqual(held);
    expect(gap?.endLsn).toBeGreaterThan(gap?.beginLsn ?? held);

    const beyond = await receive(directory, [sourceOf(server)], { onGap: 'continue' });
    const { lsn } = await beyond.seen('started', (event) => event.lsn >= (gap?.endLsn ?? held));
    const warning = beyond.events.find((event) => event.type === 'warning');
    expect(warning?.type === 'warning' && render(warning.sentence)).toMatch(/^GAP: the WAL from .* is lost/);
    const end = await endSegment(server);
    await beyond.seen('segment', (event) => event.lsn >= end);
    await beyond.receiver.stop();
    // From the oldest on that the server still had.
    expect(lsn).toBe(gap?.endLsn);
    expectSameAsServer(directory, server, '00000001', lsn);
    await server.stop('immediate');
  });
});
