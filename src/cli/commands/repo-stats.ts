import { repoStatsOptions } from '../../config/repository-options.ts';
import {
  BackupError,
  listInstances,
  lostIdentity,
  openInstance,
  openKnownInstance,
  readInstanceStats,
  type InstanceStats,
  type Repository,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { openLookedAt } from '../open-looked-at.ts';
import type { ProgramContext } from '../program.ts';
import { speak } from '../speech.ts';
import { statsLines, statsRecord, totalRecord } from '../stats-text.ts';
import { shownPlace } from '../../wal-archive.ts';

/** As of what was done with warnings. */
const withWarnings = 3;

export const repoStatsCommand: Command = {
  synopsis: say('stats-help.synopsis'),
  summary: say('stats-help.what'),
  options: repoStatsOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const { repository, directory } = await openLookedAt(given, context);
    const only = given.last('instance');
    const names = only === undefined ? await listInstances(repository, { signal }) : [only];
    const stats: InstanceStats[] = [];
    let isWhole = true;
    for (const name of names) {
      try {
        const open = only === undefined ? openInstance : openKnownInstance;
        const instance = await open(repository, name, { signal });
        stats.push(await readInstanceStats(instance, { signal }));
        if (instance.isIdentityLost === true) throw lostIdentity(name);
      } catch (error) {
        // One that cannot be read hides no other.
        if (only !== undefined || !isOfInstance(error)) throw error;
        isWhole = false;
        const object = error.code === 'CORRUPT' ? 'instance.json' : `instances/${name}/`;
        const words = { instance: name, name: object, reason: error.sentence };
        terminal.line(warningLine(program, say('repo.list.damaged', words)));
      }
    }
    const stored = only === undefined ? await listedAtAll(repository, context) : undefined;
    if (given.has('json')) {
      const records = [...stats.map(statsRecord), ...(stored === undefined ? [] : [totalRecord(stats, stored)])];
      for (const record of records) await terminal.data(`${JSON.stringify(record)}\n`);
    } else if (names.length === 0) {
      terminal.line(`${program}: ${speak(say('repo.list.no-instances', { directory: shownPlace(directory) }))}`);
    } else await terminal.data(`${statsLines(stats, stored).join('\n')}\n`);
    return tellUnreadable(stats, context) || !isWhole ? withWarnings : 0;
  },
};

function isOfInstance(error: unknown): error is BackupError {
  return error instanceof BackupError && ['CORRUPT', 'REPOSITORY_VERSION'].includes(error.code);
}

/** @returns whether there was anything to tell */
function tellUnreadable(stats: readonly InstanceStats[], { program, terminal }: ProgramContext): boolean {
  let isTold = false;
  for (const { instance, unreadable, damaged } of stats) {
    const sentences = [
      ...unreadable.map((backup) => say('stats.unreadable', { instance, backup })),
      ...(damaged > 0 ? [say('stats.damaged', { instance, count: damaged })] : []),
    ];
    for (const sentence of sentences) terminal.line(warningLine(program, sentence));
    isTold ||= sentences.length > 0;
  }
  return isTold;
}

/** All objects of the repository as the storage lists them, frames included. */
async function listedAtAll(
  { root }: Repository,
  { signal }: ProgramContext,
): Promise<{ readonly objects: number; readonly bytes: number }> {
  let [objects, bytes] = [0, 0];
  for await (const { sizeBytes } of root.list('', { signal })) {
    objects += 1;
    bytes += sizeBytes;
  }
  return { objects, bytes };
}
