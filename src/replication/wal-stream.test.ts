import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { fixtureRoot, readConnection } from '../../test/support/opengauss/recordings.ts';
import { identifySystem as systemAnswer } from '../../test/support/scripted/backup-messages.ts';
import {
  commandComplete,
  copyBothResponse,
  copyData,
  copyDone,
  dataRow,
  errorResponse,
  noticeResponse,
  readyForQuery,
  rowDescription,
} from '../../test/support/scripted/messages.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { formatLsn, lsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import { startReplicationCommand, startWalStream, type WalStreamOptions } from './start-wal-stream.ts';
import { bigEndianWal, littleEndianStructWal } from './wal-messages.ts';
import type { WalStream } from './wal-stream.ts';

const opengauss = capabilitiesOf(identifyOpengauss('5.0.5'));
const postgresql = capabilitiesOf(identifyPostgresql('17.2'));
const segmentSize = 16 * 1024 * 1024;

/** What the server sent after its login: the answers to IDENTIFY_SYSTEM and START_REPLICATION. */
function answersOf(directory: string): { bytes: Buffer; queries: string[] } {
  const recorded = readConnection(join(fixtureRoot, directory), 1);
  const ready = recorded.received.findIndex((message) => message.type === 'Z');
  return {
    bytes: Buffer.concat([...recorded.received.slice(ready + 1).map((message) => message.bytes), recorded.tail]),
    queries: recorded.sent
      .filter(({ type }) => type === 'Q')
      .map(({ body }) => body.toString('utf8', 0, body.length - 1)),
  };
}

async function pull(stream: WalStream): Promise<{ wal: Buffer; error: unknown }> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of stream) pieces.push(Buffer.from(piece.bytes));
    return { wal: Buffer.concat(pieces), error: undefined };
  } catch (error) {
    return { wal: Buffer.concat(pieces), error };
  }
}

describe.each(['receivexlog-ha', 'receivexlog-main'])('%s', (directory) => {
  const files = readFileSync(join(fixtureRoot, directory, 'wal/SHA256SUMS'), 'utf8').match(/[0-9A-F]{24}/g)!;

  it.each([131_072, 4096, 97])('gives the recorded segments, in chunks of %i', async (chunkSize) => {
    const { bytes, queries } = answersOf(directory);
    const startLsn = parseLsn(/START_REPLICATION (\S+)/.exec(queries[1]!)![1]!);
    const connection = new MemoryConnection(bytes, chunkSize);
    const stream = await startWalStream(connection, opengauss, { startLsn, timeline: 1 });
    const { wal, error } = await pull(stream);
    stream.destroy();
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect(connection.queries.map((query) => query.replace(' PHYSICAL', ''))).toEqual(queries);
    expect(stream.position).toBe(startLsn + BigInt(wal.length));
    for (let at = 0; at < wal.length; at += segmentSize) {
      const name = segmentName(1, lsn(startLsn + BigInt(at)), segmentSize);
      expect(files).toContain(name);
      const part = wal.subarray(at, at + segmentSize);
      const stored = part.length === segmentSize ? `${name}.gz` : `${name}.partial.gz`;
      const file = gunzipSync(readFileSync(join(fixtureRoot, directory, 'wal', stored)));
      expect(file.subarray(0, part.length).equals(part)).toBe(true);
      expect(file.subarray(part.length).every((byte) => byte === 0)).toBe(true);
    }
    // Every keepalive that wanted an answer got one, and none of them reports a flush.
    const wanted = readConnection(join(fixtureRoot, directory), 1).received.filter(
      ({ type, body }) => type === 'd' && body[0] === 0x6b && body[25] === 1,
    ).length;
    expect(connection.statusUpdates.length).toBeGreaterThanOrEqual(wanted);
    expect(wanted).toBeGreaterThan(0);
    // What the server told of its end; its keepalives tell only what it has sent.
    expect(stream.serverEnd).toBe(stream.position);
    for (const update of connection.statusUpdates) {
      expect(update.length).toBe(65);
      expect(update.readBigUInt64LE(17)).toBe(0n);
      expect(update.readUInt32LE(61)).toBe(0x10);
    }
  });
});

it("the server's end of WAL is known before its WAL has come", async () => {
  const { bytes, queries } = answersOf('receivexlog-ha');
  const startLsn = parseLsn(/START_REPLICATION (\S+)/.exec(queries[1]!)![1]!);
  const stream = await startWalStream(new MemoryConnection(bytes), opengauss, { startLsn, timeline: 1 });
  // The one recorded frame that does not reach it: 8384912 bytes from 0/6080E70 on, of WAL up to 0/7000000.
  let piece = await stream.next();
  while (piece !== undefined && stream.position <= parseLsn('0/6080E70')) piece = await stream.next();
  expect(formatLsn(stream.serverEnd)).toBe('0/7000000');
  stream.destroy();
});

describe('recorded ends of an openGauss stream', () => {
  const start = async (directory: string): Promise<WalStream> => {
    const { bytes, queries } = answersOf(directory);
    const startLsn = parseLsn(/START_REPLICATION (?:.* )?([0-9A-F]+\/[0-9A-F]+)/i.exec(queries.at(-1)!)![1]!);
    return startWalStream(new MemoryConnection(bytes), opengauss, { startLsn, timeline: 1 });
  };

  it('a fast shutdown completes the command inside the copy', async () => {
    const stream = await start('interrupted/receivexlog-server-stopped-fast');
    expect((await pull(stream)).error).toBeUndefined();
    expect(stream.ending).toEqual({ reason: 'shutdown' });
  });

  it('an immediate one just ends', async () => {
    const stream = await start('interrupted/receivexlog-server-stopped-immediate');
    expect((await pull(stream)).error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    stream.destroy();
  });
});

const position = (text: string): Lsn => parseLsn(text);
const begin = Buffer.concat([systemAnswer('4711', 1, '0/3000000'), copyBothResponse()]);

function xlogData(start: Lsn, wal: Buffer): Buffer {
  const head = Buffer.alloc(25);
  head.write('w');
  head.writeBigUInt64BE(start, 1);
  return copyData(head, wal);
}

function keepalive(end: Lsn, reply: boolean): Buffer {
  const body = Buffer.alloc(18);
  body.write('k');
  body.writeBigUInt64BE(end, 1);
  body[17] = reply ? 1 : 0;
  return copyData(body);
}

async function startOn(
  messages: readonly Buffer[],
  options: WalStreamOptions & { chunk?: number; slot?: string | undefined; capabilities?: typeof opengauss } = {},
): Promise<{ stream: WalStream; connection: MemoryConnection }> {
  const connection = new MemoryConnection(Buffer.concat([begin, ...messages]), options.chunk);
  const request = { startLsn: position('0/3000000'), timeline: 1, slot: options.slot };
  const stream = await startWalStream(connection, options.capabilities ?? postgresql, request, options);
  return { stream, connection };
}

describe('the PostgreSQL dialect', () => {
  it.each([1, 3, 26, 4096])('takes messages apart in chunks of %i', async (chunk) => {
    const wal = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 251));
    const { stream, connection } = await startOn(
      [
        xlogData(position('0/3000000'), wal.subarray(0, 100)),
        xlogData(position('0/3000064'), Buffer.alloc(0)),
        keepalive(position('0/3000100'), true),
        xlogData(position('0/3000064'), wal.subarray(100)),
        commandComplete('COPY 0'),
      ],
      { chunk, now: () => Date.UTC(2000, 0, 1) + 1 },
    );
    const { wal: got, error } = await pull(stream);
    expect(error).toBeUndefined();
    expect(got.equals(wal)).toBe(true);
    expect(stream.serverEnd).toBe(position('0/3000100'));
    expect(connection.statusUpdates.map((update) => update.toString('hex'))).toEqual([
      `72${'00'.repeat(24)}00000000000003e800`,
    ]);
    expect(stream.ending).toEqual({ reason: 'shutdown' });
  });

  it('a gap, an unknown kind and a short message are violations', async () => {
    for (const bad of [
      xlogData(position('0/3000001'), Buffer.alloc(1)),
      copyData(Buffer.from('z')),
      copyData(Buffer.from('wxx')),
      copyData(Buffer.alloc(0)),
      copyData(Buffer.from('m')),
    ]) {
      const { stream } = await startOn([bad]);
      expect((await pull(stream)).error).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      stream.destroy();
    }
  });

  it('an error inside the stream carries advice', async () => {
    const text = 'requested WAL segment 000000010000000000000003 has already been removed';
    const { stream } = await startOn([errorResponse({ S: 'ERROR', V: 'ERROR', C: '58P01', M: text })]);
    expect((await pull(stream)).error).toMatchObject({
      code: 'WAL_MISSING',
      kind: 'wal-removed',
      hint: { key: 'refusal.stream-removed' },
    });
  });

  it('tells a crash by the warning that came before the end', async () => {
    const crash = { S: 'WARNING', V: 'WARNING', C: '57P02', M: 'terminating connection because of crash' };
    const { stream, connection } = await startOn([noticeResponse(crash)]);
    const notices: unknown[] = [];
    connection.onNotice = ((listener) => (notice) => {
      notices.push(notice['C']);
      listener(notice);
    })(connection.onNotice);
    expect((await pull(stream)).error).toMatchObject({ code: 'SERVER_UNREACHABLE', kind: 'server-crashed' });
    expect(notices).toEqual(['57P02']);
    const quiet = await startOn([]);
    expect((await pull(quiet.stream)).error).toMatchObject({ kind: 'connection-lost' });
  });

  it('tells which timeline follows, and gives the connection back', async () => {
    const columns = rowDescription([
      { name: 'next_tli', oid: 20 },
      { name: 'next_tli_startpos', oid: 25 },
    ]);
    const next = [
      columns,
      dataRow(['2', '0/3000200']),
      commandComplete('SELECT'),
      commandComplete('X'),
      readyForQuery(),
    ];
    const { stream, connection } = await startOn([copyDone(), ...next]);
    expect((await pull(stream)).error).toBeUndefined();
    expect(stream.ending).toEqual({ reason: 'timeline', next: { timeline: 2, startLsn: position('0/3000200') } });
    expect(connection.sent.at(-1)).toBe('copy-done');
    expect(stream.release()).toBe(connection);
  });

  it('stops with CopyDone and waits for the answer', async () => {
    const end = [copyDone(), commandComplete('START_STREAMING'), readyForQuery()];
    const { stream, connection } = await startOn([xlogData(position('0/3000000'), Buffer.alloc(8)), ...end], {
      slot: 's',
    });
    await stream.next();
    stream.reportPositions({ received: stream.position, flushed: stream.position });
    stream.reportPositions({ flushed: position('0/1') });
    await stream.stop();
    const [update] = connection.statusUpdates;
    expect(update?.readBigUInt64BE(1)).toBe(position('0/3000008'));
    expect(update?.readBigUInt64BE(9)).toBe(position('0/3000008'));
    expect(connection.sent.at(-1)).toBe('copy-done');
    expect(connection.closed).toBe('closed');
  });

  it('refuses a database session and another instance', async () => {
    const database = Buffer.concat([
      rowDescription(['systemid', 'timeline', 'xlogpos', 'dbname'].map((name) => ({ name, oid: 25 }))),
      dataRow(['4711', '1', '0/3000000', 'postgres']),
      commandComplete('SELECT'),
      readyForQuery(),
    ]);
    const request = { startLsn: position('0/3000000'), timeline: 1 };
    const onDatabase = new MemoryConnection(database);
    await expect(startWalStream(onDatabase, opengauss, request)).rejects.toMatchObject({ code: 'USAGE' });
    expect(onDatabase.queries).toEqual(['IDENTIFY_SYSTEM']);
    const other = new MemoryConnection(begin);
    await expect(startWalStream(other, opengauss, { ...request, systemIdentifier: '1' })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    expect(other.queries).toEqual(['IDENTIFY_SYSTEM']);
  });
});

describe('the openGauss dialect', () => {
  const update = { received: position('0/5000000'), flushed: position('0/3000A28'), replyRequested: false };

  it('encodes the documented status reply', () => {
    // The example of `docs/design/opengauss.md`: time field f5 e4 d3 c2 a1 b0 02 00.
    const micros = 0x0002_b0a1_c2d3_e4f5n;
    const sentAtMs = Number((micros + 946_684_800_000_000n) / 1000n);
    const bytes = Buffer.from(littleEndianStructWal.encodeStatus({ ...update, sentAtMs }));
    expect(bytes.subarray(0, 49).toString('hex')).toBe(
      `72${'00'.repeat(16)}280a000300000000${'00'.repeat(16)}0300000007000000`,
    );
    expect(bytes.readBigInt64LE(49)).toBe((micros / 1000n) * 1000n);
    expect(bytes.subarray(57).toString('hex')).toBe('0000000010000000');
    expect(bigEndianWal.encodeStatus({ ...update, sentAtMs }).length).toBe(34);
  });

  it.each([
    [undefined, '0/4000000', 0n],
    ['s', '0/4000000', position('0/3FFFFFF')],
    ['s', '0/4000010', position('0/4000010')],
  ])('with slot %s, flushed %s is reported so', async (slot, flushed, reported) => {
    const { stream, connection } = await startOn([], { slot, capabilities: opengauss });
    stream.reportPositions({ flushed: position(flushed) });
    await stream.sendStatus();
    expect(connection.statusUpdates[0]?.readBigUInt64LE(17)).toBe(reported);
    stream.destroy();
  });

  it('passes over frames for others and refuses compressed WAL', async () => {
    const { stream } = await startOn(
      [
        ...['mport = 1', 'p', 'a', 'x', 'e', 'D', 'd', 'S'].map((text) => copyData(Buffer.from(text))),
        copyData(Buffer.from('C')),
      ],
      { capabilities: opengauss },
    );
    expect((await pull(stream)).error).toMatchObject({ sentence: { key: 'replication.wal-compressed' } });
  });

  it('stops without waiting for an answer', async () => {
    const { stream, connection } = await startOn([], { capabilities: opengauss });
    await stream.stop();
    expect(connection.sent.at(-1)).toBe('copy-done');
    expect(connection.closed).toBe('closed');
  });
});

describe('the status timer', () => {
  const requestsReply = (update: Buffer): boolean => update[33] === 1;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['none are asked for (-s 0)', 0],
    ['they are rarer than the time-out allows', 300_000],
  ])('asks an idle server for a sign of life when %s', async (_title, statusIntervalMs) => {
    const { stream, connection } = await startOn([], { statusIntervalMs });
    vi.advanceTimersByTime(39_000);
    expect(connection.statusUpdates).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(connection.statusUpdates.map(requestsReply)).toEqual([true]);
    stream.destroy();
    vi.advanceTimersByTime(600_000);
    expect(connection.statusUpdates).toHaveLength(1);
  });

  it('sends one at each interval, without asking for an answer while the server is heard', async () => {
    const { stream, connection } = await startOn([], { statusIntervalMs: 10_000 });
    vi.advanceTimersByTime(30_500);
    expect(connection.statusUpdates.map(requestsReply)).toEqual([false, false, false]);
    vi.advanceTimersByTime(10_000);
    expect(connection.statusUpdates.map(requestsReply)).toEqual([false, false, false, true]);
    stream.destroy();
  });

  it('keeps openGauss from cutting us: every 2 s at least', async () => {
    const { stream, connection } = await startOn([], { statusIntervalMs: 0, capabilities: opengauss });
    vi.advanceTimersByTime(10_500);
    expect(connection.statusUpdates).toHaveLength(5);
    stream.destroy();
  });
});

it('START_REPLICATION in both grammars', () => {
  const request = { startLsn: position('1/2000000'), timeline: 3 };
  expect(startReplicationCommand(postgresql, request)).toBe('START_REPLICATION PHYSICAL 1/2000000 TIMELINE 3');
  expect(startReplicationCommand(postgresql, { ...request, slot: 'a_1' })).toBe(
    'START_REPLICATION SLOT "a_1" PHYSICAL 1/2000000 TIMELINE 3',
  );
  expect(startReplicationCommand(opengauss, request)).toBe('START_REPLICATION 1/2000000');
  expect(startReplicationCommand(opengauss, { ...request, slot: 'a.1' })).toBe(
    'START_REPLICATION SLOT "a.1" 1/2000000',
  );
  expect(formatLsn(request.startLsn)).toBe('1/2000000');
});
