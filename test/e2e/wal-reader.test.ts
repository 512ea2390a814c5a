import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn, type Lsn } from '../../src/wal/lsn.ts';
import { decodeRecordBody } from '../../src/wal/record-body.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from '../../src/wal/segment-index-codec.ts';
import type { SegmentIndex } from '../../src/wal/segment-index.ts';
import { SegmentIndexer } from '../../src/wal/segment-indexer.ts';
import { linksTo } from '../../src/wal/segment-links.ts';
import { parseSegmentName } from '../../src/wal/segment.ts';
import { parseTimelineHistory } from '../../src/wal/timeline-history.ts';
import type { TransactionEvent, WalEvent } from '../../src/wal/wal-event.ts';
import { WalReader } from '../../src/wal/wal-reader.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { indexSegment } from '../support/whole-wal.ts';

const settings = { max_prepared_transactions: 10, autovacuum: false, wal_keep_segments: 200 };

interface Segment {
  readonly name: string;
  readonly startLsn: Lsn;
  readonly bytes: Buffer;
}

/** The segments in pg_wal in order, read as they are: those behind the end are recycled or absent. */
function segmentsOf(server: PostgresServer, segmentSizeBytes: number, timeline = 1): Segment[] {
  const directory = join(server.dataDirectory, 'pg_wal');
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const parsed = parseSegmentName(name, segmentSizeBytes);
      if (parsed?.timeline !== timeline) return [];
      return [{ name, startLsn: parsed.startLsn, bytes: readFileSync(join(directory, name)) }];
    });
}

/** `started` settings are named differently before 13. */
function config(version: number): Record<string, string | number | boolean> {
  const { wal_keep_segments, ...rest } = settings;
  return version < 13 ? { ...rest, wal_keep_segments } : { ...rest, wal_keep_size: '1GB' };
}

/** What a session saw of one thing that it did. */
interface Observed {
  readonly kind: WalEvent['kind'];
  readonly xid?: bigint;
  readonly subxids?: readonly bigint[];
  readonly gid?: string;
  readonly name?: string;
  readonly after: Lsn;
  readonly before: Lsn;
  readonly from: bigint;
  readonly to: bigint;
}

async function one(client: Client, sql: string): Promise<string> {
  const { rows } = await client.query<Record<string, unknown>>(sql);
  return String(Object.values(rows[0] ?? {})[0]);
}

const nowUs = 'select (extract(epoch from clock_timestamp()) * 1000000)::bigint';

async function observed(
  client: Client,
  what: Pick<Observed, 'kind' | 'xid' | 'subxids' | 'gid' | 'name'>,
  act: () => Promise<unknown>,
): Promise<Observed> {
  const after = parseLsn(await one(client, 'select pg_current_wal_insert_lsn()'));
  const from = BigInt(await one(client, nowUs));
  await act();
  const to = BigInt(await one(client, nowUs));
  return { ...what, after, from, to, before: parseLsn(await one(client, 'select pg_current_wal_insert_lsn()')) };
}

/** Opens a transaction with a subtransaction. @returns the xids of both */
async function begin(client: Client): Promise<{ xid: bigint; subxids: bigint[] }> {
  await client.query('begin');
  const xid = BigInt(await one(client, 'select txid_current()'));
  await client.query('savepoint inner_one');
  const subxid = BigInt(await one(client, "insert into events values (1, 'inner') returning xmin::text"));
  await client.query('release inner_one');
  return { xid, subxids: [subxid] };
}

async function makeHistory(client: Client): Promise<Observed[]> {
  const history: Observed[] = [];
  const note = async (...parts: Parameters<typeof observed> extends [Client, ...infer Rest] ? Rest : never) => {
    history.push(await observed(client, ...parts));
  };
  await note({ kind: 'commit', ...(await begin(client)) }, () => client.query('commit'));
  const rolledBack = await begin(client);
  await note({ kind: 'abort', ...rolledBack }, () => client.query('rollback'));
  await note({ kind: 'restore-point', name: 'before "x" é' }, () =>
    client.query(`select pg_create_restore_point('before "x" é')`),
  );
  const first = await begin(client);
  await note({ kind: 'prepare', ...first, gid: 'gid one' }, () => client.query("prepare transaction 'gid one'"));
  await note({ kind: 'commit-prepared', ...first }, () => client.query("commit prepared 'gid one'"));
  const second = await begin(client);
  await note({ kind: 'prepare', ...second, gid: 'gid two' }, () => client.query("prepare transaction 'gid two'"));
  await note({ kind: 'abort-prepared', ...second }, () => client.query("rollback prepared 'gid two'"));
  await note({ kind: 'checkpoint' }, () => client.query('checkpoint'));
  await note({ kind: 'switch' }, () => client.query('select pg_switch_wal()'));
  return history;
}

function isTransaction(event: WalEvent): event is TransactionEvent {
  return 'headerXid' in event;
}

function expectHistory(events: readonly WalEvent[], history: readonly Observed[]): void {
  for (const seen of history) {
    const found = events.filter(
      (event) => event.kind === seen.kind && event.startLsn >= seen.after && event.startLsn < seen.before,
    );
    expect(found, seen.kind).toHaveLength(1);
    const [event] = found;
    if (event === undefined) continue;
    if (isTransaction(event)) {
      expect(event.xid).toBe(seen.xid);
      expect(event.subxids).toEqual(seen.subxids);
      if (seen.gid !== undefined) expect(event.gid).toBe(seen.gid);
    }
    if (event.kind === 'restore-point') expect(event.name).toBe(seen.name);
    if ('timeUs' in event && event.kind !== 'checkpoint') {
      expect(event.timeUs).toBeGreaterThanOrEqual(seen.from);
      expect(event.timeUs).toBeLessThanOrEqual(seen.to);
    }
  }
}

/** Indexes one by one and in one go: both must tell the same. @returns the latter */
function indexBothWays(segments: readonly Segment[]): SegmentIndex[] {
  const alone = segments.map(({ bytes, startLsn }) => indexSegment(bytes, { startLsn, check: 'every-record' }));
  const indexer = new SegmentIndexer({ startLsn: segments[0]!.startLsn, check: 'visited-records' });
  const inOneGo: SegmentIndex[] = [];
  for (const { bytes } of segments) {
    indexer.push(bytes);
    inOneGo.push(indexer.endSegment());
    if (inOneGo.at(-1)?.end.kind === 'partial') break;
  }
  const joined = inOneGo.flatMap((_, at) => {
    const index = alone[at]!;
    expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
    const link = at === 0 ? undefined : linksTo(alone[at - 1]!, index);
    expect(link?.isLinked).not.toBe(false);
    const crossing = link?.isLinked === true ? link.crossing : undefined;
    expect(crossing).not.toBe('unread');
    return crossing === undefined || crossing === 'unread' ? index.events : [crossing, ...index.events];
  });
  expect(joined).toEqual(inOneGo.flatMap((index) => index.events));
  return inOneGo;
}

type Row = readonly [
  start: string,
  end: string,
  previous: string,
  manager: string,
  xid: string,
  bytes: string,
  blocks: string,
];

const forks: Record<string, string> = { main: '0', fsm: '1', vm: '2', init: '3' };

/** Every record that pg_walinspect finds from `start` to the end. */
async function inspected(server: PostgresServer, start: Lsn): Promise<Row[]> {
  const rows = await server.sql<Record<string, string>>(
    `select start_lsn::text as start_lsn, end_lsn::text as end_lsn, prev_lsn::text as prev_lsn, resource_manager,
            xid::text as xid, record_length::text as record_length, coalesce(block_ref, '') as block_ref
       from pg_get_wal_records_info('${formatLsn(start)}', pg_current_wal_flush_lsn())`,
  );
  return rows.map((row) => [
    row['start_lsn']!,
    row['end_lsn']!,
    row['prev_lsn']!,
    row['resource_manager']!,
    row['xid']!,
    row['record_length']!,
    [...row['block_ref']!.matchAll(/blkref #\d+: rel (\S+) (?:fork (\w+) )?blk (\d+)( \(FPW\))?/g)]
      .map(
        (match) => `${match[1]!} ${forks[match[2] ?? 'main']!} ${match[3]!}${match[4] === undefined ? '' : ' image'}`,
      )
      .join(', '),
  ]);
}

function readRows(segments: readonly Segment[], until: Lsn): Row[] {
  const rows: Row[] = [];
  const reader = new WalReader({
    start: segments[0]!.startLsn,
    check: 'every-record',
    visit: (record) => {
      if (record.startLsn >= until) return false;
      const blocks = decodeRecordBody(record)!.blocks.map(
        ({ tablespace, database, relation, fork, block, hasImage }) =>
          `${tablespace}/${database}/${relation} ${fork} ${block}${hasImage ? ' image' : ''}`,
      );
      rows.push([
        formatLsn(record.startLsn),
        formatLsn(record.endLsn),
        formatLsn(record.previousLsn),
        record.format.resourceManagers[record.rmid]!,
        record.xid.toString(),
        String(record.totalBytes),
        blocks.join(', '),
      ]);
      return true;
    },
  });
  for (const { bytes } of segments) if (!reader.push(bytes)) break;
  reader.finish();
  return rows;
}

describe.each([1, 16])('WAL of real servers in segments of %i MiB', (walSegmentSizeMib) => {
  const segmentSizeBytes = walSegmentSizeMib * 1024 * 1024;

  forEachServer('smoke', (version) => {
    it('holds what the session saw, and what pg_walinspect sees', async () => {
      const server = await startServer({ version, walSegmentSizeMib, config: config(version) });
      const client = await server.client();
      const location = serverDirectory('tablespace');
      await client.query(`create tablespace somewhere location '${location}'`);
      await client.query('create table events (number int, content text) tablespace somewhere');
      const history = await makeHistory(client);
      for (let round = 0; round < 300; round++) {
        await client.query(`insert into events select g, repeat('x', ${round}) from generate_series(1, 40) g`);
      }
      await client.query('checkpoint');
      await client.query("update events set content = content || 'y'");
      await client.query('drop table events');
      await client.query('drop tablespace somewhere');
      history.push(...(await observedCreation(client)));
      const flushed = parseLsn(await one(client, 'select pg_current_wal_flush_lsn()'));

      const segments = segmentsOf(server, segmentSizeBytes);
      const indexes = indexBothWays(segments);
      const events = indexes.flatMap((index) => index.events);
      expectHistory(events, history);
      expect(events.filter((event) => event.kind === 'unreadable')).toEqual([]);
      expect(events).toContainEqual(
        expect.objectContaining({ kind: 'tablespace-create', path: location, isRelative: false }),
      );
      expect(events.filter((event) => event.kind === 'tablespace-drop')).toHaveLength(1);
      const identifier = BigInt(await one(client, 'select system_identifier from pg_control_system()'));
      expect(indexes[0]).toMatchObject({ systemIdentifier: identifier, segmentSizeBytes, timeline: 1 });
      expect(indexes.at(-1)!.end).toMatchObject({ kind: 'partial' });

      const control = await server.sql<Record<string, string>>(
        'select checkpoint_lsn::text as at, redo_lsn::text as redo, next_xid, full_page_writes::text as fpw from pg_control_checkpoint()',
      );
      const last = events.filter((event) => event.kind === 'checkpoint').at(-1)!;
      expect(formatLsn(last.startLsn)).toBe(control[0]!['at']);
      expect(last).toMatchObject({
        redoLsn: parseLsn(control[0]!['redo']!),
        fullPageWrites: control[0]!['fpw'] === 'true',
        nextXid: BigInt(control[0]!['next_xid']!.replace(/^\d+:/, '')),
      });

      if (version >= 15) {
        await client.query('create extension pg_walinspect');
        const rows = (await inspected(server, segments[0]!.startLsn)).filter((row) => parseLsn(row[0]) < flushed);
        expect(rows.length).toBeGreaterThan(10_000);
        expect(readRows(segments, flushed)).toEqual(rows);
      }
    });
  });
});

/** A last commit, so that something is behind the dropped table. */
async function observedCreation(client: Client): Promise<Observed[]> {
  await client.query('begin');
  const xid = BigInt(await one(client, 'select txid_current()'));
  await client.query('create table late (number int)');
  return [await observed(client, { kind: 'commit', xid, subxids: [] }, () => client.query('commit'))];
}

forEachServer('full', (version) => {
  it('tells where a promoted standby left the timeline', async () => {
    const primary = await startServer({ version, config: config(version) });
    const standby = await startStandby(primary);
    await primary.sql('create table former (number int)');
    await waitForReplay(primary, standby);
    await primary.stop();
    await standby.promote();
    await standby.sql('checkpoint');
    await standby.sql('create table latter (number int)');

    const text = readFileSync(join(standby.dataDirectory, 'pg_wal', '00000002.history'), 'utf8');
    const [parent] = parseTimelineHistory(text, 2);
    const indexes = indexBothWays(segmentsOf(standby, 16 * 1024 * 1024, 2));
    expect(indexes.at(-1)!.timeline).toBe(2);
    const events = indexes.flatMap((index) => index.events);
    const ended = events.find((event) => event.kind === 'end-of-recovery');
    expect(ended).toMatchObject({ timeline: 2, previousTimeline: 1, startLsn: parent!.switchLsn });
    expect(events.find((event) => event.kind === 'commit' && event.startLsn > parent!.switchLsn)).toBeDefined();
  });
});
