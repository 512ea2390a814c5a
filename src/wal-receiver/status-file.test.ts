import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { render, say } from '../messages/message.ts';
import { lsn } from '../wal/lsn.ts';
import type { ReceiverStatus } from './receiver-status.ts';
import { readStatusFile, StatusFile } from './status-file.ts';
import { parseReceiverRecord, receiverRecord } from './status-record.ts';

const root = mkdtempSync(join(tmpdir(), 'gausskeep-status-'));
afterAll(() => rmSync(root, { recursive: true }));
/** For what a loaded machine takes its time for. */
const patience = { interval: 5, timeout: 100_000 };
const frame = {
  atMs: 1_800_000_010_000,
  startedAtMs: 1_800_000_000_000,
  pid: 7,
  host: 'backup1',
  destination: 'directory /wal',
};
const fresh: ReceiverStatus = {
  state: 'connecting',
  server: undefined,
  systemIdentifier: undefined,
  timeline: undefined,
  receivedLsn: undefined,
  durableLsn: undefined,
  acknowledgedLsn: undefined,
  serverEndLsn: undefined,
  lagBytes: undefined,
  caughtUpAtMs: undefined,
  slot: undefined,
  reconnects: 0,
  receivedBytes: 0,
  gaps: [],
  problem: undefined,
};
const known = {
  ...fresh,
  state: 'streaming',
  server: 'db:5432',
  systemIdentifier: '18446744073709551615',
  timeline: 2,
  receivedLsn: lsn(0x1_0300_0060n),
  durableLsn: lsn(0x1_0300_0000n),
  acknowledgedLsn: lsn(0x1_0300_0000n),
  serverEndLsn: lsn(0x1_0300_0060n),
  lagBytes: 0x60,
  caughtUpAtMs: 1_800_000_007_500,
  slot: { name: 'one', retainedBytes: 4096 },
  reconnects: 3,
  receivedBytes: 1234,
  gaps: [{ timeline: 1, beginLsn: lsn(0x0300_0000n), endLsn: lsn(0x0500_0000n), reason: 'removed' }],
  problem: 'gone',
} satisfies ReceiverStatus;

describe('receiverRecord', () => {
  it('says what is known, and null for what is not', () => {
    expect(receiverRecord(fresh, frame)).toEqual({
      messageType: 'receiver',
      at: '2027-01-15T08:00:10.000Z',
      pid: 7,
      host: 'backup1',
      startedAt: '2027-01-15T08:00:00.000Z',
      state: 'connecting',
      destination: 'directory /wal',
      ...{ server: null, systemIdentifier: null, timeline: null, receivedLsn: null, durableLsn: null },
      ...{ acknowledgedLsn: null, serverEndLsn: null, lagBytes: null, lagSeconds: null, caughtUpAt: null, slot: null },
      ...{ reconnects: 0, receivedBytes: 0, gaps: [], problem: null, outcome: null, code: null },
    });
    expect(receiverRecord(known, frame)).toMatchObject({
      timeline: 2,
      receivedLsn: '1/3000060',
      lagBytes: 0x60,
      lagSeconds: 2,
      caughtUpAt: '2027-01-15T08:00:07.500Z',
      slot: { name: 'one', retainedBytes: 4096 },
      gaps: [{ timeline: 1, beginLsn: '0/3000000', endLsn: '0/5000000', reason: 'removed' }],
      problem: 'gone',
    });
  });

  it('an idle server is no lag while it is connected, nor after an end in order', () => {
    const idle = { ...known, lagBytes: 0, problem: undefined };
    expect(receiverRecord(idle, frame).lagSeconds).toBe(0);
    expect(receiverRecord({ ...idle, state: 'waiting' }, frame).lagSeconds).toBe(2);
    expect(receiverRecord({ ...idle, state: 'comparing' }, frame).lagSeconds).toBe(0);
    for (const outcome of ['stopped', 'end-position', 'server-ended'] as const) {
      const ended = { ...idle, state: 'ended' } as const;
      const lag = (change: Partial<ReceiverStatus>) =>
        receiverRecord({ ...ended, ...change }, { ...frame, end: { outcome } }).lagSeconds;
      expect(lag({}), outcome).toBe(0);
      // What the server wrote since the connection was lost, nobody knows.
      expect(lag({ problem: 'gone' }), outcome).toBe(2);
      expect(lag({ lagBytes: 1 }), outcome).toBe(2);
    }
    expect(receiverRecord(idle, { ...frame, end: { outcome: 'failed' } }).lagSeconds).toBe(2);
  });

  it('says how it ended', () => {
    const error = new BackupError('WAL_MISSING', say('receive.disconnected'));
    const failed = receiverRecord(known, { ...frame, end: { outcome: 'failed', error } });
    expect(failed).toMatchObject({ state: 'ended', outcome: 'failed', code: 'WAL_MISSING', problem: 'disconnected' });
    const stopped = receiverRecord(known, { ...frame, end: { outcome: 'stopped' } });
    expect(stopped).toMatchObject({ state: 'ended', outcome: 'stopped', code: null });
  });

  it('reads back what it wrote, and nothing else', () => {
    const record = receiverRecord(known, frame);
    expect(parseReceiverRecord(JSON.stringify({ ...record, later: 1 }), 'f')).toEqual({ ...record, later: 1 });
    for (const field of Object.keys(record)) {
      const damaged = { ...record, [field]: { wrong: true } };
      expect(() => parseReceiverRecord(JSON.stringify(damaged), 'f'), field).toThrow('not the status file');
    }
    for (const text of ['', '\0\0', '[]', 'null', JSON.stringify(record).slice(0, -2)]) {
      expect(() => parseReceiverRecord(text, 'f'), text).toThrow('"f" is not the status file of a WAL receiver');
    }
  });
});

describe('StatusFile', () => {
  const place = { directory: '', path: '' };
  const troubles: string[] = [];
  let count = 0;
  const open = () =>
    new StatusFile({
      path: place.path,
      record: () => receiverRecord({ ...known, receivedBytes: (count += 1) }, frame),
      onTrouble: (sentence) => troubles.push(render(sentence)),
    });
  const written = () => readStatusFile(place.path).receivedBytes;

  beforeEach(() => {
    place.directory = mkdtempSync(join(root, 'd'));
    place.path = join(place.directory, 'status.json');
    troubles.length = 0;
    count = 0;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => vi.useRealTimers());

  it('is written at once, each second and at the end, for everybody to read', async () => {
    const file = open();
    await vi.waitFor(() => expect(written()).toBe(1), patience);
    await vi.waitFor(() => {
      // A second in which it is still being written is left out.
      if (count < 2) vi.advanceTimersByTime(1000);
      expect(written()).toBe(2);
    }, patience);
    await file.finish();
    const last = written();
    expect(last).toBe(3);
    vi.advanceTimersByTime(10_000);
    expect(count).toBe(3);
    expect(readdirSync(place.directory)).toEqual(['status.json']);
    // The umask may take from it.
    expect([0o644, 0o640, 0o600]).toContain(statSync(place.path).mode & 0o777);
  });

  it('replaces what a killed run left under the temporary name, and writes through no link', async () => {
    const victim = join(place.directory, 'victim');
    writeFileSync(victim, 'kept');
    symlinkSync(victim, `${place.path}.new`);
    await open().finish();
    expect(readFileSync(victim, 'utf8')).toBe('kept');
    expect(readdirSync(place.directory).sort()).toEqual(['status.json', 'victim']);
    expect(troubles).toEqual([]);
  });

  it('tells once that it cannot be written, until it was written again', async () => {
    const inTheWay = join(place.path, 'full');
    mkdirSync(inTheWay, { recursive: true });
    const file = open();
    await vi.waitFor(() => expect(troubles).toHaveLength(1), patience);
    await vi.waitFor(() => {
      vi.advanceTimersByTime(1000);
      expect(count).toBeGreaterThanOrEqual(3);
    }, patience);
    expect(troubles).toEqual([expect.stringContaining(`could not write status file "${place.path}": `)]);
    rmSync(place.path, { recursive: true });
    await file.finish();
    expect(written()).toBe(count);
    expect(readdirSync(place.directory)).toEqual(['status.json']);
    expect(troubles).toHaveLength(1);
  });

  it('one that is not there, is no status, or cannot be read is told as that', () => {
    const code = (path: string): unknown => {
      try {
        readStatusFile(path);
      } catch (error) {
        return error instanceof BackupError ? error.code : error;
      }
      return undefined;
    };
    expect(code(place.path)).toBe('OBJECT_NOT_FOUND');
    writeFileSync(place.path, '');
    expect(code(place.path)).toBe('CORRUPT');
    expect(code(place.directory)).toBe('STORAGE_UNAVAILABLE');
  });
});
