import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { formatLsn, lsn, parseLsn, type Lsn } from './lsn.ts';
import { decodeRecordBody } from './record-body.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from './segment-index-codec.ts';
import { SegmentIndexer } from './segment-indexer.ts';
import { linksTo } from './segment-links.ts';
import { defaultSegmentSizeBytes, parseSegmentName } from './segment.ts';
import type { WalEvent } from './wal-event.ts';
import { WalReader, type CrcCheck } from './wal-reader.ts';
import { indexSegment, readRecords } from '../../test/support/whole-wal.ts';

const fixtures = new URL('../../test/fixtures/opengauss/', import.meta.url);
const pitrSegments = [
  '000000010000000000000026',
  '000000010000000000000027',
  '000000010000000000000028',
  '000000010000000000000029',
  '00000001000000000000002A',
  '00000001000000000000002B',
];
const systemIdentifier = 215046882207068335n;

function text(path: string): string {
  return readFileSync(new URL(path, fixtures), 'utf8');
}

function gunzipped(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(path, fixtures)));
}

function startOf(name: string): Lsn {
  return parseSegmentName(name, defaultSegmentSizeBytes)!.startLsn;
}

/** One line of pg_xlogdump: `REDO @ start; LSN end: prev …; xid …; term …; len …; total …; crc …; desc: manager - …`. */
interface DumpedRecord {
  start: string;
  end: string;
  previous: string;
  xid: string;
  length: string;
  total: string;
  crc: string;
  manager: string;
}

function dumpedRecords(): DumpedRecord[] {
  const line =
    /^REDO @ (\S+); LSN (\S+): prev (\S+); xid (\d+); term \d+; len (\d+); total (\d+); crc (\d+); desc: (\w+) -/gm;
  return [...gunzipped('pitr/xlogdump.txt.gz').toString().matchAll(line)].map((match) => {
    const [, start, end, previous, xid, length, total, crc, manager] = match as unknown as string[];
    return {
      start: start!,
      end: end!,
      previous: previous!,
      xid: xid!,
      length: length!,
      total: total!,
      crc: crc!,
      manager: manager!,
    };
  });
}

/** Resource managers from 20 on in the lite edition, which was recorded. */
const liteManagers = ['UHeap', 'UHeap2', 'UndoLog', 'UHeapUndo', 'UndoAction', 'UBtree', 'UBtree2'];

/** The dump writes LSNs as `X/XXXXXXXX`. */
function dumpLsn(position: Lsn): string {
  return `${(position >> 32n).toString(16).toUpperCase()}/${(position & 0xffff_ffffn).toString(16).toUpperCase().padStart(8, '0')}`;
}

function readAll(names: readonly string[], check: CrcCheck, pieceBytes: number): DumpedRecord[] {
  const records: DumpedRecord[] = [];
  const reader = new WalReader({
    start: startOf(names[0]!),
    check,
    visit: (record) => {
      const body = decodeRecordBody(record);
      records.push({
        start: dumpLsn(record.startLsn),
        end: dumpLsn(record.endLsn),
        previous: dumpLsn(record.previousLsn),
        xid: record.xid.toString(),
        length: String(body?.mainBytes),
        total: String(record.totalBytes),
        crc: String(record.view.getUint32(record.offset + 28, true)),
        manager: record.format.resourceManagers[record.rmid] ?? liteManagers[record.rmid - 20]!,
      });
      return true;
    },
  });
  for (const name of names) {
    const bytes = gunzipped(`pitr/archive/${name}.gz`);
    for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  }
  const end = reader.finish();
  expect(end.reason).toEqual({ kind: 'input-ended', inRecord: false });
  return records;
}

describe('records of the recorded openGauss archive', () => {
  const expected = dumpedRecords();

  it.each([
    ['every-record', 16 * 1024 * 1024],
    ['every-record', 1_000_003],
    ['visited-records', 16 * 1024 * 1024],
    ['visited-records', 8192],
    ['visited-records', 100_001],
  ] as const)('are those of pg_xlogdump, one by one (%s, pieces of %i bytes)', (check, pieceBytes) => {
    const records = readAll(pitrSegments.slice(1), check, pieceBytes);
    expect(expected.length).toBe(148);
    expect(records).toEqual(expected);
  });
});

interface HistoryLine {
  event: string;
  kind: string;
  xid: string;
  start: string;
  end: string;
  time: string;
  name: string;
}

function history(): HistoryLine[] {
  return text('pitr/history.tsv')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [event, kind, xid, start, end, time, name] = line.split('\t') as [string, ...string[]];
      return { event, kind: kind!, xid: xid!, start: start!, end: end!, time: time!, name: name! };
    });
}

function utc(timeUs: bigint): string {
  const seconds = new Date(Number(timeUs / 1000n)).toISOString().replace('T', ' ').slice(0, 19);
  return `${seconds}.${(timeUs % 1_000_000n).toString().padStart(6, '0')}`;
}

/** An event in the columns of history.tsv. */
function historyColumns(event: WalEvent): Omit<HistoryLine, 'event'> {
  const at = { start: dumpLsn(event.startLsn), end: dumpLsn(event.endLsn) };
  switch (event.kind) {
    case 'commit':
    case 'abort':
      return { ...at, kind: event.kind, xid: event.xid.toString(), time: utc(event.timeUs), name: '-' };
    case 'prepare':
      return { ...at, kind: 'prepare', xid: event.xid.toString(), time: '-', name: event.gid! };
    case 'commit-prepared':
    case 'abort-prepared':
      return {
        ...at,
        kind: event.kind.replace('-', '_'),
        xid: event.xid.toString(),
        time: utc(event.timeUs),
        name: '-',
      };
    case 'restore-point':
      return { ...at, kind: 'restore_point', xid: '-', time: utc(event.timeUs), name: event.name };
    default:
      return { ...at, kind: event.kind, xid: '-', time: '-', name: '-' };
  }
}

/** history.tsv names the gid of the end of a prepared transaction only in words. */
function expectedColumns({ event: _, ...columns }: HistoryLine): Omit<HistoryLine, 'event'> {
  return columns.kind.endsWith('_prepared') ? { ...columns, name: '-' } : columns;
}

describe('index of the recorded openGauss archive', () => {
  const indexes = pitrSegments.map((name) =>
    indexSegment(gunzipped(`pitr/archive/${name}.gz`), { startLsn: startOf(name), check: 'visited-records' }),
  );

  it('has every event of the known history, and no other transaction or restore point', () => {
    const known = history();
    const events = indexes.slice(2).flatMap((index) => index.events);
    const listed = events.map(historyColumns);
    for (const line of known) expect(listed).toContainEqual(expectedColumns(line));
    const counted = listed.filter((line) => line.kind !== 'checkpoint');
    expect(counted).toHaveLength(known.filter((line) => line.kind !== 'checkpoint').length);
  });

  it('tells the identity and how each segment ends', () => {
    for (const [at, index] of indexes.entries()) {
      expect(index).toMatchObject({
        pageMagic: 0xd074,
        timeline: 1,
        systemIdentifier,
        segmentSizeBytes: defaultSegmentSizeBytes,
        end: { kind: 'switch' },
        startLsn: startOf(pitrSegments[at]!),
      });
    }
  });

  it('reads the checkpoint and the end of the backup', () => {
    const events = indexes[1]!.events;
    expect(events).toContainEqual({
      kind: 'checkpoint',
      startLsn: parseLsn('0/270000A8'),
      endLsn: parseLsn('0/27000148'),
      isShutdown: false,
      redoLsn: parseLsn('0/27000028'),
      timeline: 1,
      previousTimeline: 1,
      fullPageWrites: false,
      nextXid: 14242n,
      timeUs: BigInt(Date.UTC(2026, 10, 20, 21, 27, 18)) * 1000n,
    });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'backup-end', backupStartLsn: parseLsn('0/27000028') }),
    );
  });

  it('shows that the end of a prepared transaction has no xid in its header, and that a drop removes files', () => {
    const events = indexes.flatMap((index) => index.events);
    const ended = events.flatMap((event) =>
      event.kind === 'commit-prepared' || event.kind === 'abort-prepared' ? [event] : [],
    );
    expect(ended.map((event) => [event.headerXid, event.xid])).toEqual([
      [0n, 14248n],
      [0n, 14253n],
    ]);
    const drop = events.find((event) => event.kind === 'commit' && event.xid === 14255n);
    expect(drop).toMatchObject({ droppedFiles: 3, subxids: [] });
  });

  it('links each segment to the next and to no other', () => {
    for (const [at, index] of indexes.entries()) {
      const next = indexes[at + 1];
      if (next !== undefined) expect(linksTo(index, next)).toEqual({ isLinked: true, crossing: undefined });
      const after = indexes[at + 2];
      if (after !== undefined) expect(linksTo(index, after)).toEqual({ isLinked: false, reason: 'not-adjacent' });
    }
  });

  it('comes back from its stored form', () => {
    for (const index of indexes) expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
  });

  it('is the same when the segments are indexed in one go', () => {
    const indexer = new SegmentIndexer({ startLsn: startOf(pitrSegments[0]!), check: 'every-record' });
    const chained = pitrSegments.map((name) => {
      const bytes = gunzipped(`pitr/archive/${name}.gz`);
      for (let at = 0; at < bytes.length && indexer.push(bytes.subarray(at, at + 65_536)); at += 65_536);
      return indexer.endSegment();
    });
    expect(chained).toEqual(indexes);
  });
});

describe('what the native receiver wrote', () => {
  it.each([
    ['receivexlog-ha', ['000000010000000000000006', '000000010000000000000007', '000000010000000000000008.partial']],
    ['receivexlog-main', ['000000010000000000000008', '000000010000000000000009', '00000001000000000000000A.partial']],
  ])('%s: every CRC is right, and the open segment ends at zeros', (directory, names) => {
    const start = startOf(names[0]!.slice(0, 24));
    let records = 0;
    const end = readRecords(
      names.map((name) => gunzipped(`${directory}/wal/${name}.gz`)),
      {
        start,
        check: 'every-record',
        systemIdentifier,
        visit: () => {
          records++;
          return true;
        },
      },
    );
    expect(end.reason.kind).toBe('zero-length');
    expect(end.lsn).toBeGreaterThan(start + 2n * 16n * 1024n * 1024n);
    expect(end.last?.endLsn).toBe(end.lsn);
    expect(records).toBeGreaterThan(100);
  });

  it('refuses WAL of another instance at the first page', () => {
    const end = readRecords([gunzipped('receivexlog-ha/wal/000000010000000000000006.gz')], {
      start: startOf('000000010000000000000006'),
      check: 'every-record',
      systemIdentifier: 1n,
      visit: () => true,
    });
    expect(end).toMatchObject({
      lsn: lsn(0x6000000n),
      reason: { kind: 'foreign-system', expected: 1n, actual: systemIdentifier },
    });
  });
});

it('reads the head of a running segment as hexdump shows it', () => {
  const dump = text('pgdata/wal-segment-head.hexdump.txt');
  const bytes = Buffer.from(
    [...dump.matchAll(/^[0-9a-f]{8} {2}([0-9a-f ]+) {2}\|/gm)]
      .map((m) => m[1]!)
      .join(' ')
      .replaceAll(/\s+/g, ''),
    'hex',
  );
  const end = readRecords([bytes], { start: lsn(0x2800_0000n), check: 'every-record', visit: () => true });
  expect(bytes).toHaveLength(64);
  expect(formatLsn(end.lsn)).toBe('0/28000028');
  expect(end.reason).toEqual({ kind: 'input-ended', inRecord: true });
});
