import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { s3OptionNames } from '../../config/object-store-settings.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { usage } from '../../config/parse-options.ts';
import { systemIdentifierOption, wholeNumber } from '../../config/places.ts';
import { walGetOptions } from '../../config/wal-options.ts';
import { reasonFor } from '../../errors/backup-error.ts';
import {
  getWal,
  instanceOfTarget,
  isS3Place,
  isRunningLow,
  openRetrying,
  prefetchWal,
  takePrefetched,
  type FindPruned,
  type Spool,
  type Storage,
} from '../../wal-archive.ts';
import { say, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { errorLines, warningLine } from '../error-text.ts';
import { namedWal, type NamedWal } from '../named-wal.ts';
import type { ProgramContext } from '../program.ts';
import { speak } from '../speech.ts';

/** What a server takes for neither "delivered" nor "the archive ends here". */
const failedStatus = 126;
const paths = ['archive', 'repo', 'password-file', 'spool', 's3-ca-file', 's3-credentials-file'];
const largestLogBytes = 8 * 1024 * 1024;

export const walGetCommand: Command = {
  synopsis: say('wal-commands.get.synopsis'),
  summary: say('wal-commands.get.what'),
  options: walGetOptions,
  statusRule: () => failedStatus,
  // openGauss does not read more than one buffer of it.
  talkLimitBytes: 4000,
  run: async (given, context) => {
    try {
      return await get(given, context);
    } catch (error) {
      for (const line of errorLines(context.program, error)) log(given, line);
      throw error;
    }
  },
};

async function get(given: GivenOptions, context: ProgramContext): Promise<number> {
  const { program, terminal, signal } = context;
  // The third word is %r, which some configurations pass along; nothing here depends on it.
  const [name, target, , further] = given.operands;
  const missing = name === undefined ? 'NAME' : target === undefined ? 'TARGET' : undefined;
  if (name === undefined || target === undefined)
    throw usage(program, say('wal-commands.missing', { what: missing ?? '' }));
  if (further !== undefined) throw usage(program, say('options.too-many', { word: further }));
  const absentStatus = wholeNumber('--absent-status', given.last('absent-status') ?? '1', 1, 125);
  const retryForMs = 1000 * wholeNumber('--retry-for', given.last('retry-for') ?? '60', 0, 86_400);
  const count = wholeNumber('--prefetch', given.last('prefetch') ?? '0', 0, 64);
  const wal = await namedWal(given, context);
  const hold = keptHold(given, wal, context);
  const { generation } = wal;
  const systemIdentifier = systemIdentifierOption(given) ?? (await instanceOfTarget(target, process.cwd()));
  const spool = spoolOf(program, given, count, `${wal.name}|${generation ?? ''}|${systemIdentifier ?? ''}`);
  const request = { name, generation, systemIdentifier };

  if (given.has('prefetch-only')) {
    const { storage, instance } = await wal.open();
    if (spool !== undefined) await prefetchWal({ ...request, storage }, spool, count, { signal });
    await hold(instance);
    return 0;
  }
  const talk = (sentence: Message): void => {
    const line = `${program}: ${speak(sentence)}`;
    terminal.line(line);
    log(given, line);
  };
  if (spool !== undefined && (await takePrefetched(spool, name, target))) {
    log(given, `${program}: ${speak(say('wal-commands.delivered', { name, stored: spool.directory }))}`);
    // To open an encrypted one takes longer than to fetch a segment.
    const isWorthIt = !wal.isOfRepository || (await isRunningLow(name, spool, count));
    if (isWorthIt) startPrefetch(given, name, systemIdentifier);
    return 0;
  }
  const partial = !given.has('no-partial');
  let known = systemIdentifier;
  let pruned: FindPruned | undefined;
  let instance: Storage | undefined;
  const open = async (): Promise<Storage> => {
    const opened = await wal.open();
    known ??= opened.systemIdentifier;
    ({ pruned, instance } = opened);
    return opened.storage;
  };
  const storage = await openRetrying(open, { forMs: retryForMs }, { signal });
  const wanted = { ...request, systemIdentifier: known, storage, target, partial };
  const result = await getWal({ ...wanted, ...(pruned === undefined ? {} : { pruned }) }, { signal });
  await hold(instance);
  if (result.outcome === 'absent') {
    log(given, `${program}: ${speak(say('wal-commands.absent', { name }))}`);
    return absentStatus;
  }
  const { storedName: stored, paddingBytes: bytes } = result;
  if (bytes > 0) talk(say('wal-commands.padded', { name, stored, bytes }));
  else log(given, `${program}: ${speak(say('wal-commands.delivered', { name, stored }))}`);
  if (spool !== undefined) startPrefetch(given, name, systemIdentifier);
  return 0;
}

/** Renews the hold of the restore that this serves; that it could not is no reason to fail a recovery. @throws BackupError `USAGE` */
function keptHold(
  given: GivenOptions,
  { isOfRepository }: NamedWal,
  { program, terminal, signal }: ProgramContext,
): (instance: Storage | undefined) => Promise<void> {
  const text = given.last('hold');
  if (text === undefined) return () => Promise.resolve();
  if (!isOfRepository) throw usage(program, say('repository-wal.hold-alone'));
  return async (instance) => {
    try {
      // Only here: what serves an archive by itself does not load it.
      const { parseHoldWord, renewHold } = await import('../../repository-wal.ts');
      const name = parseHoldWord(text);
      if (name !== undefined && instance !== undefined) await renewHold(instance, name, { signal });
    } catch (error) {
      const line = warningLine(program, say('repository-wal.not-renewed', { reason: reasonFor(error) }));
      terminal.line(line);
      log(given, line);
    }
  };
}

function spoolOf(program: string, given: GivenOptions, count: number, archive: string): Spool | undefined {
  if (count === 0) return undefined;
  const directory = given.last('spool');
  if (directory === undefined) throw usage(program, say('wal-commands.spool-needed'));
  return { directory: resolve(directory), archive };
}

/** Another process goes on fetching. It inherits no stdio: openGauss waits until its command's stderr is closed. */
function startPrefetch(given: GivenOptions, name: string, systemIdentifier: bigint | undefined): void {
  const options = [
    'archive',
    'repo',
    'instance',
    'password-file',
    'password-command',
    'generation',
    'prefetch',
    'spool',
    'hold',
    ...s3OptionNames.filter((name) => name !== 's3-allow-http'),
  ];
  const words = options.flatMap((option) => {
    const value = given.last(option);
    if (value === undefined) return [];
    return [`--${option}`, paths.includes(option) && !isS3Place(value) ? resolve(value) : value];
  });
  if (given.has('s3-allow-http')) words.push('--s3-allow-http');
  const instance = systemIdentifier === undefined ? [] : ['--system-identifier', systemIdentifier.toString()];
  const program = process.argv[1] ?? '';
  const child = spawn(
    process.execPath,
    [program, 'wal', 'get', name, 'none', '--prefetch-only', ...words, ...instance],
    { detached: true, stdio: 'ignore' },
  );
  // That it could not be started costs time, nothing else.
  child.on('error', () => undefined);
  child.unref();
}

/**
 * The log of our own: `--log-file`, else, where openGauss asks (it keeps nothing of what its commands say), a file in its log
 * directory. Starts anew, keeping one file more, when it has grown to 8 MiB.
 */
function logFile(given: GivenOptions): string | undefined {
  const named = given.last('log-file');
  if (named !== undefined) return named;
  const isOpenGauss = given.operands[1]?.startsWith('pg_xlog/') === true;
  const directory = [readEnvironment()['GAUSSLOG'], 'pg_log'].find((place) => place && existsSync(place));
  return isOpenGauss && directory !== undefined ? join(directory, 'gausskeep-wal-get.log') : undefined;
}

/** A log that cannot be written is not worth failing a recovery for. */
function log(given: GivenOptions, line: string): void {
  const path = logFile(given);
  if (path === undefined) return;
  try {
    const { size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (size > largestLogBytes) renameSync(path, `${path}.1`);
    appendFileSync(path, `${new Date().toISOString()} [${process.pid}] ${line}\n`, { mode: 0o600 });
  } catch {
    // The terminal has said it already.
  }
}
