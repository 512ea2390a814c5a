import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { frame, position, tablespaceList } from '../../test/support/scripted/backup-messages.ts';
import {
  commandComplete,
  copyBothResponse,
  copyData,
  copyDone,
  copyOutResponse,
  dataRow,
  errorResponse,
  noticeResponse,
  readyForQuery,
  rowDescription,
} from '../../test/support/scripted/messages.ts';
import { identifySystem } from '../../test/support/scripted/backup-messages.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { BaseBackupEvent, BaseBackupRequest } from './base-backup.ts';
import { fetchMotCheckpoint } from './mot-checkpoint.ts';
import { startBaseBackup, type BaseBackupOptions } from './start-base-backup.ts';
import { startWalStream } from './start-wal-stream.ts';

const request: BaseBackupRequest = {
  label: 'l',
  progress: true,
  checkpoint: 'fast',
  includeWal: false,
  noWait: false,
  maxRateKib: undefined,
  tablespaceMap: false,
  verifyChecksums: true,
  manifest: { checksums: 'CRC32C', forceEncode: false },
};
const rows = tablespaceList([
  ['16384', '/ts', '10'],
  [null, null, '20'],
]);
const opening = [position('0/2000028', 1), rows];
const ending = [position('0/2000100', 1), commandComplete('BASE_BACKUP'), readyForQuery()];
const framed = [
  ...opening,
  frame.open(),
  frame.archive('16384.tar', '/ts'),
  frame.data(Buffer.from('tablespace')),
  frame.progress(10n),
  frame.archive('base.tar', ''),
  frame.data(Buffer.from('ba')),
  frame.data(Buffer.alloc(0)),
  frame.data(Buffer.from('se')),
  frame.manifest(),
  frame.data(Buffer.from('{}')),
  copyDone(),
  ...ending,
];

async function run(
  messages: readonly Buffer[],
  major = 17,
  { chunk, noWait = false, ...options }: BaseBackupOptions & { chunk?: number; noWait?: boolean } = {},
): Promise<{ seen: string[]; connection: MemoryConnection; last: BaseBackupEvent | undefined }> {
  const connection = new MemoryConnection(Buffer.concat(messages), chunk);
  const seen: string[] = [];
  let last: BaseBackupEvent | undefined;
  const capabilities = capabilitiesOf(identifyPostgresql(`${major}.0`));
  for await (const event of startBaseBackup(connection, capabilities, { ...request, noWait }, options)) {
    last = event;
    let text = '';
    if (event.type === 'archive' || event.type === 'manifest') {
      for await (const piece of event.content) text += Buffer.from(piece).toString();
    }
    seen.push(`${event.type}${event.type === 'archive' ? ` ${event.tablespace.oid ?? 'base'}` : ''} ${text}`.trim());
  }
  return { seen, connection, last };
}

describe('framed archives', () => {
  it.each([1, 2, 5, 7, 65_536])('in chunks of %i', async (chunk) => {
    const progress: bigint[] = [];
    const { seen, last } = await run(framed, 17, { chunk, onProgress: (done) => progress.push(done) });
    expect(seen).toEqual(['start', 'archive 16384 tablespace', 'archive base base', 'manifest {}', 'end']);
    expect(progress).toEqual([10n]);
    expect(last).toMatchObject({ endLsn: parseLsn('0/2000100'), timeline: 1, checksumFailure: undefined });
  });

  it('skips what the consumer does not read', async () => {
    const connection = new MemoryConnection(Buffer.concat(framed), 3);
    const types: string[] = [];
    for await (const event of startBaseBackup(connection, capabilitiesOf(identifyPostgresql('16.1')), request)) {
      types.push(event.type);
    }
    expect(types).toEqual(['start', 'archive', 'archive', 'manifest', 'end']);
  });

  it('a checksum failure comes with the end', async () => {
    const fields = { S: 'ERROR', V: 'ERROR', C: 'XX001', M: 'checksum verification failure during base backup' };
    const { last } = await run([...framed.slice(0, -2), errorResponse(fields), readyForQuery()]);
    expect(last).toMatchObject({ type: 'end', checksumFailure: fields });
  });

  it.each([
    ['an unknown archive', [...opening, frame.open(), frame.archive('../x.tar', '')]],
    ['an unknown kind', [...opening, frame.open(), copyData(Buffer.from('zzz'))]],
    ['an empty message', [...opening, frame.open(), copyData()]],
    ['too few archives', [...opening, frame.open(), frame.archive('base.tar', ''), copyDone()]],
    ['no start position', [rows]],
    ['no end position', [...framed.slice(0, -3), commandComplete('X')]],
    ['a copy instead of a list', [position('0/1', 1), copyOutResponse()]],
    [
      'the data directory twice',
      [
        position('0/1', 1),
        tablespaceList([
          [null, null, '1'],
          [null, null, '1'],
        ]),
      ],
    ],
    ['a bad size', [position('0/1', 1), tablespaceList([[null, null, '-1']])]],
    ['a bad position', [position('nonsense', 1)]],
  ])('%s is a protocol violation', async (_name, messages) => {
    await expect(run(messages)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });
});

describe('archives of PostgreSQL 14', () => {
  it('come one copy each, the manifest last', async () => {
    const copy = (text: string): Buffer[] => [copyOutResponse(), copyData(Buffer.from(text)), copyDone()];
    const { seen } = await run([...opening, ...copy('ts'), ...copy('base'), ...copy('{}'), ...ending], 14);
    expect(seen).toEqual(['start', 'archive 16384 ts', 'archive base base', 'manifest {}', 'end']);
  });
});

it('an error in the middle names the phase, the text and what to do', async () => {
  const error = errorResponse({
    S: 'ERROR',
    V: 'ERROR',
    C: '57P01',
    M: 'terminating connection due to administrator command',
  });
  await expect(run([...opening, frame.open(), frame.archive('16384.tar', ''), error])).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: 'could not read the data of the backup: ERROR:  terminating connection due to administrator command',
    hint: { key: 'refusal.stopped' },
  });
});

it('a file that the server left out ends the backup', async () => {
  const notice = noticeResponse({ S: 'WARNING', C: '01000', M: 'archive member "base/1/2" too large for tar format' });
  await expect(run([...opening, frame.open(), notice, ...framed.slice(3)])).rejects.toThrow(/left base\/1\/2 out/);
});

describe('waiting', () => {
  afterEach(() => vi.useRealTimers());

  it('is reported, and the time-out is off, until the start position', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const connection = new MemoryConnection(Buffer.alloc(0), 10, 'silence');
    const waits: string[] = [];
    const abort = new AbortController();
    const capabilities = capabilitiesOf(identifyPostgresql('17.0'));
    const options = { onWaiting: (what: string) => waits.push(what), signal: abort.signal };
    const first = startBaseBackup(connection, capabilities, request, options).next();
    await vi.waitFor(() => expect(connection.waits.length).toBe(1), { timeout: 100_000 });
    vi.advanceTimersByTime(25_000);
    expect(waits).toEqual(['start-position', 'start-position']);
    expect(connection.waits).toEqual([undefined]);
    abort.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect(connection.inactivityTimeoutMs).toBe(120_000);
    vi.advanceTimersByTime(25_000);
    expect(waits.length).toBe(2);
  });

  it('does not happen at the end when the server is not to wait for its archiver', async () => {
    const { connection } = await run(framed, 17, { chunk: 1, noWait: true });
    expect(connection.waits.at(-1)).toBe(120_000);
  });

  it('for the archiver begins with the notice of the server', async () => {
    const notice = noticeResponse({ S: 'NOTICE', V: 'NOTICE', C: '00000', M: 'base backup done, waiting' });
    const cut = framed.findIndex((message) => message.equals(frame.manifest()));
    const { connection } = await run([...framed.slice(0, cut), notice, ...framed.slice(cut)], 17, { chunk: 1 });
    expect(connection.waits.at(-1)).toBeUndefined();
    expect(connection.inactivityTimeoutMs).toBe(120_000);
  });
});

describe('the MOT checkpoint', () => {
  const opengauss = capabilitiesOf(identifyOpengauss('5.0.5'));
  const fetch = (...messages: Buffer[]): ReturnType<typeof fetchMotCheckpoint> =>
    fetchMotCheckpoint(new MemoryConnection(Buffer.concat(messages)), opengauss);

  it('is none where the server has none', async () => {
    expect(await fetch(commandComplete('SELECT'), readyForQuery())).toBeUndefined();
    const fatal = { S: 'FATAL', C: '08P01', M: 'invalid standby query string: FETCH_MOT_CHECKPOINT' };
    expect(await fetch(errorResponse(fatal))).toBeUndefined();
    await expect(fetch(errorResponse({ ...fatal, C: '58P01' }))).rejects.toMatchObject({ sqlState: '58P01' });
  });

  it('comes as one archive', async () => {
    const checkpoint = await fetch(
      rowDescription([{ name: 'chkptloc', oid: 25 }]),
      dataRow(['/data/chkpt_7']),
      commandComplete('SELECT'),
      copyOutResponse(),
      copyData(Buffer.from('mot')),
      copyDone(),
      commandComplete('SELECT'),
      readyForQuery(),
    );
    expect(checkpoint?.location).toBe('/data/chkpt_7');
    const pieces: string[] = [];
    for await (const piece of checkpoint!.content) pieces.push(Buffer.from(piece).toString());
    expect(pieces).toEqual(['mot']);
  });
});

describe('status updates of a WAL stream', () => {
  afterEach(() => vi.useRealTimers());

  it.each([
    ['openGauss, 10 s asked', identifyOpengauss('5.0.5'), 10_000, 3],
    ['openGauss, none asked', identifyOpengauss('5.0.5'), 0, 3],
    ['PostgreSQL, 2 s asked', identifyPostgresql('17.0'), 2000, 3],
    ['PostgreSQL, none asked', identifyPostgresql('17.0'), 0, 0],
  ])('go by the timer while nobody pulls: %s', async (_name, identity, statusIntervalMs, count) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const bytes = Buffer.concat([identifySystem('1', 1, '0/1000000'), copyBothResponse()]);
    const connection = new MemoryConnection(bytes);
    let clock = 0;
    // The clock of the host is put back by an hour meanwhile: that changes nothing.
    let now = 7_200_000;
    const stream = await startWalStream(
      connection,
      capabilitiesOf(identity),
      { startLsn: parseLsn('0/1000000'), timeline: 1 },
      { statusIntervalMs, passedMs: () => clock, now: () => now },
    );
    vi.advanceTimersByTime(6500);
    expect(connection.statusUpdates.length).toBe(count);
    // After a third of the inactivity time-out without a word, the server is asked for one.
    const asksForReply = (update: Buffer | undefined): boolean =>
      update !== undefined && (update.length === 65 ? update[57] : update[33]) === 1;
    expect(asksForReply(connection.statusUpdates.at(-1))).toBe(false);
    clock += 41_000;
    now -= 3_600_000;
    vi.advanceTimersByTime(2000);
    expect(asksForReply(connection.statusUpdates.at(-1))).toBe(count > 0);
    stream.destroy();
    vi.advanceTimersByTime(10_000);
    expect(connection.statusUpdates.length).toBe(count > 0 ? count + 1 : 0);
  });
});
