import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fromBytes, display, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say, shellWord, type Message } from '../messages/message.ts';
import { asAccount } from './account.ts';
import { placed } from './placed-program.ts';

export interface RunningServerOptions {
  /** Where the process table is; a test has its own. Default `/proc`. */
  readonly procRoot?: string | undefined;
  /** Shown to the user, with the directory behind it. */
  readonly stopCommand: string;
}

/** Names of server processes, as the kernel tells them. */
const serverNames = /^(?:postgres|postmaster|gaussdb|mogdb|vastbase|gauss)/;

/**
 * Refuses a directory in which a server runs, or may run: a restore under a running server destroys both.
 * Asked are the process of postmaster.pid, its socket lock and socket, and every process that works in the directory.
 * @throws BackupError `TARGET_NOT_EMPTY` with the command that stops it
 */
export async function refuseRunningServer(directory: ByteString, options: RunningServerOptions): Promise<void> {
  const found = await findServer(directory, options.procRoot ?? '/proc');
  if (found === undefined) return;
  const path = display(directory);
  const owner = statSync(fsPath(directory), { throwIfNoEntry: false })?.uid;
  const programs = programsOf(found.pid, options);
  const command = asAccount(`${placed(options.stopCommand, programs)} ${shellWord(path)}`, owner);
  throw new BackupError('TARGET_NOT_EMPTY', found.sentence, {
    hint: found.certain
      ? say('restore.running.hint', { command })
      : say('restore.perhaps-running.hint', { command, path }),
  });
}

interface Found {
  readonly sentence: Message;
  readonly certain: boolean;
  /** undefined: not known. */
  readonly pid?: number | undefined;
}

/** Where the program is that stops a running server: beside its own, if that can be seen. */
function programsOf(
  pid: number | undefined,
  { stopCommand, procRoot = '/proc' }: RunningServerOptions,
): string | undefined {
  if (pid === undefined) return undefined;
  try {
    const directory = dirname(readlinkSync(`${procRoot}/${pid}/exe`));
    return existsSync(join(directory, stopCommand.split(' ')[0] ?? '')) ? directory : undefined;
  } catch {
    return undefined;
  }
}

async function findServer(directory: ByteString, procRoot: string): Promise<Found | undefined> {
  const file = readPidFile(directory);
  const path = display(directory);
  if (file === 'unreadable') return { sentence: say('restore.pid-unreadable', { path }), certain: false };
  if (file !== undefined) {
    if (file.pid === undefined) return { sentence: say('restore.pid-unclear', { path }), certain: false };
    const state = processState(file.pid, [directory, file.directory], procRoot);
    if (state === 'server')
      return { sentence: say('restore.running', { path, pid: file.pid }), certain: true, pid: file.pid };
    if (state === 'unclear')
      return { sentence: say('restore.perhaps-running', { path, pid: file.pid }), certain: false, pid: file.pid };
    const held = await socketHolder(file, directory, procRoot);
    if (held !== undefined) return { sentence: say('restore.socket-held', { path, socket: held }), certain: true };
  }
  const worker = workingProcess(directory, procRoot);
  return worker === undefined
    ? undefined
    : { sentence: say('restore.running', { path, pid: worker }), certain: true, pid: worker };
}

interface PidFile {
  /** Undefined when the file does not say. */
  readonly pid: number | undefined;
  readonly directory: ByteString;
  readonly port: number | undefined;
  readonly socketDirectory: ByteString;
}

/** Lines of postmaster.pid: pid, data directory, start time, port, socket directory. Source: miscadmin.h, both families. */
function readPidFile(directory: ByteString): PidFile | 'unreadable' | undefined {
  let bytes: Buffer;
  try {
    bytes = readRegular(fsPath(joinPath(directory, 'postmaster.pid')));
  } catch (error) {
    const code = systemCodeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : 'unreadable';
  }
  const lines = fromBytes(bytes.subarray(0, 8192)).split('\n') as ByteString[];
  const number = (text: string | undefined): number | undefined =>
    text !== undefined && /^-?\d{1,10}$/.test(text.trim()) ? Math.abs(Number(text)) : undefined;
  const pid = number(lines[0]);
  return {
    // A single-user backend writes its number as a negative one.
    pid: pid === 0 ? undefined : pid,
    directory: (lines[1] ?? '') as ByteString,
    port: number(lines[3]),
    socketDirectory: (lines[4] ?? '').trim() as ByteString,
  };
}

type ProcessState = 'gone' | 'other' | 'unclear' | 'server';

/** Whether the process works in one of the directories, as a server does in its data directory, or names it on its command line. */
function processState(pid: number, directories: readonly ByteString[], procRoot: string): ProcessState {
  if (!hasProcessTable(procRoot)) return signalState(pid);
  const place = `${procRoot}/${pid}`;
  let command: ByteString;
  try {
    command = fromBytes(readFileSync(`${place}/cmdline`));
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ESRCH' ? 'gone' : 'unclear';
  }
  const named = directories.filter((directory) => directory.length > 1);
  const words = command.split('\0');
  if (words.some((word) => named.some((directory) => word === directory || word === `-D${directory}`))) return 'server';
  try {
    const cwd = readlinkSync(`${place}/cwd`, { encoding: 'latin1' }) as ByteString;
    if (named.includes(cwd)) return 'server';
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return 'gone';
    // Another user's process: its directory is not ours to see. Its name still is.
    return isServerName(pid, procRoot) ? 'unclear' : 'other';
  }
  return 'other';
}

function hasProcessTable(procRoot: string): boolean {
  try {
    return readdirSync(procRoot).some((name) => /^\d+$/.test(name));
  } catch {
    return false;
  }
}

/** Where there is no process table, any process of that number counts. */
function signalState(pid: number): ProcessState {
  try {
    process.kill(pid, 0);
    return 'unclear';
  } catch (error) {
    return systemCodeOf(error) === 'ESRCH' ? 'gone' : 'unclear';
  }
}

function isServerName(pid: number | string, procRoot: string): boolean {
  try {
    return serverNames.test(readFileSync(`${procRoot}/${pid}/comm`, 'latin1'));
  } catch {
    return false;
  }
}

/**
 * The socket whose lock file names this directory, if its process lives or somebody listens there: the server may run in
 * another process table (a container), where its number means nothing here.
 */
async function socketHolder(file: PidFile, directory: ByteString, procRoot: string): Promise<string | undefined> {
  if (file.port === undefined || !file.socketDirectory.startsWith('/')) return undefined;
  const socket = joinPath(file.socketDirectory, `.s.PGSQL.${file.port}`);
  let lines: string[];
  try {
    lines = readRegular(fsPath(`${socket}.lock` as ByteString))
      .toString('latin1')
      .split('\n');
  } catch {
    return undefined;
  }
  if (lines[1] !== directory && lines[1] !== file.directory) return undefined;
  const pid = Number(lines[0]);
  const isAlive = Number.isInteger(pid) && processState(pid, [directory, file.directory], procRoot) === 'server';
  return isAlive || (await accepts(socket)) ? display(socket) : undefined;
}

function accepts(socket: ByteString): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(toBytes(socket).toString());
    const end = (answer: boolean): void => {
      connection.destroy();
      resolve(answer);
    };
    connection.setTimeout(2000, () => end(false));
    connection.once('connect', () => end(true));
    connection.once('error', () => end(false));
  });
}

/** A server process that works in the directory although no postmaster.pid says so. */
function workingProcess(directory: ByteString, procRoot: string): number | undefined {
  let names: string[];
  try {
    names = readdirSync(procRoot).filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  for (const name of names) {
    if (!isServerName(name, procRoot)) continue;
    try {
      if (readlinkSync(`${procRoot}/${name}/cwd`, { encoding: 'latin1' }) === directory) return Number(name);
    } catch {
      continue;
    }
  }
  return undefined;
}
