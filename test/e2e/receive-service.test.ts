/** The systemd unit of a WAL receiver, with the environment file that the guide shows. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { exitStatus } from '../../src/cli/exit-status.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import type { ErrorCode } from '../../src/errors/codes.ts';
import { parseLsn, readStatusFile } from '../../src/index.ts';
import { say } from '../../src/messages/message.ts';
import { readPage } from '../docs/pages.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import {
  programPath,
  runProgram,
  startCommand,
  startProgramOnTerminal,
  temporaryDirectory,
} from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';
import { runDirectory } from '../support/run-directory.ts';
import { commandWords, parseEnvironmentFile, parseUnit } from '../support/systemd-unit.ts';

const unit = parseUnit(readFileSync(join(projectRoot, 'systemd/gausskeep-receive@.service'), 'utf8'));
const service = unit.get('Service') ?? new Map<string, readonly string[]>();
const page = readPage('docs/guide/032-receive-wal.md');
const shown = parseEnvironmentFile(page.fences.find(({ language }) => language === 'ini')?.text ?? '');

let server: PostgresServer;
beforeAll(async () => {
  server = await startServer({ version: 17 });
  await server.createReplicationUser('backup', 'secret');
  await server.setHba(['host all,replication all 127.0.0.1/32 scram-sha-256']);
});
afterAll(async () => {
  await stopAllServers();
  runDirectory().clear();
});

interface Host {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly statusFile: string;
}

/** The directories that systemd makes, and the command with the environment of the guide: its places and server are those of the test. */
function hostWith(password: string): Host {
  const root = temporaryDirectory('service');
  const places = { '/run': join(root, 'run'), '/var/lib': join(root, 'lib'), '/etc': join(root, 'etc') };
  mkdirSync(join(places['/run'], service.get('RuntimeDirectory')?.[0] ?? ''), { recursive: true });
  mkdirSync(join(places['/var/lib'], (service.get('StateDirectory')?.[0] ?? '').replace('%i', 'main')), {
    recursive: true,
  });
  mkdirSync(join(places['/etc'], 'gausskeep'), { recursive: true });
  const environment = Object.fromEntries(
    Object.entries(shown).map(([name, value]) => {
      const here = Object.entries(places).reduce(
        (text, [from, to]) => text.replace(new RegExp(`^${from}\\b`), to),
        value,
      );
      return [name, here.replaceAll(/db\d\.example\.org/g, server.host).replace(/^5432$/, String(server.port))];
    }),
  );
  const passwordFile = environment['PGPASSFILE'] ?? '';
  writeFileSync(passwordFile, `${server.host}:${server.port}:replication:backup:${password}\n`);
  chmodSync(passwordFile, 0o600);
  const words = commandWords(service.get('ExecStart')?.[0] ?? '', { i: 'main', t: places['/run'] }, environment);
  return { words, environment, statusFile: join(places['/run'], 'gausskeep/main.json') };
}

const start = ({ words: [program, ...words], environment }: Host) => {
  expect(program).toBe('/usr/local/bin/gausskeep');
  return startCommand(process.execPath, [programPath('gausskeep'), ...words], { env: environment });
};

it('receives with the settings of the guide, and ends in order by the signal of the unit', async () => {
  const host = hostWith('secret');
  const receiver = start(host);
  const streams =
    "select count(*) = 1 from pg_stat_replication where application_name = 'gausskeep' and state = 'streaming'";
  await server.waitFor(streams);
  await server.sql('create table received (id int)');
  const written = await server.value('select pg_current_wal_flush_lsn()::text');
  await vi.waitFor(
    () =>
      expect(parseLsn(readStatusFile(host.statusFile).durableLsn ?? '0/0')).toBeGreaterThanOrEqual(parseLsn(written)),
    { timeout: 120_000, interval: 100 },
  );
  receiver.kill((service.get('KillSignal')?.[0] ?? '') as NodeJS.Signals);
  expect(await receiver.result).toMatchObject({ status: 0 });
  const status = await runProgram('gausskeep', ['wal', 'status', host.statusFile]);
  expect(status).toMatchObject({ status: 0, stderr: '' });
  expect(status.stdout).toContain(
    `${host.environment['GAUSSKEEP_ARCHIVE'] ?? ''}, generation 1: stopped as it was told to\n`,
  );
  expect(status.stdout).not.toContain('secret');
  // Two hosts: the slot was made.
  expect(await server.value('select slot_name from pg_replication_slots')).toBe('gausskeep');
});

it('is not started again where that is of no use, and is where it may help', async () => {
  const never = (service.get('RestartPreventExitStatus')?.[0] ?? '').split(' ').map(Number);
  const statusOf = (code: ErrorCode) => exitStatus(new BackupError(code, say('cli.commands')), 'by-code');
  const hopeless: ErrorCode[] = [
    'USAGE',
    'CONFIG_INVALID',
    'AUTHENTICATION',
    'SYSTEM_MISMATCH',
    'WAL_MISSING',
    'SLOT_LIMIT',
  ];
  for (const code of hopeless) expect(never, code).toContain(statusOf(code));
  for (const code of ['SERVER_UNREACHABLE', 'STORAGE_UNAVAILABLE', 'LOCKED'] as const) {
    expect(never, code).not.toContain(statusOf(code));
  }
  expect(service.get('Restart')).toEqual(['on-failure']);
  expect(unit.get('Unit')?.get('StartLimitIntervalSec')).toEqual(['0']);

  const refused = await start(hostWith('wrong')).result;
  expect(refused.stderr).toContain('password authentication failed');
  expect(never).toContain(refused.status);
});

it('asks for a password once, before it receives, and with -w never', async () => {
  const end = await server.value('select pg_current_wal_flush_lsn()::text');
  await server.sql('create table asked_for (id int)');
  const place = ['-h', server.host, '-p', String(server.port), '-U', 'backup'];
  const words = (...more: string[]) => [
    'wal',
    'receive',
    '-D',
    temporaryDirectory('asked'),
    '--endpos',
    end,
    ...place,
    ...more,
  ];
  for (const more of [['-W'], []]) {
    const program = startProgramOnTerminal('gausskeep', words(...more));
    await program.output(/Password: /);
    program.stdin.write('secret\r');
    const { status, stdout } = await program.result;
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout.match(/Password/g)).toHaveLength(1);
    expect(stdout).not.toContain('secret');
  }
  const wrong = startProgramOnTerminal('gausskeep', words('-W'));
  await wrong.output(/Password: /);
  wrong.stdin.write('wrong\r');
  const refused = await wrong.result;
  expect(refused.status).toBe(12);
  expect(refused.stdout.match(/Password/g)).toHaveLength(1);
  const never = await runProgram('gausskeep', words('-w'));
  expect(never).toMatchObject({ status: 12, stderr: expect.stringContaining('no password supplied') as string });
  const inString = words('-w', '-d', 'password=secret');
  expect(await runProgram('gausskeep', inString)).toMatchObject({ status: 0, stderr: '' });
});
