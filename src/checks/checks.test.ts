import { describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { examinationOf } from '../server/examination.ts';
import { identifyPostgresql, type ServerIdentity } from '../server/identity.ts';
import { judgeServer } from './all-checks.ts';
import { worstOf, type CheckName, type ServerFinding } from './server-finding.ts';
import type { ServerFacts } from './server-facts.ts';
import { space } from './space-checks.ts';

const mebibyte = 1024n ** 2n;
const opengauss: ServerIdentity = {
  family: 'opengauss',
  product: 'openGauss',
  version: '5.0.5',
  major: 5,
  minor: 0,
};

type Changes = Partial<Omit<ServerFacts, 'settings' | 'examination'>> & {
  readonly settings?: Readonly<Record<string, string>>;
};

function facts({ settings = {}, identity = identifyPostgresql('17.2'), ...changes }: Changes = {}): ServerFacts {
  return {
    identity,
    examination: examinationOf(identity),
    user: 'backup',
    settings: new Map(Object.entries(settings).map(([name, value]) => [name, { value, unit: undefined }])),
    walSenders: 0,
    slots: [],
    archiver: undefined,
    runningBackups: 0,
    tablespaces: [],
    sizeBytes: 0n,
    clock: { aheadMs: 0, uncertaintyMs: 1 },
    ...changes,
  };
}

function found(check: CheckName, changes: Changes): Pick<ServerFinding, 'severity'> & { what: string } {
  const [finding, further] = judgeServer(facts(changes)).filter((one) => one.check === check);
  if (finding === undefined || further !== undefined) throw new Error(`not one finding of ${check}`);
  return { severity: finding.severity, what: render(finding.what) };
}

describe('checks of a server', () => {
  it('what was not told is unknown, never ok', () => {
    const nothing = facts({
      ...{ walSenders: undefined, slots: undefined, runningBackups: undefined, tablespaces: undefined },
      ...{ clock: undefined, identity: { ...opengauss, version: undefined, major: undefined, minor: undefined } },
    });
    const findings = judgeServer(nothing);
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['unknown']));
    expect(worstOf(findings)).toBe('unknown');
  });

  it('each warning and error says why it matters and what mends it', () => {
    const bad = facts({
      identity: identifyPostgresql('14.0'),
      settings: {
        ...{ wal_level: 'minimal', max_wal_senders: '0', synchronous_standby_names: '*', archive_mode: 'on' },
        ...{ archive_command: '', fsync: 'off', full_page_writes: 'off', data_checksums: 'off' },
      },
      runningBackups: 1,
      clock: { aheadMs: 9000, uncertaintyMs: 10 },
    });
    const serious = judgeServer(bad).filter(({ severity }) => severity === 'warning' || severity === 'error');
    expect(serious.length).toBeGreaterThan(9);
    for (const { check, why, fix } of serious) expect([check, why, fix]).not.toContain(undefined);
  });

  it.each([
    ['14.3', 'warning'],
    ['14.4', 'ok'],
    ['13.4', 'warning'],
    ['13.5', 'ok'],
    ['18.0', 'ok'],
  ] as const)('release %s: %s', (version, severity) => {
    expect(found('release', { identity: identifyPostgresql(version) }).severity).toBe(severity);
  });

  it.each([
    ['*', 'warning'],
    ['a, GS_BaseBackup', 'warning'],
    ['FIRST 2 (a, "gausskeep")', 'warning'],
    ['ANY 1 (a, b)', 'ok'],
    ['gs_basebackup_2', 'ok'],
    ['', 'ok'],
  ] as const)('synchronous_standby_names %s: %s', (names, severity) => {
    expect(found('standby-names', { settings: { synchronous_standby_names: names } }).severity).toBe(severity);
  });

  it('a clock is wrong only by more than the question took', () => {
    const severityOf = (aheadMs: number, uncertaintyMs: number) =>
      found('clock', { clock: { aheadMs, uncertaintyMs } }).severity;
    expect([severityOf(1900, 0), severityOf(5000, 4000), severityOf(-3000, 10)]).toEqual(['ok', 'ok', 'warning']);
  });

  it('a slot counts by what it holds for nobody', () => {
    const slot = { name: "it's", active: false, temporary: false, lost: undefined };
    const held = (heldBytes: bigint | undefined, active = false) =>
      judgeServer(facts({ slots: [{ ...slot, heldBytes, active }] })).find(({ check }) => check === 'slots');
    expect(held(undefined)?.severity).toBe('ok');
    expect(held(1023n * mebibyte)?.severity).toBe('ok');
    expect(held(4096n * mebibyte, true)?.severity).toBe('ok');
    const idle = held(4096n * mebibyte);
    expect(idle?.fix && render(idle.fix)).toMatch(`pg_drop_replication_slot('it''s')`);
  });

  it('archiving failed where the last attempt did, not where one ever did', () => {
    const archiver = { archivedCount: 5n, lastArchivedName: 'A', failedCount: 3n, lastFailedName: 'B' };
    const severityOf = (lastArchivedMs: number, lastFailedMs: number) =>
      found('archive-failures', {
        settings: { archive_mode: 'on', archive_command: 'x' },
        archiver: { ...archiver, lastArchivedMs, lastFailedMs },
      }).severity;
    expect([severityOf(2000, 1000), severityOf(1000, 2000)]).toEqual(['ok', 'error']);
  });

  it('on openGauss a directory archives before the command, and a second backup ends the protection of the first', () => {
    const settings = { archive_mode: 'on', archive_dest: '/archive', archive_command: 'cp %p /elsewhere/%f' };
    expect(found('archive-command', { identity: opengauss, settings })).toEqual({
      severity: 'error',
      what: 'archive_dest (/archive) is set, so that archive_command (cp %p /elsewhere/%f) is never run',
    });
    expect(found('running-backups', { identity: opengauss, runningBackups: 1 }).severity).toBe('error');
    const pruning = (max_size_for_xlog_prune: string) =>
      found('wal-pruning', { identity: opengauss, settings: { enable_xlog_prune: 'on', max_size_for_xlog_prune } });
    expect([pruning('1048576').severity, pruning(String(2 ** 41)).severity]).toEqual(['warning', 'ok']);
  });

  it('room for a backup', () => {
    const severityOf = (free: bigint, needed: bigint | undefined) =>
      space({ path: '/b', freeBytes: free * mebibyte, neededBytes: needed && needed * mebibyte }).severity;
    expect([severityOf(99n, 100n), severityOf(105n, 100n), severityOf(120n, 100n), severityOf(1n, undefined)]).toEqual([
      ...['error', 'warning', 'ok', 'unknown'],
    ]);
  });
});
