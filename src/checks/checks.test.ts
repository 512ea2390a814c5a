import { describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { examinationOf } from '../server/examination.ts';
import { identifyPostgresql, type ServerIdentity } from '../server/identity.ts';
import { judgeServer } from './all-checks.ts';
import { archiveOwner, archiveSpace, type ArchivePlaceFacts, type ServerPlace } from './archive-place-checks.ts';
import { worstOf, type CheckName, type ServerFinding } from './server-finding.ts';
import { walRateOf, type HostFacts, type ServerFacts } from './server-facts.ts';
import { neededForBackup, space } from './space-checks.ts';

const mebibyte = 1024n ** 2n;
const opengauss: ServerIdentity = {
  family: 'opengauss',
  product: 'openGauss',
  version: '5.0.5',
  major: 5,
  minor: 0,
};

const nothingSeen: HostFacts = {
  ...{ placesInUse: undefined, archiveProgram: undefined, archiveTarget: undefined },
  ...{ archive: undefined, pushCommand: undefined, waiting: undefined },
};

type Changes = Partial<Omit<ServerFacts, 'settings' | 'examination'>> & {
  readonly settings?: Readonly<Record<string, string>>;
};

function facts({ settings = {}, identity = identifyPostgresql('17.2'), ...changes }: Changes = {}): ServerFacts {
  return {
    identity,
    examination: examinationOf(identity),
    user: 'backup',
    settings: new Map(
      Object.entries(settings).map(([name, value]) => [name, { value, unit: undefined, needsRestart: false }]),
    ),
    walSenders: 0,
    slots: [],
    archiver: undefined,
    runningBackups: 0,
    tablespaces: [],
    sizeBytes: 0n,
    inRecovery: false,
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
    ['14.5', 'ok'],
    ['18.2', 'warning'],
    ['18.1', 'ok'],
    ['17.9', 'ok'],
    ['17.2', 'warning'],
    ['15.10', 'warning'],
    ['15.11', 'ok'],
    ['13.7', 'warning'],
    ['13.8', 'ok'],
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
    const held = (heldBytes: bigint | undefined, active = false, sizeBytes: bigint | undefined = 1024n ** 4n) =>
      judgeServer(facts({ sizeBytes, slots: [{ ...slot, heldBytes, active }] })).find(({ check }) => check === 'slots');
    expect(held(undefined)?.severity).toBe('ok');
    expect(held(1023n * mebibyte)?.severity).toBe('ok');
    expect(held(4096n * mebibyte, true)?.severity).toBe('ok');
    // Small beside a disk, large beside a database of 23 MiB.
    expect(held(505n * mebibyte)?.severity).toBe('ok');
    expect(held(505n * mebibyte, false, 23n * mebibyte)?.severity).toBe('warning');
    expect(render(held(12n * mebibyte, false, 23n * mebibyte)!.what)).toBe(
      '1 replication slot, none of which is lost; what those that nobody uses hold is 12 MiB of WAL at most, and a warning comes above 23 MiB',
    );
    const idle = held(4096n * mebibyte);
    expect(idle?.fix && render(idle.fix)).toMatch(`pg_drop_replication_slot('it''s')`);
  });

  it('archiving failed where the last attempt did, not where one ever did', () => {
    const archiver = {
      archivedCount: 5n,
      lastArchivedName: 'A',
      failedCount: 3n,
      lastFailedName: 'B',
      countedSeconds: 0,
    };
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

  const archiverOf = (archivedCount: bigint, countedSeconds: number | undefined) => ({
    ...{ archivedCount, countedSeconds, lastArchivedName: 'A', lastArchivedMs: 1 },
    ...{ failedCount: 0n, lastFailedName: undefined, lastFailedMs: undefined },
  });

  it('WAL that is kept is compared with what comes during a backup, once that is known', () => {
    const settings = { wal_keep_size: '1024', wal_segment_size: '16777216' };
    const kept = (seconds: number | undefined, keptMib = '1024') => {
      const changes = { settings: { ...settings, wal_keep_size: keptMib }, archiver: archiverOf(225n, seconds) };
      const all = judgeServer({
        ...facts({ ...changes, sizeBytes: 102_400n * mebibyte }),
        settings: new Map([
          ['wal_keep_size', { value: keptMib, unit: 'MB', needsRestart: false }],
          ['wal_segment_size', { value: '16777216', unit: 'B', needsRestart: true }],
        ]),
      });
      const { what, fix } = all.find(({ check }) => check === 'wal-keep')!;
      return [render(what), fix && render(fix)];
    };
    // 225 segments of 16 MiB in an hour are 1 MiB in a second; 100 GiB take 1024 s at 100 MiB in a second.
    expect(kept(3600)).toEqual([
      'wal_keep_size keeps 1024 MiB of WAL for who fetches it late; while 102400 MiB are backed up, 100 MiB in a second if one may assume that, 1024 MiB come on average',
      undefined,
    ]);
    expect(kept(3600, '1023')[1]).toBe(`ALTER SYSTEM SET wal_keep_size = '2048MB'; SELECT pg_reload_conf();`);
    for (const tooShort of [3599, undefined]) expect(kept(tooShort)[0]).not.toContain('average');
    // What nobody archives, or fails to, says nothing of what comes.
    const archiver = archiverOf(225n, 3600);
    const rate = (changes: Changes) => walRateOf(facts({ archiver, ...changes }));
    expect(rate({})).toBeGreaterThan(0);
    expect(rate({ settings: { archive_mode: 'off' } })).toBeUndefined();
    expect(rate({ archiver: { ...archiver, archivedCount: 0n } })).toBeUndefined();
    expect(rate({ archiver: { ...archiver, failedCount: 1n, lastFailedMs: 2 } })).toBeUndefined();
  });

  const place = {
    ...{
      path: '/archive',
      unread: undefined,
      unusable: undefined,
      freeBytes: 1024n * mebibyte,
      systemIdentifier: 7n,
      ahead: undefined,
    },
  };

  it('an archive has room for days, or nobody knows', () => {
    const severityOf = (perSecond: number | undefined) => archiveSpace(place, perSecond)?.severity;
    const daily = (mib: number) => (mib * Number(mebibyte)) / 86_400;
    expect([undefined, 0, daily(341), daily(342), daily(5000)].map(severityOf)).toEqual([
      ...['unknown', 'ok', 'ok', 'warning', 'warning'],
    ]);
  });

  it('an archive is owned by this server only where everything that tells it was told', () => {
    const position = { lsn: '0/1', timeline: 1 };
    const server = { systemIdentifier: 7n, inRecovery: false, position, archives: true };
    const severityOf = (archive: Partial<ArchivePlaceFacts>, changes: Partial<ServerPlace> = {}) =>
      archiveOwner({ ...place, ...archive }, { ...server, ...changes }).severity;
    expect([
      severityOf({}),
      severityOf({ systemIdentifier: undefined }),
      severityOf({ systemIdentifier: 8n }, { position: undefined }),
      severityOf({ ahead: 'S' }),
      severityOf({ ahead: 'S' }, { inRecovery: true }),
      severityOf({ ahead: 'S' }, { archives: false }),
      severityOf({ systemIdentifier: 8n }, { archives: false }),
      severityOf({}, { inRecovery: undefined }),
      severityOf({}, { position: undefined }),
    ]).toEqual(['ok', 'ok', 'error', 'error', 'unknown', 'note', 'warning', 'unknown', 'unknown']);
  });

  it('summaries of WAL, slots that are all taken, and a program that is not there are told with their remedy', () => {
    const settings = { summarize_wal: 'on', max_replication_slots: '1', archive_mode: 'on', archive_command: '/x %p' };
    const slot = { name: 'a', active: true, temporary: false, heldBytes: 0n, lost: false };
    const archiveProgram = { word: '/x', state: 'absent', account: 'a' } as const;
    const host = { ...nothingSeen, placesInUse: new Set(['/t=s']), archiveProgram };
    const changes = { settings, slots: [slot], host, tablespaces: [{ name: 's', path: '/t=s' }] };
    expect(found('wal-summaries', changes).severity).toBe('warning');
    expect(found('slots', changes)).toEqual({
      severity: 'warning',
      what: 'all of max_replication_slots, 1, are taken',
    });
    expect(found('archive-command', changes).severity).toBe('error');
    const inUse = judgeServer(facts(changes)).find(({ check }) => check === 'tablespaces');
    expect(inUse?.fix && render(inUse.fix)).toContain(`-T '/t\\=s=/NEW/DIRECTORY'`);
  });

  it('a file system that may store less than is written is no reason to refuse', () => {
    const full = { path: '/b', freeBytes: 90n, needed: { files: 100n, wal: 0n, manifest: 0n } };
    expect(space(full).severity).toBe('error');
    expect(space({ ...full, storesAsWritten: false }).severity).toBe('warning');
    // Of an estimate, 90 percent are certain.
    expect(space({ ...full, isEstimate: true }).severity).toBe('warning');
  });

  it('room for a backup: its files, one WAL segment and the manifest', () => {
    const at = (free: bigint, files: bigint) => {
      const needed = neededForBackup(files * mebibyte, { segmentBytes: 16 * 1024 ** 2 });
      return space({ path: '/b', freeBytes: free * mebibyte, needed, isEstimate: true });
    };
    const severities = [26n, 34n, 38n, 40n, 45n].map((free) => at(free, 23n).severity);
    expect(severities).toEqual(['error', 'error', 'warning', 'warning', 'ok']);
    expect(render(at(26n, 23n).what)).toBe(
      '/b: 26 MiB free, 40 MiB needed (23 MiB of files, 16 MiB for one WAL segment, 1 MiB for the manifest; more WAL comes while the backup runs)',
    );
    expect(space({ path: '/b', freeBytes: mebibyte, needed: undefined }).severity).toBe('unknown');
  });
});
