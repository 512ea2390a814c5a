import { join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { textOf, type DataDirectory } from './data-directory.ts';

/** What postmaster.pid says of a running server. Source: miscadmin.h, pidfile.h, "postmaster.pid". */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** undefined: it listens on no Unix socket. */
  readonly socketDirectory: string | undefined;
  readonly listenAddress: string | undefined;
  /** `starting`, `stopping`, `ready` or `standby`; openGauss does not say. */
  readonly status: string | undefined;
}

/** The process of the server of a data directory, however little of postmaster.pid is written; undefined when there is none. */
export function runningPid(path: string): number | undefined {
  return pidOf(linesOf(path));
}

/**
 * The running server of a data directory, with its address. A starting server writes the file line by line, so one that
 * has not all lines yet says nothing: a port without its socket directory is the address of somebody else.
 */
export function runningPostmaster({ path, dialect }: Pick<DataDirectory, 'path' | 'dialect'>): Postmaster | undefined {
  const lines = linesOf(path);
  const pid = pidOf(lines);
  // What is behind the last line feed is not a line yet.
  if (pid === undefined || lines.length <= dialect.pidFileLines) return undefined;
  if (nonEmpty(lines[dialect.pidFileLines - 1]) === undefined) return undefined;
  const [, , , port, socketDirectory, listenAddress, , status] = lines;
  if (!(Number(port) > 0)) return undefined;
  return {
    pid,
    port: Number(port),
    socketDirectory: nonEmpty(socketDirectory),
    listenAddress: listenAddress === '*' ? '127.0.0.1' : nonEmpty(listenAddress),
    status: nonEmpty(status),
  };
}

/** Where to log in to a server. */
export function placeOf({ socketDirectory, listenAddress, port }: Postmaster): { host: string; port: number } {
  return { host: socketDirectory ?? listenAddress ?? '127.0.0.1', port };
}

function linesOf(path: string): string[] {
  const text = textOf(join(path, 'postmaster.pid')) ?? '';
  return text.split('\n').map((line) => line.trim());
}

function pidOf(lines: readonly string[]): number | undefined {
  // A negative number is a server in single-user mode.
  const pid = Math.abs(Number(lines[0]));
  return Number.isInteger(pid) && pid !== 0 && isAlive(pid) ? pid : undefined;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
  // A child of ours that has ended is there until it is waited for.
  return !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`) ?? '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
