/** Stop rules of PostgreSQL on WAL made up of events. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecoveryTarget } from '../server/recovery-target.ts';
import { stopRulesOf } from '../server/stop-rules.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import type { TransactionEvent, WalEvent } from '../wal/wal-event.ts';
import type { WindowBackup } from '../window/recovery-window.ts';
import { Replay, type ReplayOutcome } from './replay.ts';
import type { LineItem } from '../window/wal-line.ts';
import { say } from '../messages/message.ts';

const base = 0x100_0000n;
const rules = stopRulesOf('postgresql');
const at = (offset: number): Lsn => lsn(base + BigInt(offset));
const place = (offset: number, length = 64): { startLsn: Lsn; endLsn: Lsn } => ({
  startLsn: at(offset),
  endLsn: at(offset + length),
});

function transaction(
  kind: TransactionEvent['kind'],
  offset: number,
  xid: bigint,
  timeUs: bigint,
  more: Partial<TransactionEvent> = {},
): TransactionEvent {
  return { kind, ...place(offset), headerXid: xid, xid, subxids: [], timeUs, gid: undefined, droppedFiles: 0, ...more };
}

const opening: WalEvent[] = [
  {
    kind: 'checkpoint',
    ...place(100),
    isShutdown: false,
    redoLsn: at(40),
    timeline: 1,
    previousTimeline: 1,
    fullPageWrites: true,
    nextXid: 10n,
    timeUs: 1_000n,
  },
  { kind: 'backup-end', ...place(400), backupStartLsn: at(40) },
];
const backup: WindowBackup = {
  name: 'b',
  label: undefined,
  startLsn: at(40),
  checkpointLsn: at(100),
  timeline: 1,
  stopLsn: undefined,
};

function replay(
  events: readonly WalEvent[],
  target: RecoveryTarget,
  { inclusive = true, lsnRecord = undefined as { startLsn: Lsn; endLsn: Lsn } | undefined } = {},
): ReplayOutcome {
  const run = new Replay({ backup, target, inclusive, rules, lsnRecord });
  const items: LineItem[] = [...opening, ...events].map((event) => ({ kind: 'event', event, segment: 's' }));
  run.take(items);
  const broken = {
    kind: 'end',
    firstSegment: 's',
    lastSegment: 's',
    segments: 1,
    reason: say('window.break.no-more'),
  } as const;
  run.take([{ kind: 'break', endLsn: at(100_000), break: broken }]);
  return run.outcome();
}

const commit = transaction('commit', 500, 11n, 2_000n);
const prepare = transaction('prepare', 600, 12n, 2_500n, { gid: 'g' });
const second = transaction('commit', 700, 13n, 3_000n, { subxids: [14n, 15n] });
const committed = transaction('commit-prepared', 800, 12n, 4_000n, { gid: 'g' });
const aborted = transaction('abort', 900, 16n, 5_000n);
const events: WalEvent[] = [commit, prepare, second, committed, aborted];

describe('PostgreSQL stops', () => {
  it.each([
    ['after an xid', { kind: 'xid', xid: 13n }, true, second.endLsn],
    ['before an xid', { kind: 'xid', xid: 13n }, false, second.startLsn],
    ['at an xid whatever the epoch above it', { kind: 'xid', xid: (3n << 32n) | 13n }, true, second.endLsn],
    ['at the end of a prepared transaction', { kind: 'xid', xid: 12n }, true, committed.endLsn],
    ['at an abort', { kind: 'xid', xid: 16n }, true, aborted.endLsn],
    ['before the first end later than a time', { kind: 'time', timeUs: 3_000n }, true, committed.startLsn],
    ['before the first end at a time, exclusive', { kind: 'time', timeUs: 3_000n }, false, second.startLsn],
    ['as soon as it is consistent', { kind: 'immediate' }, true, at(464)],
  ] as const)('%s', (_, target, inclusive, end) => {
    expect(replay(events, target, { inclusive }).stop?.lsn).toBe(end);
  });

  it('after the first restore point of a name, and knows the others', () => {
    const point = (offset: number): WalEvent => ({ kind: 'restore-point', ...place(offset), name: 'rp', timeUs: 1n });
    const told = replay([commit, point(560), second, point(1000)], { kind: 'name', name: 'rp' });
    expect(told.stop).toMatchObject({ how: 'after', lsn: at(624) });
    expect(told.named.map(({ startLsn, isRepeated }) => [startLsn, isRepeated])).toEqual([
      [at(560), false],
      [at(1000), true],
    ]);
  });

  it('at a record for an LSN, which need not be one that the index knows', () => {
    const target = { kind: 'lsn', lsn: at(650) } as const;
    const lsnRecord = place(664, 32);
    expect(replay(events, target, { lsnRecord }).stop).toMatchObject({ how: 'after', lsn: at(696) });
    expect(replay(events, target, { lsnRecord, inclusive: false }).stop).toMatchObject({ how: 'before', lsn: at(664) });
    expect(replay(events, target, { lsnRecord })).toMatchObject({ lastKept: { xid: 11n }, firstLost: { xid: 13n } });
    expect(replay(events, target).stop).toBeUndefined();
  });

  it('is not met by the record behind a hole', () => {
    const lsnRecord = place(3 << 20, 32);
    const target = { kind: 'lsn', lsn: at(1 << 20) } as const;
    const run = new Replay({ backup, target, inclusive: false, rules, lsnRecord });
    const index = { startLsn: at(0), segmentSizeBytes: 1 << 20 };
    const segment = { kind: 'segment', segment: { name: 's' }, index, isFirst: true } as unknown as LineItem;
    run.take([segment, ...opening.map((event): LineItem => ({ kind: 'event', event, segment: 's' }))]);
    const places = { firstSegment: 't', lastSegment: 'u', segments: 2 };
    const broken = { kind: 'missing', ...places, reason: say('window.break.no-more') } as const;
    run.take([{ kind: 'break', endLsn: at(500), break: broken }]);
    expect(run.outcome()).toMatchObject({ stop: undefined, consistentLsn: at(464), endLsn: at(500) });
  });

  it('before a page header, where the record that it stops before is the first of its page', () => {
    const first = transaction('commit', 2 * 8192 + 24, 20n, 9_000n);
    expect(replay([commit, first], { kind: 'xid', xid: 20n }, { inclusive: false }).stop?.lsn).toBe(at(2 * 8192));
    const other = transaction('commit', 2 * 8192 + 40, 20n, 9_000n);
    expect(replay([commit, other], { kind: 'xid', xid: 20n }, { inclusive: false }).stop?.lsn).toBe(at(2 * 8192 + 40));
    const inSegment = transaction('commit', 40 + 16 * 1024 * 1024, 20n, 9_000n);
    expect(replay([commit, inSegment], { kind: 'xid', xid: 20n }, { inclusive: false }).stop?.lsn).toBe(
      at(16 * 1024 * 1024),
    );
  });

  it('names what is left prepared, and the transaction of a subtransaction', () => {
    expect(replay(events, { kind: 'xid', xid: 13n }).leftPrepared).toMatchObject([{ xid: 12n, gid: 'g' }]);
    expect(replay(events, { kind: 'xid', xid: 12n }).leftPrepared).toEqual([]);
    expect(replay(events, { kind: 'xid', xid: 15n }).neighbours.parent).toMatchObject({ xid: 13n });
  });

  it('is not consistent where the checkpoint of the backup is not', () => {
    const run = new Replay({ backup, target: { kind: 'latest' }, inclusive: true, rules });
    run.take([opening[1]!, ...events].map((event): LineItem => ({ kind: 'event', event, segment: 's' })));
    expect(run.outcome()).toMatchObject({ hasCheckpoint: false, consistentLsn: undefined });
  });

  it('two commits in one microsecond: both or neither', () => {
    const pair = [transaction('commit', 500, 11n, 2_000n), transaction('commit', 600, 12n, 2_000n)];
    expect(replay([...pair, second], { kind: 'time', timeUs: 2_000n })).toMatchObject({
      keptCommits: 2,
      lostCommits: 1,
    });
    const excluded = replay([...pair, second], { kind: 'time', timeUs: 2_000n }, { inclusive: false });
    expect(excluded).toMatchObject({ keptCommits: 0, lostCommits: 3, firstLost: { xid: 11n } });
  });
});

it('what an exclusive target keeps, the inclusive one keeps too', () => {
  const kinds = fc.constantFrom<TransactionEvent['kind']>('commit', 'abort', 'commit-prepared', 'abort-prepared');
  const history = fc.array(fc.record({ kind: kinds, timeUs: fc.bigInt({ min: 2_000n, max: 2_020n }) }), {
    maxLength: 20,
  });
  const target = fc.oneof(
    fc.bigInt({ min: 1_990n, max: 2_030n }).map((timeUs): RecoveryTarget => ({ kind: 'time', timeUs })),
    fc.bigInt({ min: 95n, max: 125n }).map((xid): RecoveryTarget => ({ kind: 'xid', xid })),
  );
  fc.assert(
    fc.property(history, target, (entries, wanted) => {
      const made = entries.map(({ kind, timeUs }, index) =>
        transaction(kind, 500 + index * 100, 100n + BigInt(index), timeUs),
      );
      const [within, without] = [true, false].map((inclusive) => replay(made, wanted, { inclusive }));
      expect(without!.keptCommits).toBeLessThanOrEqual(within!.keptCommits);
      for (const told of [within!, without!]) {
        const commits = made.filter(({ kind }) => kind.startsWith('commit')).length;
        expect(told.keptCommits + told.lostCommits).toBe(commits);
      }
    }),
  );
});
