import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  between,
  fixtureBackup,
  fixtureHistory,
  fixtureLine,
  fixtureOutcomes,
  rowsAt,
  type HistoryLine,
  type Outcome,
} from '../../test/support/fixture-line.ts';
import { BackupError } from '../errors/backup-error.ts';
import { chinese } from '../messages/chinese.ts';
import { render } from '../messages/message.ts';
import type { RecoveryTarget } from '../server/recovery-target.ts';
import { stopRulesOf, suppliedStopRulesOf } from '../server/stop-rules.ts';
import { formatLsn, parseLsn } from '../wal/lsn.ts';
import type { ProofRequest } from './proof-request.ts';
import { proveTarget, type TargetProof } from './target-proof.ts';
import { Replay, type RecordPlace, type ReplayOutcome, type ReplayRequest } from './replay.ts';
import { parseTargetTime } from './target-time.ts';
import { parseTargetLsn } from './target.ts';
import { LineWalker, type LineSegment } from '../window/wal-line.ts';

const server = stopRulesOf('opengauss');
let line: LineSegment[];
let history: HistoryLine[];

beforeAll(async () => {
  line = await fixtureLine();
  history = await fixtureHistory();
});

function replay(request: ReplayRequest, segments: readonly LineSegment[]): ReplayOutcome {
  const walker = new LineWalker();
  const run = new Replay(request);
  for (const segment of segments) run.take(walker.step(segment));
  run.take(walker.finish());
  return run.outcome();
}

/** What the server makes of its settings: an xid wins over a name, that over a time and an LSN. */
function targetOf({ settings, hasRecoveryConf }: Outcome): RecoveryTarget {
  if (!hasRecoveryConf) return { kind: 'latest' };
  const [xid, name, time, position] = ['xid', 'name', 'time', 'lsn'].map((kind) =>
    settings.get(`recovery_target_${kind}`),
  );
  if (xid !== undefined) return { kind: 'xid', xid: BigInt(xid) };
  if (name !== undefined) return { kind: 'name', name };
  if (time !== undefined) return { kind: 'time', timeUs: parseTargetTime(time, undefined).timeUs };
  return position === undefined ? { kind: 'latest' } : { kind: 'lsn', lsn: parseTargetLsn(position) };
}

function isInclusive({ settings }: Outcome): boolean {
  return settings.get('recovery_target_inclusive') !== 'false';
}

/** The recorded LSN target is a commit, which every rule can stop at. */
function recordOf(target: RecoveryTarget): RecordPlace | undefined {
  return target.kind === 'lsn' ? history.find(({ startLsn }) => startLsn === target.lsn) : undefined;
}

/** Which WAL the server had: what the backup brought, where nothing could be fetched. */
function walOf({ settings, hasRecoveryConf }: Outcome): LineSegment[] {
  const hasArchive = hasRecoveryConf && settings.get('restore_command')?.includes('archive_pitr') === true;
  return between(line, 0x2700_0000n, hasArchive ? undefined : 0x2800_0000n);
}

const scenarios = (await fixtureOutcomes()).map((outcome) => [outcome.scenario, outcome] as const);
const started = scenarios.filter(([, { replayedLsn }]) => replayedLsn !== undefined);
const refused = scenarios.filter(([, { replayedLsn }]) => replayedLsn === undefined);

it('knows all recorded recoveries', () => {
  expect(scenarios).toHaveLength(32);
  expect(refused.map(([name]) => name)).toEqual(['bad_parameter', 'bad_lsn', 'bad_time']);
});

describe('what a live openGauss did is what is foretold', () => {
  it.each(started)('%s', (_, outcome) => {
    const target = targetOf(outcome);
    const inclusive = isInclusive(outcome);
    const request = { backup: fixtureBackup, target, inclusive, rules: server, lsnRecord: recordOf(target) };
    const told = replay(request, walOf(outcome));
    expect(told.consistentLsn).toBe(parseLsn('0/27000178'));
    const end = told.stop?.lsn ?? told.endLsn!;
    expect(formatLsn(end)).toBe(formatLsn(outcome.replayedLsn!));
    expect(rowsAt(history, end)).toBe(outcome.rows);
    const stopping = /recovery stopping (before|after) (commit|abort) of transaction (\d+)/.exec(outcome.log);
    const stop = told.stop?.event;
    if (stopping === null) {
      expect(told.stop === undefined || target.kind === 'lsn').toBe(true);
    } else if (target.kind === 'name') {
      expect(stop).toMatchObject({ kind: 'restore-point', name: target.name });
    } else {
      expect(told.stop).toMatchObject({ how: stopping[1], event: { kind: stopping[2], xid: BigInt(stopping[3]!) } });
    }
    expect(told.firstLost?.startLsn).toBe(
      history.find(({ startLsn, kind }) => startLsn >= end && /^(commit|abort)/.test(kind) && walOf(outcome).length > 1)
        ?.startLsn,
    );
  });

  it.each([
    ['bad_lsn', () => parseTargetLsn('zz')],
    ['bad_time', () => parseTargetTime('not a time', undefined)],
  ])('%s is refused before anything is written', (_, parse) => {
    expect(parse).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

function prove(
  target: RecoveryTarget,
  options: Partial<ProofRequest> = {},
  segments = between(line, 0x2700_0000n),
): TargetProof {
  const supply = options.supply ?? 'whole';
  const rules = supply === 'exact' ? suppliedStopRulesOf('opengauss') : server;
  const request: ProofRequest = {
    backup: fixtureBackup,
    target,
    inclusive: true,
    action: 'pause',
    rules,
    supply,
    allowEndOfWal: false,
    ...options,
  };
  return proveTarget(request, replay({ ...request, lsnRecord: recordOf(target) }, segments));
}

function time(text: string): RecoveryTarget {
  return { kind: 'time', timeUs: parseTargetTime(`2026-11-20 ${text}Z`, undefined).timeUs };
}

describe('by restore_command, what the server would do wrongly is refused', () => {
  it.each([
    [
      'the xid of a prepared transaction',
      { kind: 'xid', xid: 14248n } as const,
      /prepared/,
      /copy.*commit prepared 14248/,
    ],
    [
      'a time that lets COMMIT PREPARED through',
      time('21:28:33.5'),
      /would go on through commit prepared 14248/,
      /copy/,
    ],
    ['an unknown xid', { kind: 'xid', xid: 99999n } as const, /not in the WAL/, /commit 14258 .*--allow-end-of-wal/],
    [
      'an xid from before the backup',
      { kind: 'xid', xid: 13_000n } as const,
      /the backup is too new/,
      /Choose an older/,
    ],
    ['an unknown name', { kind: 'name', name: 'nosuch' } as const, /not in the WAL/, /rp1, rp2, rp3/],
    ['a time behind the last commit', time('21:30:00'), /behind the last commit/, /commit 14258/],
    [
      'an LSN behind the end',
      { kind: 'lsn', lsn: parseLsn('0/FF000000') } as const,
      /ends at 0\/2C000000/,
      /0\/2C000000/,
    ],
    ['a time before the backup', time('21:20:00'), /consistent only from 0\/27000178/, /2026-11-20 21:27:18\+00/],
    ['immediate', { kind: 'immediate' } as const, /cannot be told/, /copy/],
  ])('%s', (_, target, message, hint) => {
    const error = refusal(() => prove(target));
    expect(error.code).toBe('TARGET_UNREACHABLE');
    expect(error.message).toMatch(message);
    expect(render(error.hint!)).toMatch(hint);
  });

  it('says it in the language of the reader, to the transactions and places in it', () => {
    const over = refusal(() => prove(time('21:28:33.5')));
    expect(render(over.sentence, chinese)).toMatch(/继续越过提交预备事务 14248（2026-11-20 .*，0\/[0-9A-F]+）$/);
    const unknown = refusal(() => prove({ kind: 'xid', xid: 99999n }));
    expect(render(unknown.hint!, chinese)).toMatch(
      /^最近的：提交 14258（.*）。要改为恢复到回放能到达的末尾：--allow-end-of-wal。$/,
    );
    const holed = between(line, 0x2700_0000n).filter(({ name }) => !name.endsWith('29'));
    const gap = refusal(() => prove({ kind: 'latest' }, {}, holed));
    expect(render(gap.sentence, chinese)).toMatch(
      /^无法到达 WAL 末尾：WAL 只能回放到 0\/29000000（缺失：.*（1 个段））$/,
    );
  });

  it('goes to the end of the WAL when that was allowed, and gives the server no target that it cannot meet', () => {
    const proof = prove({ kind: 'xid', xid: 99999n }, { allowEndOfWal: true });
    expect(proof).toMatchObject({
      stop: undefined,
      endLsn: parseLsn('0/2C000000'),
      written: { target: { kind: 'latest' } },
    });
    expect(proof.lastKept).toMatchObject({ kind: 'commit', xid: 14258n });
    expect(proof.notes.map((note) => note.key)).toContain('window.note.end-of-wal');
  });

  it('warns of what a restart does while the server is paused', () => {
    const keys = (target: RecoveryTarget) => prove(target).notes.map(({ key }) => key);
    expect(keys(time('21:28:25'))).toEqual(['window.note.restart-time']);
    expect(keys({ kind: 'xid', xid: 14244n })).toEqual(['window.note.restart']);
    expect(keys({ kind: 'lsn', lsn: parseLsn('0/28000530') })).toEqual([]);
  });

  it('says that a time near the begin of the backup is not told apart from what the backup holds', () => {
    const began = prove({ kind: 'latest' }, { allowEndOfWal: true }).consistentTimeUs!;
    // The fixture commits nothing during the backup: this is the whole second of its checkpoint.
    expect(began % 1_000_000n).toBe(0n);
    const keys = (timeUs: bigint) => prove({ kind: 'time', timeUs }).notes.map(({ key }) => key);
    expect(keys(began + 1_999_999n)).toContain('window.note.same-second');
    expect(keys(began + 2_000_000n)).not.toContain('window.note.same-second');
  });

  it('says where it goes no further: a hole, with what can be reached before it', () => {
    const holed = between(line, 0x2700_0000n).filter(({ name }) => !name.endsWith('29'));
    const error = refusal(() => prove({ kind: 'xid', xid: 14254n }, {}, holed));
    expect(error.message).toMatch(/up to 0\/29000000 only \(missing: 0{7}1.*29 to .*29 \(1 segment\)\)/);
    expect(render(error.hint!)).toMatch(/14244/);
  });

  it('misses the WAL of the backup itself', () => {
    expect(refusal(() => prove({ kind: 'latest' }, {}, between(line, 0x2800_0000n))).code).toBe('WAL_MISSING');
  });
});

describe('by copy the WAL ends exactly at the target', () => {
  const xid = (value: bigint): RecoveryTarget => ({ kind: 'xid', xid: value });
  const at = (position: string): RecoveryTarget => ({ kind: 'lsn', lsn: parseLsn(position) });
  // What was asked for; end of the WAL that is given; what the server is told so that it pauses there; rows.
  it.each([
    ['a time after C', time('21:28:26'), true, '0/28000578', xid(14244n), 'before-backup A B C'],
    ['the time of C', time('21:28:25.980598'), true, '0/28000578', xid(14244n), 'before-backup A B C'],
    ['the time of C, exclusive', time('21:28:25.980598'), false, '0/28000438', at('0/280003C8'), 'before-backup A B'],
    ['xid of C', xid(14244n), true, '0/28000578', xid(14244n), 'before-backup A B C'],
    ['xid of C, exclusive', xid(14244n), false, '0/28000438', at('0/280003C8'), 'before-backup A B'],
    ['an aborted xid', xid(14246n), true, '0/29000378', xid(14246n), 'before-backup A B C D'],
    ['rp1', { kind: 'name', name: 'rp1' } as const, true, '0/28000438', at('0/280003C8'), 'before-backup A B'],
    ['immediate', { kind: 'immediate' } as const, true, '0/27000178', at('0/27000148'), 'before-backup'],
    ['COMMIT PREPARED', xid(14248n), true, '0/29000910', undefined, 'before-backup A B C D E F G'],
    ['a time before COMMIT PREPARED', time('21:28:33.5'), true, '0/290008A8', xid(14249n), 'before-backup A B C D E G'],
    ['a time behind PREPARE', time('21:28:32.5'), true, '0/29000768', undefined, 'before-backup A B C D E'],
    ['an LSN at a commit', at('0/28000530'), true, '0/28000578', xid(14244n), 'before-backup A B C'],
    ['that, exclusive', at('0/28000530'), false, '0/28000530', undefined, 'before-backup A B'],
  ] as const)('%s', (_, target, inclusive, end, told, rows) => {
    const proof = prove(target, { supply: 'exact', inclusive });
    expect(formatLsn(proof.cutLsn!)).toBe(end);
    expect(proof.neededEndLsn).toBe(proof.cutLsn);
    expect(proof.written.target).toEqual(told ?? { kind: 'latest' });
    expect(proof.pause).toBe(told === undefined ? 'impossible' : 'yes');
    expect(rowsAt(history, proof.cutLsn!).split(' |')[0]).toBe(rows);
  });

  it('counts what is lost, and names the prepared transaction that stays open', () => {
    const proof = prove(time('21:28:33.5'), { supply: 'exact' });
    expect(proof.firstLost).toMatchObject({ kind: 'commit-prepared', xid: 14248n });
    expect(proof.lastKept).toMatchObject({ kind: 'commit', xid: 14249n });
    expect([proof.lostCommits, proof.lostAborts]).toEqual([9, 1]);
    expect(proof.leftPrepared).toMatchObject([{ xid: 14248n, gid: 'gid1' }]);
  });
});

it('a later target keeps at least what an earlier one keeps', () => {
  const first = history[0]!.timeUs!;
  const moment = fc.bigInt({ min: first, max: first + 30_000_000n });
  fc.assert(
    fc.property(moment, moment, fc.boolean(), fc.constantFrom('exact', 'whole'), (a, b, inclusive, supply) => {
      const rules = supply === 'exact' ? suppliedStopRulesOf('opengauss') : server;
      const end = (timeUs: bigint): bigint => {
        const told = replay({ backup: fixtureBackup, target: { kind: 'time', timeUs }, inclusive, rules }, line);
        return told.stop?.lsn ?? told.endLsn!;
      };
      const [earlier, later] = a < b ? [a, b] : [b, a];
      expect(end(earlier) <= end(later)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('keeps and loses every transaction once, whatever the target', () => {
  const all = replay({ backup: fixtureBackup, target: { kind: 'latest' }, inclusive: true, rules: server }, line);
  const target = fc.oneof(
    fc
      .constantFrom(...history.flatMap(({ xid }) => (xid === undefined ? [] : [xid])))
      .map((xid) => ({ kind: 'xid' as const, xid })),
    fc
      .constantFrom(...history.flatMap(({ timeUs }) => (timeUs === undefined ? [] : [timeUs])))
      .map((timeUs) => ({ kind: 'time' as const, timeUs })),
    fc.constantFrom('rp1', 'rp2', 'rp3', 'none').map((name) => ({ kind: 'name' as const, name })),
  );
  fc.assert(
    fc.property(
      target,
      fc.boolean(),
      fc.constantFrom(server, suppliedStopRulesOf('opengauss')),
      (wanted, inclusive, rules) => {
        const told = replay({ backup: fixtureBackup, target: wanted, inclusive, rules }, line);
        expect(told.keptCommits + told.lostCommits).toBe(all.keptCommits);
        expect(
          told.firstLost === undefined ||
            told.lastKept === undefined ||
            told.lastKept.endLsn <= told.firstLost.startLsn,
        ).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

function refusal(act: () => unknown): BackupError {
  try {
    act();
  } catch (error) {
    if (error instanceof BackupError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
