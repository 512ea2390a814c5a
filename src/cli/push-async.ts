import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { walPushOptions } from '../config/wal-options.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import {
  askPusher,
  dangerOf,
  dataDirectoryOf,
  defaultSpool,
  isReady,
  openPushSpool,
  pushAhead,
  readBacklog,
  shownPlace,
  type CallWords,
  type DonePush,
  type PushSpool,
  type PushTarget,
} from '../wal-archive.ts';
import { say } from '../messages/message.ts';
import { warningLine } from './error-text.ts';
import { dangerText } from './backlog-text.ts';
import type { NamedWal } from './named-wal.ts';
import type { ProgramContext } from './program.ts';
import { atOnceOf, timeoutMsOf } from './push-words.ts';

/** Options that are for the call, not for the process that it starts. */
const ownOptions = new Set(['async', 'timeout', 'verbose', 'json', 'push-ahead', 'help', 'language']);

/** A command may hold what is secret, and the process list shows words: this one goes by the environment. */
const passwordCommand = 'password-command';

/** The spool of a data directory: `--spool`, else `GAUSSKEEP_SPOOL`, else beside it. */
export function spoolDirectory(given: GivenOptions, dataDirectory: string): string {
  const named = given.last('spool') ?? readEnvironment()['GAUSSKEEP_SPOOL'];
  return named === undefined || named === '' ? defaultSpool(dataDirectory) : resolve(named);
}

/**
 * Lets the pusher of the data directory push a file, and waits until it is in the archive.
 * @param path of the file, as the server says it
 * @returns undefined where it has to be pushed by this call: the server does not wait for it, or there can be no spool or no pusher
 */
export async function pushAsync(
  given: GivenOptions,
  { program, terminal, signal }: ProgramContext,
  named: NamedWal,
  path: string,
): Promise<DonePush | undefined> {
  const timeoutMs = timeoutMsOf(given);
  const name = basename(path);
  const wal = directoryOf(path);
  // Only what the server marks is looked for by the pusher. What root leaves there the server could not use.
  if (wal === undefined || !isReady(wal.walDirectory, name) || process.geteuid?.() === 0) return undefined;
  const spoolPath = spoolDirectory(given, wal.dataDirectory);
  try {
    const spool = openSpool(given, named, wal, spoolPath);
    const startPusher = (): void => startIt(given, wal.walDirectory);
    const words = callWords(given, path);
    const answer = await askPusher({ spool, path, timeoutMs, startPusher, words }, { signal });
    if (answer.kind === 'done') return answer.done;
    const why =
      answer.kind === 'no-pusher'
        ? say('wal-async.no-pusher', { name })
        : say('wal-async.stands-still', { name, pid: answer.pid });
    terminal.line(warningLine(program, why));
    return undefined;
  } catch (error) {
    const isOfSpool = error instanceof BackupError ? error.context['spool'] !== undefined : true;
    if (signal.aborted) throw error;
    if (!isOfSpool) {
      const backlog = readBacklog(wal.walDirectory);
      if (dangerOf(backlog) !== undefined) terminal.line(warningLine(program, dangerText(backlog)));
      throw error;
    }
    // A full disk, no permission: without a spool it takes longer, nothing else.
    const reason = reasonFor(error);
    terminal.line(warningLine(program, say('wal-async.no-spool', { name, spool: spoolPath, reason })));
    return undefined;
  }
}

/**
 * The words of this call, where sh may answer one that is made alike: nothing is to be said, the path stands first, and the archive is named by
 * the words. Settings of elsewhere are read again by a whole call, every now and then.
 */
function callWords(given: GivenOptions, path: string): CallWords | undefined {
  const [wal, push, first, ...rest] = process.argv.slice(2);
  const isNamed = given.has('archive') || (given.has('repo') && given.has('instance'));
  if (wal !== 'wal' || push !== 'push' || first !== path || !isNamed || given.has('verbose') || given.has('json')) {
    return undefined;
  }
  const words = {
    before: `wal push ${path.slice(0, path.length - basename(path).length)}`,
    behind: [' ', rest.join(' ')].join(''),
    directory: realpathSync(process.cwd()),
  };
  return Object.values(words).some((text) => /[\n\0]/.test(text)) ? undefined : words;
}

/** The process beside the calls: pushes until it is not asked any more. @param walDirectory absolute */
export async function runPusher(
  given: GivenOptions,
  { signal }: ProgramContext,
  named: NamedWal,
  walDirectory: string,
  open: () => Promise<PushTarget>,
): Promise<void> {
  const atOnce = atOnceOf(given);
  const dataDirectory = dataDirectoryOf(walDirectory, process.cwd());
  if (dataDirectory === undefined) return;
  const wal = { walDirectory, dataDirectory };
  const spool = openSpool(given, named, wal, spoolDirectory(given, dataDirectory));
  await pushAhead({ spool, archive: shownName(named.name), ...wal, atOnce, open }, { signal });
}

/** As `doctor` shows it, without what says how a store is reached. */
function shownName(name: string): string {
  const [place = '', instance] = name.split('|');
  return instance === undefined ? shownPlace(place) : `${shownPlace(place)} (${instance})`;
}

interface WalDirectory {
  readonly walDirectory: string;
  readonly dataDirectory: string;
}

function directoryOf(path: string): WalDirectory | undefined {
  const walDirectory = resolve(dirname(path));
  const dataDirectory = dataDirectoryOf(walDirectory, process.cwd());
  return dataDirectory === undefined ? undefined : { walDirectory, dataDirectory };
}

function openSpool(given: GivenOptions, named: NamedWal, wal: WalDirectory, spool: string): PushSpool {
  const archive = JSON.stringify([named.name, named.generation ?? null, given.last('compress') ?? 'none']);
  return openPushSpool({ spool, walDirectory: wal.walDirectory, archive });
}

/** It inherits no stdio: openGauss waits until its command's stderr is closed. Its session is its own: what ends the server does not end it. */
function startIt(given: GivenOptions, walDirectory: string): void {
  const words = walPushOptions.flatMap(({ options }) =>
    options.flatMap(({ long, argument }) => {
      if (ownOptions.has(long) || long === passwordCommand || !given.has(long)) return [];
      return argument === undefined ? [`--${long}`] : [`--${long}=${given.last(long) ?? ''}`];
    }),
  );
  const environment = readEnvironment();
  const command = given.last(passwordCommand);
  const password = { GAUSSKEEP_PASSWORD_COMMAND: command, GAUSSKEEP_PASSWORD_FILE: undefined };
  const env = {
    ...environment,
    ...(command === undefined ? {} : password),
    // Taken away by the lines of sh, for calls that connect to nothing.
    NODE_EXTRA_CA_CERTS: environment['NODE_EXTRA_CA_CERTS'] ?? environment['GAUSSKEEP_EXTRA_CA_CERTS'],
    // Files are read, written and compressed on these.
    UV_THREADPOOL_SIZE: environment['UV_THREADPOOL_SIZE'] ?? '8',
  };
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, 'wal', 'push', walDirectory, '--push-ahead', ...words], {
    detached: true,
    stdio: 'ignore',
    env,
  });
  // Who waits for it sees that it does not come.
  child.on('error', () => undefined);
  child.unref();
}
