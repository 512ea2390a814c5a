/** `gausskeep doctor` on openGauss: what differs there from PostgreSQL. Each finding is provoked on the stand-in. */
import { mkdirSync, statfsSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckName, Severity } from '../../src/index.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { provoked, type ToldFinding } from '../support/doctor-findings.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import type { OpengaussOptions } from '../support/opengauss/state.ts';
import { lsnText, WalStore } from '../support/opengauss/wal-store.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';

const run = standInForEachTest({ tablespaces: [] });

async function doctor(port: number, words: readonly string[] = [], password = 'Backup@1234'): Promise<ProgramResult> {
  const login = ['-h', '127.0.0.1', '-p', String(port), '-U', 'backup', '-w'];
  return await runProgram('gausskeep', ['doctor', ...login, ...words], { env: { PGPASSWORD: password } });
}

interface Seen {
  readonly status: number | null;
  readonly server: string;
  readonly severities: ReadonlyMap<CheckName, Severity>;
  readonly found: (check: CheckName) => readonly ToldFinding[];
}

async function seen(options: OpengaussOptions = {}, words: readonly string[] = []): Promise<Seen> {
  await run.serve(options);
  const { status, stdout, stderr } = await doctor(run.server!.sqlPort, ['--json', ...words]);
  expect(stderr).toBe('');
  const { server, findings } = JSON.parse(stdout) as {
    readonly server: string;
    readonly findings: readonly (ToldFinding & { readonly check: CheckName; readonly severity: Severity })[];
  };
  expect(run.server!.violations).toEqual([]);
  return {
    ...{ status, server, severities: new Map(findings.map(({ check, severity }) => [check, severity])) },
    found: (name) => findings.filter(({ check }) => check === name),
  };
}

describe('doctor on openGauss', () => {
  it('names release and ports, and what a default instance should change', async () => {
    const { status, server, severities, found } = await seen();
    expect([status, server]).toEqual([3, 'openGauss-lite 5.0.5']);
    const warned = [...severities].filter(([, severity]) => severity === 'warning' || severity === 'error');
    // initdb of openGauss writes '*'.
    expect(warned).toEqual([['standby-names', 'warning']]);
    expect(severities.get('replication-login')).toBe('ok');
    expect(found('login-limit')).toMatchObject([provoked('login-limit', 'doctor.login-limit')]);
    expect(found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-directory')]);
    // There is no view that tells of it.
    expect(found('archive-failures')).toMatchObject([provoked('archive-failures', 'doctor.archive-failures.unknown')]);
    expect(found('running-backups')).toMatchObject([provoked('running-backups', 'doctor.running.ok')]);
  });

  it('a command beside archive_dest is never run; with thread pool only the HA port takes replication', async () => {
    const settings = {
      archive_command: 'cp %p /backup/%f',
      enable_thread_pool: 'on',
      max_size_for_xlog_prune: '1048576kB',
    };
    const { status, found } = await seen({ settings, threadPool: true });
    expect(status).toBe(4);
    expect(found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-both')]);
    expect(found('archive-command')[0]?.fix).toBe(`In postgresql.conf: archive_dest = '' # then reload the server`);
    expect(found('replication-port')).toMatchObject([provoked('replication-port', 'doctor.replication-port')]);
    expect(found('wal-pruning')).toMatchObject([provoked('wal-pruning', 'doctor.wal-pruning', 'warning')]);
  });

  it('a clock that is ahead, senders that are in use, pages without double write', async () => {
    const settings = { enable_double_write: 'off', max_wal_senders: '4', max_replication_slots: '0' };
    const { status, severities, found } = await seen({ settings, busyWalSenders: 2, clockAheadMs: 90_000 });
    expect(status).toBe(3);
    expect(found('clock')).toMatchObject([provoked('clock', 'doctor.clock')]);
    expect(found('full-page-writes')).toMatchObject([provoked('full-page-writes', 'doctor.torn-pages')]);
    expect(found('full-page-writes')[0]?.fix).toMatch('# then restart the server');
    expect(severities.get('wal-senders')).toBe('ok');
    expect(severities.get('slots')).toBe('warning');
    const one = await seen({ settings, busyWalSenders: 3 });
    expect(one.severities.get('wal-senders')).toBe('warning');
  });

  it('without incremental checkpoints it is full_page_writes that protects pages, and nobody compares them', async () => {
    const settings = {
      enable_incremental_checkpoint: 'off',
      enable_double_write: 'off',
      full_page_writes: 'on',
      synchronous_standby_names: '',
    };
    const { severities, found } = await seen({ settings });
    expect(found('incremental-checkpoint')).toMatchObject([provoked('incremental-checkpoint', 'doctor.torn-pages')]);
    expect(severities.get('full-page-writes')).toBe('ok');
    const torn = await seen({ settings: { ...settings, full_page_writes: 'off' } });
    expect(torn.severities.get('full-page-writes')).toBe('warning');
  });

  it('a copy that archives to the place of its source is found out, until it has a generation of its own', async () => {
    const source = new WalStore({ systemId: 215046882207068335n });
    source.grow(1000);
    const restoredTo = source.insertLsn;
    source.switchSegment();
    source.grow(1000);
    source.switchSegment();
    const [archive, plain] = [run.workspace.at('archive'), run.workspace.at('plain')];
    mkdirSync(archive);
    mkdirSync(plain);
    for (const number of [5n, 6n]) {
      const file = join(plain, source.segmentName(number));
      writeFileSync(file, source.segment(number));
      const pushed = await runProgram('gausskeep', ['wal', 'push', '--archive', archive, file]);
      expect(pushed).toMatchObject({ status: 0 });
    }
    const owner = async (wal: WalStore, ...words: string[]): Promise<Severity | undefined> => {
      const { severities } = await seen({ wal }, words);
      await run.server!.stop();
      return severities.get('archive-owner');
    };
    const copy = source.recoveredTo(restoredTo);
    for (const place of [archive, plain]) {
      expect(await owner(source, '--archive', place)).toBe('ok');
      expect(await owner(copy, '--archive', place)).toBe('error');
    }
    const fork = ['--open', '--parent', '1', '--fork-lsn', lsnText(restoredTo)];
    expect(await runProgram('gausskeep', ['wal', 'generation', '--archive', archive, ...fork])).toMatchObject({
      status: 0,
    });
    expect(await owner(copy, '--archive', archive, '--generation', '2')).toBe('ok');
    // Which of the two open generations is this server's?
    expect(await owner(copy, '--archive', archive)).toBe('unknown');
  });

  it('an archive_command that only a shell would understand', async () => {
    for (const [command, sign] of [
      ['test ! -f /archive/%f && cp %p /archive/%f', '&&'],
      ['gzip -c %p > /archive/%f', '>'],
      ['cp "%p" /archive/%f', '"'],
    ] as const) {
      const { found } = await seen({ settings: { archive_dest: '', archive_command: command } });
      expect(found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-shell')]);
      expect(found('archive-command')[0]?.what).toMatch(`so that ${sign} in it`);
      await run.server!.stop();
    }
    const { found } = await seen({ settings: { archive_dest: '', archive_command: 'cp %p /archive/%f' } });
    expect(found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-command.elsewhere')]);
  });

  it('a backup that runs is seen by its session, also one that only has begun', async () => {
    await run.serve();
    const { sqlPort } = run.server!;
    const login = { host: '127.0.0.1', port: sqlPort, user: 'backup', password: 'Backup@1234' };
    const other = await openReplicationSession(login);
    const busy = await doctor(sqlPort, ['--json']);
    const { findings } = JSON.parse(busy.stdout) as { readonly findings: readonly ToldFinding[] };
    const found = (name: CheckName) => findings.filter(({ check }) => check === name);
    expect(busy.status).toBe(4);
    expect(found('running-backups')).toMatchObject([provoked('running-backups', 'doctor.running.sessions')]);
    expect(found('wal-senders')).toMatchObject([{ what: '15 of 16 WAL senders are free' }]);
    await other.connection.close();
    // One who sees the sessions of his own only does not know.
    await run.server!.stop();
    const users = [{ name: 'backup', password: 'Backup@1234', replication: true }];
    const narrow = await seen({ users });
    expect(narrow.found('running-backups')).toMatchObject([provoked('running-backups', 'doctor.running.unknown')]);
    expect(narrow.found('wal-senders')).toMatchObject([provoked('wal-senders', 'doctor.wal-senders.unknown')]);
  });

  it('WAL that waits for the archive, where its directory is on this host', async () => {
    const marks = join(run.data.path, 'pg_xlog/archive_status');
    mkdirSync(marks, { recursive: true });
    const settings = { data_directory: run.data.path };
    const idle = await seen({ settings });
    expect(idle.found('archive-failures')).toMatchObject([provoked('archive-failures', 'doctor.archive-waiting.ok')]);
    await run.server!.stop();
    writeFileSync(join(marks, '000000010000000000000005.ready'), '');
    utimesSync(join(marks, '000000010000000000000005.ready'), 1e9, 1e9);
    const late = await seen({ settings });
    expect(late.found('archive-failures')).toMatchObject([provoked('archive-failures', 'doctor.archive-waiting')]);
    expect(late.found('archive-backlog')).toMatchObject([
      provoked('archive-backlog', 'doctor.archive-backlog.ok', 'ok'),
    ]);
    await run.server!.stop();
    // As large as what is free, without taking it: what waits has no room beside it once more.
    const { bavail, bsize } = statfsSync(marks);
    for (const name of ['000000010000000000000005', '000000010000000000000006']) {
      writeFileSync(join(marks, `${name}.ready`), '');
      writeFileSync(join(marks, '..', name), '');
      truncateSync(join(marks, '..', name), bavail * bsize);
    }
    const full = await seen({ settings });
    expect(full.found('archive-backlog')).toMatchObject([provoked('archive-backlog', 'doctor.archive-backlog')]);
  });

  it('a release whose hash indexes a recovery does not mend', async () => {
    const { found } = await seen({ release: 2 });
    expect(found('release')).toMatchObject([provoked('release', 'doctor.release.hash-index')]);
    expect(found('release')[0]?.fix).toMatch('3.0.0');
  });

  it('room that is there, with little left for WAL', async () => {
    const { bavail, bsize } = statfsSync('/dev');
    const freeBytes = BigInt(bavail) * BigInt(bsize);
    const mebibyte = 1024n ** 2n;
    // One WAL segment and the manifest come on top of the files.
    const sizeBytes = (freeBytes * 98n) / 100n - 17n * mebibyte;
    const { found } = await seen({ sizeBytes }, ['-D', '/dev/backup', '--restore-directory', '/dev/copy']);
    expect(found('space')).toMatchObject([provoked('space', 'doctor.space.tight')]);
    expect(found('restore-space')).toMatchObject([provoked('restore-space', 'doctor.space.tight')]);
    await run.server!.stop();
    // For the files alone there would be room.
    const words = ['-D', '/dev/backup', '--restore-directory', '/dev/copy'];
    const perhaps = await seen({ sizeBytes: freeBytes - (31n * mebibyte) / 2n }, words);
    expect(perhaps.found('space')).toMatchObject([provoked('space', 'doctor.space.perhaps')]);
    expect(perhaps.found('restore-space')).toMatchObject([provoked('restore-space', 'doctor.space.perhaps')]);
  });

  it('what it is not told is "not checked", whatever it is, and never "ok"', async () => {
    const words = ['-D', run.target, '--restore-directory', run.target];
    const { status, found, severities } = await seen({ hides: 'everything' }, words);
    expect(status).toBe(3);
    expect([...severities].filter(([, severity]) => severity !== 'unknown').map(([check]) => check)).toEqual([
      ...['replication-login', 'sql-login'],
    ]);
    for (const finding of [
      provoked('release', 'doctor.release.unknown'),
      provoked('wal-level', 'doctor.wal-level.unknown'),
      provoked('slots', 'doctor.slots.unknown'),
      provoked('standby-names', 'doctor.standby-names.unknown'),
      provoked('wal-keep', 'doctor.wal-keep.unknown'),
      provoked('archive-mode', 'doctor.archive-mode.unknown'),
      provoked('wal-pruning', 'doctor.setting.unknown'),
      provoked('login-limit', 'doctor.setting.unknown'),
      provoked('replication-port', 'doctor.setting.unknown'),
      provoked('archive-owner', 'doctor.archive-owner.untold'),
      provoked('fsync', 'doctor.fsync.unknown'),
      provoked('incremental-checkpoint', 'doctor.torn-pages.unknown'),
      provoked('full-page-writes', 'doctor.torn-pages.unknown'),
      provoked('configuration-files', 'doctor.configuration.unknown'),
      provoked('tablespaces', 'doctor.tablespaces.unknown'),
      provoked('clock', 'doctor.clock.unknown'),
      provoked('space', 'doctor.space.unknown'),
      provoked('restore-space', 'doctor.space.unknown'),
    ] as readonly { readonly check: CheckName }[]) {
      expect(found(finding.check)).toMatchObject([finding]);
    }
    await run.server!.stop();
    const hidden = await seen({ settings: { archive_dest: '' }, hides: ['archive_command'] });
    expect(hidden.found('archive-command')).toMatchObject([
      provoked('archive-command', 'doctor.archive-command.unknown'),
    ]);
  });

  it('a wrong password is tried once, and is no finding', async () => {
    await run.serve();
    const { status, stdout, stderr } = await doctor(run.server!.sqlPort, [], 'wrong');
    expect([status, stdout]).toEqual([12, '']);
    expect(stderr).toMatch(/^gausskeep doctor: error: .*[Ii]nvalid username\/password/);
    expect(run.server!.wrongPasswords.get('backup')).toBe(1);
  });
});
