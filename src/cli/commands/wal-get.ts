import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { systemIdentifierOption, wholeNumber } from '../../config/places.ts';
import { walGetOptions } from '../../config/wal-options.ts';
import { reasonFor } from '../../errors/backup-error.ts';
import {
  getWal,
  instanceOfTarget,
  openRetrying,
  type FindPruned,
  type GetResult,
  type Storage,
} from '../../wal-archive.ts';
import { say, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { errorLines, warningLine } from '../error-text.ts';
import { namedWal, type NamedWal } from '../named-wal.ts';
import type { ProgramContext } from '../program.ts';
import { speak } from '../speech.ts';
import { WalSpool } from '../wal-spool.ts';

/** What a server takes for neither "delivered" nor "the archive ends here". */
const failedStatus = 126;
/** How often whoever fetches ahead says that the restore goes on, ms. */
const holdMs = 600_000;
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
  if (further !== undefined) throw extraWord(program, further);
  const absentStatus = wholeNumber('--absent-status', given.last('absent-status') ?? '1', 1, 125);
  const retryForMs = 1000 * wholeNumber('--retry-for', given.last('retry-for') ?? '60', 0, 86_400);
  const wal = await namedWal(given, context);
  const hold = keptHold(given, wal, context);
  const { generation } = wal;
  const systemIdentifier = systemIdentifierOption(given) ?? (await instanceOfTarget(target, process.cwd()));
  const archive = `${wal.name}|${generation ?? ''}|${systemIdentifier ?? ''}`;
  const spool = WalSpool.of(program, given, { archive, name, target });
  const request = { name, generation, systemIdentifier };

  if (given.has('prefetch-only')) {
    const opened = await wal.open();
    await hold(opened.instance);
    const holding = setInterval(() => void hold(opened.instance), holdMs);
    const known = { generation, systemIdentifier: systemIdentifier ?? opened.systemIdentifier };
    await spool?.fetchAhead({ ...known, storage: opened.storage }, signal).finally(() => clearInterval(holding));
    return 0;
  }
  const talk = (sentence: Message): void => {
    const line = `${program}: ${speak(sentence)}`;
    terminal.line(line);
    log(given, line);
  };
  const damaged = (path: string): void => talk(say('wal-commands.spool-damaged', { path }));
  if (spool !== undefined && (await spool.take(damaged, signal))) {
    log(given, `${program}: ${speak(say('wal-commands.delivered', { name, stored: spool.directory }))}`);
    await spool.goOn();
    return 0;
  }
  if (spool !== undefined && !(await spool.isUsable())) {
    talk(say('wal-commands.spool-unusable', { directory: spool.directory }));
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
  const fetch = (): Promise<GetResult> =>
    getWal({ ...wanted, ...(pruned === undefined ? {} : { pruned }) }, { signal });
  const result = await fetch().catch(async (error: unknown) => {
    // What was fetched ahead may be what there is no room for.
    if (await spool?.madeRoom(error)) return fetch();
    throw error;
  });
  await hold(instance);
  if (result.outcome === 'absent') {
    log(given, `${program}: ${speak(say('wal-commands.absent', { name }))}`);
    return absentStatus;
  }
  const { storedName: stored, paddingBytes: bytes } = result;
  if (bytes > 0) talk(say('wal-commands.padded', { name, stored, bytes }));
  else log(given, `${program}: ${speak(say('wal-commands.delivered', { name, stored }))}`);
  await spool?.goOn();
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
