import { readEnvironment } from '../../config/environment.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { archiveOf, readPlaces } from '../../config/places.ts';
import { repositoryIfNamed } from '../../config/repository-settings.ts';
import { walCleanupOptions } from '../../config/wal-options.ts';
import {
  openLocalStorage,
  openPlace,
  performCleanup,
  planCleanup,
  releaseHold,
  type CleanupPlan,
} from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import { keptLines, lockedLines } from '../cleanup-text.ts';
import type { Command } from '../command.ts';
import type { ProgramContext } from '../program.ts';
import { speak } from '../speech.ts';

export const walCleanupCommand: Command = {
  synopsis: say('wal-commands.cleanup.synopsis'),
  summary: say('wal-commands.cleanup.what'),
  options: walCleanupOptions,
  run: async (given, context) => {
    const { program, signal } = context;
    const environment = readEnvironment();
    const repository = await repositoryIfNamed(program, given, environment, ['archive', 'backups']);
    if (repository !== undefined) {
      // Loaded for a repository only: what a standby calls again and again on an archive does without.
      const { cleanRepositoryWal } = await import('../clean-repository-wal.ts');
      return cleanRepositoryWal(given, repository, context);
    }
    if (given.has('grace')) throw usage(program, say('repository-wal.grace-alone'));
    const places = await readPlaces(given, environment);
    const { storage } = await openPlace(archiveOf(places), { signal });
    const released = given.last('release-hold');
    const [oldest, further] = given.operands;
    if (released !== undefined) {
      if (oldest !== undefined) throw extraWord(program, oldest);
      const wasThere = await releaseHold(storage, released, { signal });
      const sentence = wasThere ? 'wal-commands.released' : 'wal-commands.no-hold';
      context.terminal.line(`${program}: ${speak(say(sentence, { name: released }))}`);
      return 0;
    }
    if (oldest === undefined) throw usage(program, say('wal-commands.missing', { what: 'OLDEST' }));
    if (further !== undefined) throw extraWord(program, further);
    const plan = await planCleanup(
      {
        storage,
        oldest,
        generation: places.generation,
        hold: given.last('hold'),
        backups: places.backups && (await Promise.all(places.backups.map((place) => openLocalStorage(place)))),
        backupHistory: given.has('clean-backup-history'),
        stripExtension: given.last('strip-extension'),
      },
      { signal },
    );
    const dryRun = given.has('dry-run');
    await show(plan, context, { dryRun, json: given.has('json') });
    if (dryRun) return 0;
    const debug = given.has('debug');
    await performCleanup(storage, plan, {
      signal,
      onEvent: (event) => {
        if (!debug || event.type !== 'progress') return;
        context.terminal.line(`${program}: ${speak(say('wal-commands.removed', { name: event.name }))}`);
      },
    });
    return 0;
  },
};

/** The names on stdout with --dry-run, as pg_archivecleanup prints them; what is kept and why on stderr. */
async function show(
  plan: CleanupPlan,
  { program, terminal }: ProgramContext,
  { dryRun, json }: { dryRun: boolean; json: boolean },
): Promise<void> {
  if (json) {
    const removals = plan.removals.map(({ name, stored }) => ({ name, stored }));
    const locked = plan.locked.map(({ name, untilMs }) => ({ name, lockedUntil: new Date(untilMs).toISOString() }));
    await terminal.data(`${JSON.stringify({ messageType: 'cleanup', dryRun, ...plan, removals, locked })}\n`);
    return;
  }
  for (const line of [...keptLines(plan), ...lockedLines(plan)]) terminal.line(`${program}: ${line}`);
  if (!plan.protectsBackups) terminal.line(`${program}: ${speak(say('wal-commands.no-backups'))}`);
  if (!dryRun) return;
  if (plan.removals.length === 0) terminal.line(`${program}: ${speak(say('wal-commands.nothing-older'))}`);
  for (const { stored } of plan.removals) {
    for (const name of stored) await terminal.data(`${name}\n`);
  }
}
