import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureBackup, fixtureLine } from '../../test/support/fixture-line.ts';
import { say } from '../messages/message.ts';
import { lsn, parseLsn } from '../wal/lsn.ts';
import { findWindow } from './find-window.ts';
import { listTransactions, type TransactionRange } from './list-transactions.ts';
import type { LineWindow, WalLine } from './recovery-window.ts';
import type { LineSegment } from './wal-line.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';

const line: WalLine = { generation: undefined, timeline: 1, history: [] };
let segments: LineSegment[];

beforeAll(async () => {
  segments = await fixtureLine();
});

const without = (...endings: string[]): LineSegment[] =>
  segments.filter(({ name }) => !endings.some((ending) => name.endsWith(ending)));
const indexOf = (segment: LineSegment): SegmentIndex => segment.content as SegmentIndex;

describe('the window of the recorded archive', () => {
  it('is one stretch, with its restore points and what the backup reaches', async () => {
    const window = await findWindow(line, segments, [fixtureBackup]);
    expect(window.gaps).toEqual([]);
    expect(window.stretches).toMatchObject([
      { segments: 6, commits: 15, aborts: 2, endLsn: parseLsn('0/2C000000'), unread: 0, end: { kind: 'end' } },
    ]);
    expect(window.restorePoints.map(({ name, isRepeated }) => [name, isRepeated])).toEqual([
      ['rp1', false],
      ['rp2', false],
      ['rp3', false],
    ]);
    expect(window.backups).toMatchObject([
      { consistentLsn: parseLsn('0/27000178'), endLsn: parseLsn('0/2C000000'), problem: undefined },
    ]);
  });

  it('says where it ends when the last segment is only half there', async () => {
    const last = segments.at(-1)!;
    const content = { ...indexOf(last), end: { kind: 'partial', lsn: parseLsn('0/2B000438'), reason: 'zero-length' } };
    const open = { ...last, content: content as SegmentIndex };
    const window = await findWindow(line, [...segments.slice(0, -1), open], []);
    expect(window.stretches.at(-1)?.end).toMatchObject({ kind: 'end', firstSegment: last.name });
  });

  it('shows a hole, and what the backup reaches before it', async () => {
    const window = await findWindow(line, without('28', '29'), [fixtureBackup]);
    expect(window.stretches.map(({ lastSegment }) => lastSegment.slice(-2))).toEqual(['27', '2B']);
    expect(window.gaps).toMatchObject([
      { kind: 'missing', segments: 2, firstSegment: segments[2]!.name, lastSegment: segments[3]!.name },
    ]);
    expect(window.backups[0]).toMatchObject({ endLsn: parseLsn('0/28000000'), endTimeUs: 1_795_210_038_000_000n });
  });

  it('shows a segment that cannot be read, one of another line, and one of which half is lost', async () => {
    const damaged = segments.map((segment) =>
      segment.name.endsWith('28') ? { ...segment, content: { damage: say('window.break.no-more') } } : segment,
    );
    expect((await findWindow(line, damaged, [])).gaps).toMatchObject([{ kind: 'damaged', segments: 1 }]);
    const forked = segments.map((segment) => {
      const first = { startLsn: indexOf(segment).first!.startLsn, previousLsn: lsn(0x28000100n) };
      return segment.name.endsWith('29') ? { ...segment, content: { ...indexOf(segment), first } } : segment;
    });
    expect((await findWindow(line, forked, [])).gaps).toMatchObject([
      { kind: 'fork', firstSegment: segments[3]!.name },
    ]);
    const torn = segments.map((segment) => {
      const end = { kind: 'partial', lsn: parseLsn('0/28000288'), reason: 'bad-checksum' } as const;
      return segment.name.endsWith('28') ? { ...segment, content: { ...indexOf(segment), end } } : segment;
    });
    expect((await findWindow(line, torn, [])).gaps).toMatchObject([
      { kind: 'damaged', firstSegment: segments[2]!.name },
    ]);
  });
});

describe('a damaged segment whose beginning cannot be replayed', () => {
  const named = (ending: string): LineSegment => segments.find(({ name }) => name.endsWith(ending))!;
  const broken = (ending: string): LineSegment[] =>
    segments.map((segment) => {
      if (segment !== named(ending)) return segment;
      const content = indexOf(segment);
      const damage = say('window.break.no-more');
      const end = { kind: 'partial', lsn: content.last!.endLsn, reason: 'input-ended', damage } as const;
      return {
        ...segment,
        content: { ...content, end },
        brokenBefore: say('window.break.nothing-valid', { name: 'it' }),
      };
    });

  it('is one gap, and nothing of it counts', async () => {
    const window = await findWindow(line, broken('28'), [fixtureBackup]);
    expect(window.gaps).toMatchObject([
      { kind: 'damaged', firstSegment: named('28').name, reason: { key: 'window.break.nothing-valid' } },
    ]);
    expect(window.stretches).toMatchObject([
      { lastSegment: named('27').name, endLsn: parseLsn('0/28000000') },
      { firstSegment: named('29').name, end: { kind: 'end' } },
    ]);
    expect(window.backups).toMatchObject([{ endLsn: parseLsn('0/28000000'), problem: undefined }]);
    expect(window.restorePoints.length).toBeLessThan((await findWindow(line, segments, [])).restorePoints.length);
  });

  it('serves a backup that begins in it', async () => {
    const window = await findWindow(line, broken('27'), [fixtureBackup]);
    const endLsn = indexOf(named('27')).last!.endLsn;
    expect(window.backups).toMatchObject([{ endLsn, problem: undefined }]);
  });
});

describe('a backup', () => {
  const rangeOf = async (changes: object, of = segments): Promise<LineWindow['backups'][number]> =>
    (await findWindow(line, of, [{ ...fixtureBackup, ...changes }])).backups[0]!;

  it('is of no use without the WAL that it begins with, or when that ends within it', async () => {
    expect((await rangeOf({}, without('26', '27'))).problem?.key).toBe('window.no-wal-of-backup');
    expect((await rangeOf({ stopLsn: parseLsn('0/2D000000') })).problem?.key).toBe('window.wal-ends-in-backup');
  });

  it('belongs to a line only where its checkpoint is', async () => {
    expect((await rangeOf({ checkpointLsn: parseLsn('0/270000B0') })).problem?.key).toBe('window.other-line');
  });

  it('of another timeline is none of this line', async () => {
    expect((await findWindow(line, segments, [{ ...fixtureBackup, timeline: 2 }])).backups).toEqual([]);
  });

  it('tells itself where it is consistent, as those of a standby do', async () => {
    const stopLsn = parseLsn('0/28000578');
    expect(await rangeOf({ stopLsn })).toMatchObject({
      consistentLsn: stopLsn,
      consistentTimeUs: 1_795_210_105_980_598n,
    });
  });
});

describe('transactions in a range', () => {
  const listed = async (range: TransactionRange): Promise<bigint[]> => {
    const found: bigint[] = [];
    for await (const { xid } of listTransactions(segments, range)) found.push(xid);
    return found;
  };

  it('are all without bounds, and within them otherwise', async () => {
    expect(await listed({})).toHaveLength(19);
    expect(await listed({ fromXid: 14248n, toXid: 14248n })).toEqual([14248n, 14248n]);
    expect(await listed({ fromLsn: parseLsn('0/28000380'), toLsn: parseLsn('0/28000530') })).toEqual([14243n, 14244n]);
    expect(await listed({ fromUs: 1_795_210_105_980_598n, toUs: 1_795_210_108_609_587n })).toEqual([14244n, 14245n]);
  });
});
