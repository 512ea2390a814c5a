import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { cacheDirectory } from '../../config/cache-directory.ts';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { usage } from '../../config/parse-options.ts';
import { readGeneration, wholeNumber } from '../../config/places.ts';
import { targetSettings } from '../../config/target-settings.ts';
import { restoreOptions } from '../../config/restore-options.ts';
import { ownerOption, restoreSettings } from '../../config/restore-settings.ts';
import {
  archiveAgainLines,
  backupLine,
  configurationLines,
  controlProgramPlace,
  nextCommand,
  formatHoldName,
  openIndexCache,
  ownWalLines,
  pathToText,
  performRestore,
  planHead,
  planSteps,
  prepareRecovery,
  prepareRestore,
  restoreCommandWrapper,
  restoreFindings,
  uncheckedLine,
  unusedMappings,
  type BackupWalOptions,
  type ConfigurationOutcome,
  type IndexCache,
  type KeptHold,
  type Place,
  type PreparedRecovery,
  type RestoreEvent,
  type RestorePlan,
  type RestoreResult,
  type SurveyEvent,
} from '../../index.ts';
import { isS3Place } from '../../wal-archive.ts';
import { say, shellWord, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { archiveInStore, archiveOfRepository, ownerOfDirectory } from '../fetch-from-repository.ts';
import type { ProgramContext } from '../program.ts';
import { recoveryRecord } from '../recovery-plan-record.ts';
import { planRecord, restoreRecord } from '../restore-record.ts';
import { laterMs, PhaseProgress } from '../phase-progress.ts';
import { holdRestored, repositoryPlaces, type RepositoryPlaces } from '../restore-from-repository.ts';
import { speak } from '../speech.ts';
import { spoolWords } from '../wal-spool.ts';

/** In the data directory, as the script that uses it. */
const spoolName = '.gausskeep.wal-spool';
/** Status of a restore that is done but has warnings that need reading. */
const partial = 3;

export const restoreCommand: Command = {
  synopsis: say('restore.help.synopsis'),
  summary: say('restore.help.what'),
  options: restoreOptions,
  run: async (given, context) => {
    const { program, signal, terminal } = context;
    if (given.has('progress') && given.has('quiet')) {
      throw usage(program, say('verify.progress-and-quiet', { first: '-P/--progress', second: '-q/--quiet' }));
    }
    const quick = given.last('plan') ?? '';
    if (quick !== '' && quick !== 'quick') throw usage(program, say('restore.bad-plan', { text: quick }));
    const ownWal = {
      cache: await indexCache(),
      quick: quick === 'quick',
      onEvent: walProgress(given, context),
    };
    const places = await repositoryPlaces(given, readEnvironment(), context);
    const restoring: Restoring = { hold: undefined };
    const recovery = await recoveryFor(given, context, { ...ownWal, places, restoring });
    const settings = restoreSettings(
      program,
      given,
      recovery?.from.kind === 'directory' ? recovery.from.path : places?.name,
    );
    const from = recovery?.from ?? settings.from;
    const request = { ...settings, from, recovery: recovery?.preparation };
    const wholePlan = given.has('plan');
    const prepared = await prepareRestore(request, { signal, wholePlan, ownWal });
    const { plan } = prepared;
    for (const name of unusedMappings(request, plan.source)) {
      terminal.line(warningLine(program, say('restore.mapping-unused', { name })));
    }
    if (wholePlan) {
      await terminal.data(
        given.has('json')
          ? `${JSON.stringify({ ...planRecord(plan), ...recordOf(recovery, plan.configuration.outcome) })}\n`
          : planText(plan, recovery, await programsOf(plan)),
      );
      return 0;
    }
    if (recovery?.proved.proof.pause === 'impossible') {
      terminal.line(warningLine(program, say('window.note.no-pause')));
    }
    const hold = places && recovery && (await holdRestored(places, recovery.proved, context));
    restoring.hold = hold;
    const isFetching = recovery?.proved.supply === 'restore-command';
    const performing = performRestore(prepared, { signal, onEvent: listener(given, context) });
    const result = await endingHold(hold, isFetching, performing);
    if (given.has('json'))
      await terminal.data(
        `${JSON.stringify({ ...restoreRecord(result), ...recordOf(recovery, result.configuration) })}\n`,
      );
    else if (!given.has('quiet'))
      await terminal.data(
        `${resultLines(result, recovery, await programsOf(plan))
          .map((line) => speak(line))
          .join('\n')}\n`,
      );
    return result.warnings.length > 0 ? partial : 0;
  },
};

/** The hold stays where the server will fetch WAL; else nothing more is read. What cannot be taken away dies by itself. */
async function endingHold<Result>(
  hold: KeptHold | undefined,
  isFetching: boolean,
  performing: Promise<Result>,
): Promise<Result> {
  let isDone = false;
  try {
    const result = await performing;
    isDone = true;
    return result;
  } finally {
    if (isDone && isFetching) await hold?.leave();
    else await hold?.release().catch(() => undefined);
  }
}

/** What is known once a restore is carried out. */
interface Restoring {
  hold: KeptHold | undefined;
}

/** The recovery that was asked for, proved; undefined where none was. */
async function recoveryFor(
  given: GivenOptions,
  context: ProgramContext,
  {
    places,
    restoring,
    ...reading
  }: BackupWalOptions & { readonly places: RepositoryPlaces | undefined; readonly restoring: Restoring },
): Promise<PreparedRecovery | undefined> {
  const environment = readEnvironment();
  const asked = await targetSettings(context.program, given, environment, { always: places !== undefined });
  if (asked === undefined) return undefined;
  // Before WAL is read for it.
  if (given.has('manifest-checksums')) throw usage(context.program, say('restore.manifest-and-target'));
  const directory = resolve(given.last('pgdata') ?? '');
  if ((given.last('pgdata') ?? '') === '') throw usage(context.program, say('restore.no-pgdata'));
  const [node, ...words] = [process.execPath, ...process.argv.slice(1)];
  const isTried = asked.supply !== 'copy' && asked.restoreCommand === undefined;
  const isEncrypted = places?.instance.isEncrypted === true;
  const owner = ownerOption(given) ?? ownerOfDirectory(directory);
  const tried = { ...context, environment };
  const ofRepository =
    places === undefined
      ? await archiveInStore(asked.archive, { owner, isTried }, tried)
      : await archiveOfRepository(places.settings, { isEncrypted, owner, isTried }, tried);
  const recovery = await prepareRecovery(
    {
      ...asked,
      ...(places === undefined ? {} : ofInstance(places, readGeneration(given, environment))),
      ofRepository,
      ...(places === undefined ? {} : { isBackupNamed: given.has('backup') }),
      directory,
      ...reading,
      wrapperText: (place) =>
        restoreCommandWrapper({
          node,
          program: realpathSync(process.argv[1] ?? ''),
          ...place,
          options: [
            ...(restoring.hold === undefined ? [] : ['--hold', formatHoldName(restoring.hold.name)]),
            ...prefetchWords(given, directory, places?.archive ?? asked.archive),
          ],
        }),
      commandLine: againBy(words, given),
    },
    { signal: context.signal },
  );
  const { proved } = recovery;
  return { ...recovery, proved: { ...proved, passedOver: [...proved.passedOver, ...(places?.passedOver ?? [])] } };
}

/** What costs a request each time, or is opened with a password, is fetched ahead unless it is said otherwise. @throws BackupError `USAGE` */
function prefetchWords(given: GivenOptions, directory: string, archive: Place | undefined): readonly string[] {
  const isFar = typeof archive !== 'string' || isS3Place(archive);
  const count = wholeNumber('--prefetch', given.last('prefetch') ?? (isFar ? '4' : '0'), 0, 64);
  return count === 0 ? [] : spoolWords({ count, directory: join(directory, spoolName) });
}

/** What the configuration file says of a generation is said of its archive. */
function ofInstance({ archive, backups, pruned }: RepositoryPlaces, generation: number | undefined) {
  return { archive, backups, pruned, generation };
}

async function indexCache(): Promise<IndexCache | undefined> {
  const directory = cacheDirectory(readEnvironment());
  return directory === undefined ? undefined : openIndexCache(directory);
}

/** The command line that does the same again, from wherever it is pasted, into the directory that is there by then. */
function againBy(words: readonly string[], given: GivenOptions): string {
  const replaces = given.has('force') || given.has('delta') ? [] : ['--force'];
  const line = [...words, ...replaces].map(shellWord).join(' ');
  const isRelative = words.some((word) => {
    const value = word.startsWith('-') ? word.slice(word.indexOf('=') + 1) : word;
    return !isAbsolute(value) && !value.startsWith('-') && existsSync(value);
  });
  return isRelative ? `cd ${shellWord(process.cwd())} && ${line}` : line;
}

function recordOf(
  recovery: PreparedRecovery | undefined,
  configuration: ConfigurationOutcome | undefined,
): Record<string, unknown> {
  return recovery === undefined ? {} : { recovery: recoveryRecord(recovery, configuration?.hotStandby ?? true) };
}

/** Where the programs are that open the copy, unless their names are enough; told by the backup as long as there is no copy. */
async function programsOf({ directory, source }: RestorePlan): Promise<string | undefined> {
  const places = [pathToText(directory), ...source.localPaths.map((path) => pathToText(path))];
  for (const place of places) {
    if (existsSync(join(place, 'PG_VERSION'))) {
      return controlProgramPlace(place, readEnvironment());
    }
  }
  return undefined;
}

function planText(plan: RestorePlan, recovery: PreparedRecovery | undefined, programs: string | undefined): string {
  const quick = recovery === undefined ? plan.ownWal?.kind === 'unread' : !recovery.preparation.isProved;
  const lines = [...(quick ? [say('restore-recovery.quick')] : []), ...planHead(plan)].map((line) => speak(line));
  for (const { title, lines: details } of planSteps(plan, recovery?.preparation, programs)) {
    lines.push(speak(title), ...details.map((line) => `   - ${speak(line)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** How far the reading of the WAL is: in place on a terminal, as lines where progress was asked for. */
function walProgress(given: GivenOptions, { terminal }: ProgramContext): ((event: SurveyEvent) => void) | undefined {
  if (given.has('quiet') || (!given.has('progress') && !terminal.isTerminal)) return undefined;
  // Where nobody asked for it, only what takes a while is shown.
  const sentences = { tars: 'restore.progress-wal', wal: 'restore.progress-wal' } as const;
  const progress = new PhaseProgress(terminal, sentences, given.has('progress') ? 0 : laterMs);
  return (event) => {
    if (event.type === 'progress') progress.update(event, event.doneBytes === event.totalBytes);
  };
}

function listener(given: GivenOptions, { program, terminal }: ProgramContext): (event: RestoreEvent) => void {
  const progress = given.has('progress') ? new PhaseProgress(terminal, { copy: 'restore.progress' }) : undefined;
  return (event) => {
    switch (event.type) {
      case 'progress':
        progress?.update(event, false);
        return;
      case 'phase':
        return;
      case 'step':
        if (!given.has('quiet')) terminal.line(`${program}: ${speak(event.sentence)}`);
        return;
      case 'warning':
        terminal.line(warningLine(program, event.sentence));
    }
  };
}

/** What was done and what is left to do, at the end. */
function resultLines(
  result: RestoreResult,
  recovery: PreparedRecovery | undefined,
  programs: string | undefined,
): Message[] {
  const { plan, configuration, slots, dropped } = result;
  const path = pathToText(plan.directory);
  const { files, bytes, unchanged, removed, systemIdentifier: identifier } = result;
  return [
    plan.mode === 'delta'
      ? say('restore-plan.done-delta', { path, files, unchanged, removed })
      : say('restore-plan.done', { path, files, bytes, identifier }),
    ...(plan.verify ? [] : [uncheckedLine(plan)]),
    ...(dropped.length > 0 ? [say('restore-plan.dropped', { names: names(dropped) })] : []),
    ...configurationLines(configuration),
    ...configuration.changed.map(({ name, value }) => say('restore-plan.set', { name, value: pathToText(value) })),
    ...configuration.disabled.map(({ name, value }) => say('restore-plan.disable', { name, value: pathToText(value) })),
    ...restoreFindings(configuration, plan.configuration.standalone),
    ...(slots.length > 0 ? [say('restore-plan.slots', { names: names(slots) })] : []),
    ...archiveAgainLines(
      { ...plan.configuration, outcome: configuration },
      recovery?.preparation.archiveRecovery === true,
    ),
    ...(recovery?.preparation.sentences(configuration.hotStandby) ?? []),
    ...(plan.ownWal?.kind === 'proved' ? ownWalLines(plan) : []),
    plan.manifestChecksums === undefined
      ? say(recovery === undefined ? 'restore-plan.next' : 'restore-recovery.next', {
          command: nextCommand(plan, recovery?.preparation, programs),
        })
      : backupLine(plan),
  ];
}

function names(paths: RestoreResult['dropped']): string {
  const shown = paths.slice(0, 20).map((path) => pathToText(path));
  return [...shown, ...(paths.length > shown.length ? ['…'] : [])].join(', ');
}
