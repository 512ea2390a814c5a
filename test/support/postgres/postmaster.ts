import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runDirectory } from '../run-directory.ts';
import { stagedBinaries, type ServerVersion } from './binaries.ts';
import type { Settings } from './instance.ts';
import { serverEnvironment } from './template.ts';
import { serverUser } from './server-user.ts';
import { freePort } from './free-port.ts';

/** How `pg_ctl` calls the ways to stop: let clients go on, disconnect them, or stop without a checkpoint. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

export interface PostmasterOptions {
  readonly version: ServerVersion;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  /** Given on the command line: they win over every file of the data directory, and change none. */
  readonly settings: Settings;
  /** Unless given, a free port is picked. */
  readonly port?: number | undefined;
  readonly startTimeoutMs: number;
}

/** One running `postgres` process. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly running: boolean;
  stop(mode: StopMode): Promise<void>;
  /** SIGKILL to the postmaster and all of its children, like a power cut of the machine that keeps its disks. */
  kill(): Promise<void>;
}

/** Starts a server and waits until it accepts connections (read-only ones on a standby). */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const started = await attemptStart(options, port);
    if (started.postmaster !== undefined) return started.postmaster;
    const portTaken = started.log.includes('Address already in use');
    if (portTaken && options.port === undefined && attempt < 10) continue;
    throw new Error(
      `PostgreSQL ${options.version} in ${options.dataDirectory} did not start; its log ends:\n${started.log}`,
    );
  }
}

async function attemptStart(
  options: PostmasterOptions,
  port: number,
): Promise<{ postmaster?: Postmaster; log: string }> {
  const logStart = readText(options.logFile).length;
  const child = spawnPostgres(options, port);
  const postmaster = supervise(child, port);
  const deadline = Date.now() + options.startTimeoutMs;
  while (postmaster.running && Date.now() < deadline) {
    if (acceptsConnections(options.dataDirectory, child.pid)) return { postmaster, log: '' };
    await delay(10);
  }
  const timedOut = postmaster.running;
  await postmaster.kill();
  const log = readText(options.logFile).slice(logStart);
  const end = log.split('\n').slice(-40).join('\n');
  return { log: timedOut ? `${end}(no connections accepted within ${options.startTimeoutMs} ms)` : end };
}

function spawnPostgres(options: PostmasterOptions, port: number): ChildProcess {
  const settings: Settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: options.socketDirectory,
    logging_collector: false,
    log_destination: 'stderr',
    ...options.settings,
  };
  const log = openSync(options.logFile, 'a');
  try {
    return spawn(
      join(stagedBinaries(options.version), 'bin', 'postgres'),
      [
        '-D',
        options.dataDirectory,
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]),
      ],
      {
        ...serverUser,
        cwd: options.dataDirectory,
        env: serverEnvironment,
        stdio: ['ignore', log, log],
        // A session of its own: Ctrl-C at our terminal is for us, we stop the server ourselves.
        detached: true,
      },
    );
  } finally {
    closeSync(log);
  }
}

function supervise(child: ChildProcess, port: number): Postmaster {
  const { pid } = child;
  if (pid === undefined) throw new Error('postgres cannot be executed');
  runDirectory().guard(pid);
  let running = true;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running = false;
      runDirectory().release(pid);
      resolve();
    });
  });
  // A running server must not keep a finished test process alive; the watchdog of the run directory ends it.
  child.unref();
  return {
    pid,
    port,
    get running() {
      return running;
    },
    async stop(mode) {
      if (!running) return;
      child.ref();
      child.kill(stopSignals[mode]);
      await ended;
    },
    async kill() {
      if (!running) return;
      child.ref();
      const family = [pid, ...childrenOf(pid)];
      for (const member of family) signal(member);
      await ended;
      while (family.some((member) => isAlive(member))) await delay(5);
    },
  };
}

/** The last line of postmaster.pid says `ready` as soon as connections are accepted (since PostgreSQL 10). */
function acceptsConnections(dataDirectory: string, pid: number | undefined): boolean {
  const lines = readText(join(dataDirectory, 'postmaster.pid')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statOf(candidate)?.parent === pid);
}

function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
}

/** State and parent from /proc/PID/stat; the name before them, in parentheses, may hold anything. */
function statOf(pid: number): { state: string; parent: number } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return state === undefined || parent === undefined ? undefined : { state, parent: Number(parent) };
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself meanwhile.
  }
}

/** The file's text; empty when it is not there, which is a state like any other for the files read here. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
