import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { phases } from '../../src/events/phases.ts';
import { newTarget, takeBackup } from '../support/backups.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { readPage } from './pages.ts';

/** Fields of each object that the page describes, and whether they may be absent. */
const described = describedFields(readPage('docs/reference/json-output.md').text);

let server: PostgresServer;
let backup: string;
let archive: string;

beforeAll(async () => {
  server = await startServer({ version: 17 });
  backup = await takeBackup(server);
  archive = temporaryDirectory('archive');
});

afterAll(async () => {
  await stopAllServers();
  runDirectory().clear();
});

function describedFields(page: string): Map<string, Map<string, { optional: boolean }>> {
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = [...section.matchAll(/^\| (`.*?) \| (.*) \|$/gm)];
      const fields = rows.flatMap(([, names = '', meaning = '']) =>
        [...names.matchAll(/`(\w+)`/g)].map(
          ([, name = '']) => [name, { optional: meaning.includes('absent') }] as const,
        ),
      );
      return [section.split('\n')[0] ?? '', new Map(fields)];
    }),
  );
}

/** Every field that is written is described, and every field described is written unless it may be absent. */
function expectDescribed(line: string | undefined, messageType: string): Record<string, unknown> {
  const record = JSON.parse(line ?? '') as Record<string, unknown>;
  expect(record['messageType']).toBe(messageType);
  const fields = described.get(messageType) ?? new Map<string, { optional: boolean }>();
  expect([...fields.keys()]).toEqual(expect.arrayContaining(Object.keys(record)));
  const required = [...fields].filter(([, { optional }]) => !optional).map(([name]) => name);
  expect(Object.keys(record)).toEqual(expect.arrayContaining(required));
  return record;
}

async function gausskeep(...args: string[]): Promise<string[]> {
  const { stdout } = await runProgram('gausskeep', args);
  return stdout.split('\n').filter((line) => line !== '');
}

it('error', async () => {
  const [line] = await gausskeep('verify', '--json', join(backup, 'nothing-there'));
  expectDescribed(line, 'error');
});

it('progress', async () => {
  const args = ['-D', newTarget(), '-c', 'fast', '--no-sync', '--progress=json'];
  const { stderr } = await runProgram('gs_basebackup', args, { env: server.environment() });
  const last = stderr.trim().split('\n').at(-1);
  expect(expectDescribed(last, 'progress')).toMatchObject({ percent: 100, tablespacesDone: 1, tablespaceCount: 1 });
  const listed = [...readPage('docs/reference/json-output.md').text.matchAll(/^- `([\w-]+)`: (.*)$/gm)];
  expect(Object.fromEntries(listed.map(([, name, meaning]) => [name, meaning]))).toEqual(phases.backup);
});

it('verify', async () => {
  const [line] = await gausskeep('verify', '--json', backup);
  expect(expectDescribed(line, 'verify')).toMatchObject({ verdict: 'verified', server: 'postgresql', findings: [] });

  const damaged = await takeBackup(server);
  rmSync(join(damaged, 'postgresql.conf'));
  const [other] = await gausskeep('verify', '--json', damaged);
  const found = { severity: 'damage', code: 'CORRUPT', messageKey: 'verify.missing' };
  expect(expectDescribed(other, 'verify')).toMatchObject({ verdict: 'damaged', damageCount: 1, findings: [found] });
});

it('doctor', async () => {
  const { stdout } = await runProgram('gausskeep', ['doctor', '--json'], { env: server.environment() });
  expectDescribed(stdout.trim(), 'doctor');
});

it('init, push, generation, cleanup', async () => {
  const place = ['--archive', archive, '--json'];
  const [made] = await gausskeep('wal', 'init', backup, ...place);
  expect(expectDescribed(made, 'init')).toMatchObject({ created: true, segmentSizeBytes: 16 << 20 });
  const [again] = await gausskeep('wal', 'init', backup, ...place);
  expect(expectDescribed(again, 'init')).toMatchObject({ created: false });

  const segment = readdirSync(join(backup, 'pg_wal')).find((name) => /^[0-9A-F]{24}$/.test(name)) ?? '';
  for (const result of ['stored', 'present']) {
    const [pushed] = await gausskeep('wal', 'push', join(backup, 'pg_wal', segment), ...place);
    expect(expectDescribed(pushed, 'push')).toMatchObject({ name: segment, kind: 'segment', result, generation: 1 });
  }

  await gausskeep('wal', 'generation', '--open', '--parent', '1', '--fork-lsn', '0/3000000', ...place);
  const generations = await gausskeep('wal', 'generation', ...place);
  expect(generations.map((line) => expectDescribed(line, 'generation'))).toMatchObject([
    { number: 1, closed: false },
    { number: 2, parent: 1, forkLsn: '0/3000000' },
  ]);

  const cleanup = ['wal', 'cleanup', `${segment.slice(0, 22)}FF`, '--generation', '1', '--dry-run', ...place];
  const [all] = await gausskeep(...cleanup);
  expect(expectDescribed(all, 'cleanup')).toMatchObject({
    protectsBackups: false,
    removals: [{ name: segment }],
  });
  const backups = temporaryDirectory('backups');
  mkdirSync(join(backups, 'empty'));
  const [held] = await gausskeep(...cleanup, '--hold', 'standby1', '--backups', backups);
  expect(expectDescribed(held, 'cleanup')).toMatchObject({ protectsBackups: true, hold: { name: 'standby1' } });
});

it('receiver', async () => {
  const file = join(temporaryDirectory('status'), 'receiver.json');
  const endpos = await server.value('select pg_current_wal_insert_lsn()::text');
  await server.sql('create table received (id int)');
  const words = ['-D', temporaryDirectory('wal'), '--endpos', endpos, '--status-file', file];
  const options = { env: server.environment(), calledAs: 'pg_receivewal' };
  expect(await runProgram('gausskeep', words, options)).toMatchObject({ status: 0 });
  expectDescribed(readFileSync(file, 'utf8'), 'receiver');
  const [line] = await gausskeep('wal', 'status', file, '--json');
  const record = expectDescribed(line, 'receiver');
  expect(record).toMatchObject({ state: 'ended', outcome: 'end-position', timeline: 1, gaps: [], isSilent: false });
  expect(record['durableLsn']).toBe(record['receivedLsn']);
});

it('restorePlan, restore', async () => {
  const words = ['restore', '--from', backup, '--pgdata', join(temporaryDirectory('restored'), 'data'), '--json'];
  const [plan] = await gausskeep(...words, '--plan');
  expect(expectDescribed(plan, 'restorePlan')).toMatchObject({ server: 'postgresql', format: 'plain', timeline: 1 });
  const [done] = await gausskeep(...words, '--no-sync');
  expect(expectDescribed(done, 'restore')).toMatchObject({ removed: 0, movedAside: [] });
});

it('window, transaction', async () => {
  await server.sql('create table committed (id int)');
  await server.sql('select pg_switch_wal()');
  // A directory of WAL that is no archive of ours: that of the server itself.
  const wal = ['--archive', join(server.dataDirectory, 'pg_wal'), '--json'];
  const [line] = await gausskeep('window', ...wal);
  expect(expectDescribed(line, 'window')).toMatchObject({ lines: [{ timeline: 1 }] });
  const transactions = (await gausskeep('window', '--commits', ...wal)).filter((text) =>
    text.includes('"transaction"'),
  );
  expect(transactions.length).toBeGreaterThan(0);
  for (const text of transactions) expectDescribed(text, 'transaction');
});

it('repository, backup, verdict, coverage, expire', async () => {
  const place = join(temporaryDirectory('repository'), 'repo');
  const [made] = await gausskeep('repo', 'init', place, '--json');
  expect(expectDescribed(made, 'repository')).toMatchObject({ directory: place, isEncrypted: false });
  const named = ['--repo', place, '--instance', 'orders'];
  const words = ['backup', ...named, '-c', 'fast', '--note', 'first', '--pin', '--json'];
  const { stdout } = await runProgram('gausskeep', words, { env: server.environment() });
  const stored = expectDescribed(stdout.trim(), 'backup');
  expect(stored).toMatchObject({ instance: 'orders', state: 'complete', note: 'first', timeline: 1, prior: null });
  const [listed] = await gausskeep('list', ...named, '--json');
  expect(expectDescribed(listed, 'backup')).toEqual(stored);
  const [adopted] = await gausskeep('repo', 'adopt', archive, '--repo', place, '--instance', 'copy', '--json');
  expect(expectDescribed(adopted, 'adopt')).toMatchObject({ instance: 'copy', left: [], unknown: [] });
  const second = `${place}-second`;
  await gausskeep('repo', 'init', second);
  const [copied] = await gausskeep('repo', 'copy', '--repo', place, '--to', second, '--instance', 'orders', '--json');
  expect(expectDescribed(copied, 'copy')).toMatchObject({ instance: 'orders', isDryRun: false, failure: null });
  for (const line of await gausskeep('repo', 'stats', '--repo', place, '--json')) expectDescribed(line, 'stats');
  const findings = await gausskeep('repo', 'check', '--repo', place, '--json');
  expect(expectDescribed(findings.pop(), 'repositoryCheck')).toMatchObject({ verdict: 'nothing-found', damages: 0 });
  // The hold of the backup, which is committed.
  expect(findings.map((line) => expectDescribed(line, 'repositoryFinding')['severity'])).toContain('note');
  const [verdict, coverage] = await gausskeep('verify', ...named, '--read-data', '--json');
  expect(expectDescribed(verdict, 'verdict')).toMatchObject({ id: stored['id'], state: 'sound', depth: 'data' });
  expect(expectDescribed(coverage, 'coverage')).toMatchObject({ neverReadBytes: 0, isKept: true });
  const [planned] = await gausskeep('expire', ...named, '--keep-last', '1', '--dry-run', '--json');
  expect(expectDescribed(planned, 'expire')).toMatchObject({
    dryRun: true,
    backups: [{ id: stored['id'], keep: true }],
  });
  const [done] = await gausskeep('expire', ...named, '--keep-last', '1', '--json');
  expect(expectDescribed(done, 'expire')).toMatchObject({ dryRun: false, deleted: [], waiting: [] });
});
