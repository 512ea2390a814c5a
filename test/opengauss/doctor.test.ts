/** `gausskeep doctor` on openGauss: what differs there from PostgreSQL. Each finding is provoked on the stand-in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckName, Severity } from '../../src/index.ts';
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
}

async function seen(options: OpengaussOptions = {}, words: readonly string[] = []): Promise<Seen> {
  await run.serve(options);
  const { status, stdout, stderr } = await doctor(run.server!.sqlPort, ['--json', ...words]);
  expect(stderr).toBe('');
  const { server, findings } = JSON.parse(stdout) as {
    readonly server: string;
    readonly findings: readonly { readonly check: CheckName; readonly severity: Severity }[];
  };
  expect(run.server!.violations).toEqual([]);
  return { status, server, severities: new Map(findings.map(({ check, severity }) => [check, severity])) };
}

describe('doctor on openGauss', () => {
  it('names release and ports, and what a default instance should change', async () => {
    const { status, server, severities } = await seen();
    expect([status, server]).toEqual([3, 'openGauss-lite 5.0.5']);
    const warned = [...severities].filter(([, severity]) => severity === 'warning' || severity === 'error');
    // initdb of openGauss writes '*'.
    expect(warned).toEqual([['standby-names', 'warning']]);
    expect(severities.get('replication-login')).toBe('ok');
    expect(severities.get('login-limit')).toBe('note');
    // There is no view that tells of it.
    expect(severities.get('archive-failures')).toBe('unknown');
  });

  it('a command beside archive_dest is never run; with thread pool only the HA port takes replication', async () => {
    const settings = {
      archive_command: 'cp %p /backup/%f',
      enable_thread_pool: 'on',
      max_size_for_xlog_prune: '1048576kB',
    };
    const { status, severities } = await seen({ settings, threadPool: true });
    expect(status).toBe(4);
    expect(severities.get('archive-command')).toBe('error');
    expect(severities.get('replication-port')).toBe('note');
    expect(severities.get('wal-pruning')).toBe('warning');
  });

  it('a clock that is ahead, senders that are in use, pages without double write', async () => {
    const settings = { enable_double_write: 'off', max_wal_senders: '4', max_replication_slots: '0' };
    const { status, severities } = await seen({ settings, busyWalSenders: 2, clockAheadMs: 90_000 });
    expect(status).toBe(3);
    expect(severities.get('clock')).toBe('warning');
    expect(severities.get('full-page-writes')).toBe('warning');
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
    const { severities } = await seen({ settings });
    expect(severities.get('incremental-checkpoint')).toBe('warning');
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

  it('a wrong password is tried once, and is no finding', async () => {
    await run.serve();
    const { status, stdout, stderr } = await doctor(run.server!.sqlPort, [], 'wrong');
    expect([status, stdout]).toEqual([12, '']);
    expect(stderr).toMatch(/^gausskeep doctor: error: .*[Ii]nvalid username\/password/);
    expect(run.server!.wrongPasswords.get('backup')).toBe(1);
  });
});
