import { readEnvironment } from '../../config/environment.ts';
import { cacheDirectory } from '../../config/cache-directory.ts';
import { readAmount } from '../../config/read-amount.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { repoCopyOptions } from '../../config/repository-options.ts';
import { readRepositorySettings, readTargetSettings, repositoryOf } from '../../config/repository-settings.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  copyRepository,
  openRepository,
  type CopiedInstance,
  type CopyEvent,
  type ReadAmount,
  type Repository,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { copyLines, copyProblems, copyRecord } from '../copy-text.ts';
import { labelledLine, warningLine } from '../error-text.ts';
import { exitStatus } from '../exit-status.ts';
import { PhaseProgress } from '../phase-progress.ts';
import type { ProgramContext } from '../program.ts';
import { passwordWays } from '../repository-password.ts';
import { speak } from '../speech.ts';

const [warned, locked, damaged] = [3, 11, 20];

export const repoCopyCommand: Command = {
  synopsis: say('copy-help.synopsis'),
  summary: say('copy-help.what'),
  options: repoCopyOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const read = readAmount(given);
    if (read !== 'none' && given.has('dry-run')) throw usage(program, say('copy.read-dry'));
    const environment = readEnvironment();
    const from = await readRepositorySettings(given, environment);
    const to = await readTargetSettings(given, environment);
    const place = repositoryOf(from);
    const source = await openRepository(place, { ...passwordWays(from, place, context), signal });
    const target = await openTarget(to, context);
    const named = given.all('instance');
    const isDry = given.has('dry-run');
    const progress = new PhaseProgress(terminal, { wal: 'copy.progress-wal', packs: 'copy.progress-packs' });
    const onEvent = (event: CopyEvent): void => {
      if (event.type === 'progress' && given.has('progress')) progress.update(event, event.finished);
    };
    const instancesNamed = named.length === 0 ? undefined : named;
    const cache = cacheDirectory(environment);
    const request = { source, target, instances: instancesNamed, dryRun: isDry, read, cacheDirectory: cache };
    const { instances } = await copyRepository(request, { signal, onEvent });
    for (const { sentence, hint } of instances.flatMap((copied) => copyProblems(copied, isDry))) {
      terminal.line(warningLine(program, sentence));
      if (hint !== undefined) terminal.line(labelledLine(program, 'hint', speak(hint)));
    }
    const lines = given.has('json')
      ? instances.map((copied) => JSON.stringify(copyRecord(copied, isDry)))
      : textLines(instances, isDry, read);
    const text = lines.map((line) => `${line}\n`).join('');
    await (isDry ? terminal.data(text) : terminal.report(text));
    return Math.max(0, ...instances.map(statusOf));
  },
};

type TargetSettings = Awaited<ReturnType<typeof readTargetSettings>>;

/** What is wrong with its password is said of its options. */
async function openTarget(settings: TargetSettings, { signal }: ProgramContext): Promise<Repository> {
  const { repository } = settings;
  const context = { repository };
  try {
    return await openRepository(repository, { ...passwordWays(settings, repository, { signal }), signal });
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    const { code } = error;
    const isNamed = settings.password !== undefined;
    if (code === 'AUTHENTICATION' && !isNamed) throw error.with({ hint: say('copy.password.hint'), context });
    if (code === 'USAGE' && isNamed) throw error.with({ hint: say('copy.needs-no-password.hint'), context });
    throw error.with({ context });
  }
}

function textLines(instances: readonly CopiedInstance[], isDry: boolean, read: ReadAmount): string[] {
  if (instances.length === 0) return [speak(say('copy.nothing'))];
  const lines = instances.flatMap((copied) => copyLines(copied, isDry));
  const checked = read === 'none' ? 'copy.checked' : read === 'all' ? 'copy.checked-read' : 'copy.checked-part';
  return isDry ? lines : [...lines, speak(say(checked))];
}

/** The worst of what is wrong. */
function statusOf({ backups, harmed, wal, read, unreadable, isHeld, failure }: CopiedInstance): number {
  const has = (outcome: string): boolean => backups.some((one) => one.outcome === outcome);
  const isDamaged =
    has('damaged') || (wal?.damaged.length ?? 0) + (read?.damaged.length ?? 0) + unreadable.length + harmed.length > 0;
  const isIncomplete = has('removed') || (wal?.unfinished.length ?? 0) > 0 || !isHeld;
  return Math.max(
    failure === undefined ? 0 : exitStatus(failure, 'by-code'),
    isDamaged ? damaged : 0,
    has('busy') ? locked : 0,
    isIncomplete ? warned : 0,
  );
}
