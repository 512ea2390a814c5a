import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { refuseRunningServer } from './running-server.ts';

interface Process {
  readonly comm?: string;
  readonly cmdline?: string;
  readonly cwd?: string;
}

/** A process table; 1 is always there. */
function processes(table: Record<number, Process> = {}): string {
  const root = temporaryDirectory();
  const all: Record<number, Process> = { 1: {}, ...table };
  for (const [pid, { comm = 'init', cmdline = 'init', cwd }] of Object.entries(all)) {
    mkdirSync(join(root, pid));
    writeFileSync(join(root, pid, 'comm'), `${comm}\n`);
    writeFileSync(join(root, pid, 'cmdline'), cmdline);
    if (cwd !== undefined) symlinkSync(cwd, join(root, pid, 'cwd'));
  }
  return root;
}

function dataDirectory(pidFile?: string): string {
  const directory = temporaryDirectory();
  if (pidFile !== undefined) writeFileSync(join(directory, 'postmaster.pid'), pidFile.replaceAll('DIR', directory));
  return directory;
}

const check = (directory: string, procRoot: string): Promise<void> =>
  refuseRunningServer(fromText(directory), { procRoot, stopCommand: 'pg_ctl stop -D' });

describe('a directory in which no server runs', () => {
  it.each([
    ['has no postmaster.pid', undefined, {}],
    ['has one of a process that is gone', '4711\nDIR\n1\n5432\n\n', {}],
    ['has one whose number another program got', '4711\nDIR\n1\n5432\n\n', { 4711: { comm: 'vim', cwd: '/' } }],
    ['is where a shell works', undefined, { 4711: { comm: 'bash', cwd: 'DIR' } }],
  ])('%s', async (_, pidFile, table) => {
    const directory = dataDirectory(pidFile);
    const real = Object.fromEntries(
      Object.entries(table as Record<string, Process>).map(([pid, one]) => [
        pid,
        one.cwd === 'DIR' ? { ...one, cwd: directory } : one,
      ]),
    );
    await expect(check(directory, processes(real))).resolves.toBeUndefined();
  });
});

describe('a directory in which a server runs, or may', () => {
  it('its process works there', async () => {
    const directory = dataDirectory('4711\nDIR\n1\n5432\n\n');
    const table = processes({ 4711: { comm: 'postgres', cwd: directory } });
    await expect(check(directory, table)).rejects.toMatchObject({
      code: 'TARGET_NOT_EMPTY',
      sentence: { key: 'restore.running', parameters: { pid: 4711 } },
      hint: { parameters: { command: `pg_ctl stop -D ${directory}` } },
    });
  });

  it('its process names it on its command line', async () => {
    const directory = dataDirectory('4711\nDIR\n1\n5432\n\n');
    const table = processes({ 4711: { comm: 'gaussdb', cmdline: `/opt/gaussdb\0-D\0${directory}\0`, cwd: '/' } });
    await expect(check(directory, table)).rejects.toMatchObject({ sentence: { key: 'restore.running' } });
  });

  it('a server process works there although postmaster.pid is gone', async () => {
    const directory = dataDirectory();
    const table = processes({ 99: { comm: 'gaussdb', cwd: directory } });
    await expect(check(directory, table)).rejects.toMatchObject({ sentence: { key: 'restore.running' } });
  });

  it.each(['', 'nonsense\n', '0\n'])('postmaster.pid is unclear: %j', async (text) => {
    await expect(check(dataDirectory(text), processes())).rejects.toMatchObject({
      sentence: { key: 'restore.pid-unclear' },
    });
  });

  it('without a process table a process of that number is enough', async () => {
    const directory = dataDirectory(`${process.pid}\nDIR\n1\n5432\n\n`);
    await expect(check(directory, join(directory, 'no-proc'))).rejects.toMatchObject({
      sentence: { key: 'restore.perhaps-running' },
    });
  });

  it('its socket answers, though its process cannot be seen from here', async () => {
    const sockets = temporaryDirectory();
    const directory = dataDirectory(`4711\nDIR\n1\n5432\n${sockets}\n`);
    const socket = join(sockets, '.s.PGSQL.5432');
    writeFileSync(`${socket}.lock`, `4711\n${directory}\n1\n5432\n`);
    await expect(check(directory, processes())).resolves.toBeUndefined();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    await expect(check(directory, processes())).rejects.toMatchObject({ sentence: { key: 'restore.socket-held' } });
  });
});
