import type { GivenOptions } from '../config/option-table.ts';
import { extraWord, usage } from '../config/parse-options.ts';
import { readGeneration } from '../config/places.ts';
import type { RepositorySettings } from '../config/repository-settings.ts';
import { readEnvironment } from '../config/environment.ts';
import { durationOption } from '../config/retention-settings.ts';
import { cleanInstanceWal, openLocalStorage, releaseHold, type CleanWalResult } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { keptLines } from './cleanup-text.ts';
import { openNamedKnownInstance } from './open-instance.ts';
import type { ProgramContext } from './program.ts';
import { speak } from './speech.ts';

/** `wal cleanup` on the archive of an instance: its backups decide what is needed, and what is named besides only keeps more. */
export async function cleanRepositoryWal(
  given: GivenOptions,
  settings: RepositorySettings,
  context: ProgramContext,
): Promise<number> {
  const { program, terminal, signal } = context;
  const talk = (sentence: Message): void => terminal.line(`${program}: ${speak(sentence)}`);
  const [oldest, further] = given.operands;
  if (further !== undefined) throw extraWord(program, further);
  if (given.has('strip-extension')) throw usage(program, say('repository-wal.no-extension'));
  const [hold, released] = [given.last('hold'), given.last('release-hold')];
  if (hold !== undefined && oldest === undefined) throw usage(program, say('wal-commands.missing', { what: 'OLDEST' }));
  const instance = await openNamedKnownInstance(settings, context);
  if (released !== undefined) {
    if (oldest !== undefined) throw extraWord(program, oldest);
    const { wal } = instance;
    const storage = typeof wal === 'string' ? await openLocalStorage(wal) : wal;
    const wasThere = await releaseHold(storage, released, { signal });
    talk(say(wasThere ? 'wal-commands.released' : 'wal-commands.no-hold', { name: released }));
    return 0;
  }
  const dryRun = given.has('dry-run');
  const limit = {
    oldest,
    hold,
    generation: readGeneration(given, readEnvironment()),
    backupHistory: given.has('clean-backup-history'),
  };
  const graceMs = durationOption(given, 'grace');
  const result = await cleanInstanceWal({ instance, graceMs, limit, dryRun }, { signal });
  const json = given.has('json');
  await show(result, context, { dryRun, json, debug: given.has('debug') });
  const count = result.cuts.reduce((sum, { before }) => sum + before.removals.length, 0);
  // A server that calls this again and again, with what it needs, is told nothing new.
  if (!json && !result.isUnclear && (dryRun ? count === 0 : oldest === undefined)) {
    talk(count === 0 ? say('wal-commands.nothing-unneeded') : say('wal-commands.cleaned', { count }));
  }
  return 0;
}

/** The names on stdout with --dry-run, as on an archive by itself; what is kept and why on stderr. */
async function show(
  { cuts, isUnclear }: CleanWalResult,
  { program, terminal }: ProgramContext,
  { dryRun, json, debug }: { readonly dryRun: boolean; readonly json: boolean; readonly debug: boolean },
): Promise<void> {
  const write = (text: string): Promise<void> => (dryRun ? terminal.data(text) : terminal.report(text));
  const line = (text: string): void => terminal.line(`${program}: ${text}`);
  if (isUnclear) line(speak(say('repository-wal.unclear')));
  for (const { generation, before: plan } of cuts) {
    if (json)
      await write(
        `${JSON.stringify({ messageType: 'cleanup', dryRun, generation, ...plan, protectsBackups: true })}\n`,
      );
    for (const text of json ? [] : keptLines(plan)) line(text);
    for (const { name, stored } of json ? [] : plan.removals) {
      if (debug && !dryRun) line(speak(say('wal-commands.removed', { name })));
      for (const object of dryRun ? stored : []) await terminal.data(`${object}\n`);
    }
  }
}
