import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { ReceiverRecord } from '../index.ts';
import { startDeadProcess } from '../../test/support/dead-process.ts';
import { mayRun } from './receive-status.ts';
import { judgeReceiver, receiverLines } from './receiver-text.ts';

const writtenMs = Date.parse('2027-01-15T08:00:10.000Z');
const record: ReceiverRecord = {
  messageType: 'receiver',
  at: '2027-01-15T08:00:10.000Z',
  pid: 7,
  host: 'backup1',
  startedAt: '2027-01-14T08:00:00.000Z',
  state: 'streaming',
  destination: 'archive /archive, generation 1',
  server: 'db:5432',
  systemIdentifier: '7000000000000000001',
  timeline: 1,
  receivedLsn: '1/3000060',
  durableLsn: '1/3000000',
  acknowledgedLsn: null,
  serverEndLsn: '1/3000060',
  lagBytes: 96,
  lagSeconds: 0,
  caughtUpAt: '2027-01-15T08:00:10.000Z',
  slot: null,
  reconnects: 1,
  receivedBytes: 5_000_000,
  gaps: [],
  problem: null,
  outcome: null,
  code: null,
};
const gap = { timeline: 1, beginLsn: '0/3000000', endLsn: '0/5000000', reason: 'already removed' };
const shown = (change: Partial<ReceiverRecord>, seconds = 1, hasProcess = true) => {
  const one = { ...record, ...change };
  const verdict = judgeReceiver(one, writtenMs + seconds * 1000, hasProcess);
  return { ...verdict, lines: receiverLines(one, verdict) };
};

describe('wal status', () => {
  it('is one screen', () => {
    expect(shown({}).lines).toEqual([
      'archive /archive, generation 1: receiving',
      'server:       db:5432, system identifier 7000000000000000001, timeline 1',
      'received:     1/3000060',
      'durable:      1/3000000',
      'acknowledged: none is told',
      'server end:   1/3000060',
      'lag:          96 B, 0 s',
      'amount:       4.8 MB since 2027-01-14T08:00:00.000Z, 1 reconnect',
    ]);
  });

  it('shows slot, gaps and the problem', () => {
    const slot = { name: 'one', retainedBytes: 3 * 2 ** 30 };
    const { lines, isWell } = shown({ slot, gaps: [gap], problem: 'gone', state: 'waiting', lagSeconds: 93_784 });
    expect(isWell).toBe(false);
    expect(lines).toEqual(
      expect.arrayContaining([
        'archive /archive, generation 1: waiting to connect again',
        'lag:          96 B, 1 d 2 h',
        'slot:         one, keeps 3.0 GB on the server',
        'gap:          0/3000000 to 0/5000000, timeline 1: already removed',
        'problem:      gone',
      ]),
    );
    expect(shown({ slot: { name: 'one', retainedBytes: null } }).lines).toContain(
      'slot:         one, keeps not known on the server',
    );
  });

  it.each([
    [{}, 10, true, 'receiving'],
    [{}, 11, false, 'may be dead: nothing was written since 2027-01-15T08:00:10.000Z, 11 s ago'],
    [{ state: 'connecting', server: null }, -5, true, 'connecting'],
    [{}, -3600, false, 'may be dead: it wrote last at 2027-01-15T08:00:10.000Z, which is 1 h ahead of the clock here'],
    [{ state: 'ended', outcome: 'stopped' }, 7200, true, 'stopped as it was told to'],
    [{ state: 'ended', outcome: 'end-position' }, 1, true, 'ended at the position that was asked for'],
    [
      { state: 'ended', outcome: 'end-position', receivedLsn: null, durableLsn: null },
      1,
      true,
      'ended: nothing was received, the WAL begins behind the position that was asked for',
    ],
    [{ state: 'ended', outcome: 'failed', code: 'WAL_MISSING', problem: 'x' }, 1, false, 'failed'],
    [
      { state: 'ended', outcome: 'server-ended' },
      1,
      false,
      'ended: the server ended the connection, and --no-loop was given',
    ],
    [{ gaps: [gap] }, 1, false, 'receiving'],
  ] as const)('%j after %d s', (change, seconds, isWell, condition) => {
    const found = shown(change, seconds);
    expect(found.isWell).toBe(isWell);
    expect(found.lines[0]).toBe(`archive /archive, generation 1: ${condition}`);
  });

  it('looks for a process of its own host only, one that has ended and nobody waited for is none', async () => {
    const dead = await startDeadProcess();
    expect(mayRun({ pid: dead.pid, host: hostname() })).toBe(false);
    dead.bury();
    const { pid } = spawnSync('true');
    expect(mayRun({ pid, host: hostname() })).toBe(false);
    expect(mayRun({ pid, host: 'another' })).toBe(true);
    expect(mayRun({ pid: process.pid, host: hostname() })).toBe(true);
  });

  it('says at once that the process is not there', () => {
    const gone = 'is not running: there is no process 7 on backup1, which wrote this at 2027-01-15T08:00:10.000Z';
    for (const seconds of [1, 60]) {
      const found = shown({}, seconds, false);
      expect(found).toMatchObject({ isGone: true, isWell: false });
      expect(found.lines[0]).toBe(`archive /archive, generation 1: ${gone}`);
    }
    const ended = shown({ state: 'ended', outcome: 'stopped' }, 1, false);
    expect(ended).toMatchObject({ isGone: false, isWell: true });
  });
});
