import { join } from 'node:path';
import { fromBytes } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, shellWord, type Message } from '../messages/message.ts';
import { targetActionSetting } from '../server/recovery-settings.ts';
import { SettingsFile } from '../server/settings-file.ts';
import {
  bytesOf,
  configuredSettings,
  isConfiguredToRecover,
  recoveryFiles,
  type DataDirectory,
} from './data-directory.ts';
import { findPrograms, type ProgramEnvironment } from './find-programs.ts';
import { isAtPromise } from './promise.ts';
import { StepCommands, type CommandReader, type NextStep, type ReachedServer } from './step-commands.ts';
import type { RecoveryWatch } from './watch.ts';

/** What a data directory without a server is, by its files. */
export type StoppedCopy =
  | 'to-recover'
  /** Its server did at the target what it was told: nobody can look at it, and it is not open. */
  | 'shut-down-at-target'
  /** Its recovery is over: a database like any other. */
  | 'recovered'
  /** The same, but nobody has compared it with what was promised. */
  | 'uncompared'
  /** No restore of ours has left anything here. */
  | 'own';

/** @param watch what the log says of the last run */
export function stoppedCopyOf(data: DataDirectory, watch?: RecoveryWatch, configFile?: string): StoppedCopy {
  const { record, past, dialect, control } = data;
  const files = recoveryFiles(data);
  if (files.includes('backup_label') || isConfiguredToRecover(data)) {
    const isThere = isAtPromise(data, control.minRecoveryPoint) ?? watch?.stoppedAt !== undefined;
    const shutsDown = configuredTargetAction(data, configFile) === 'shutdown' || hotStandbyIsOff(data, configFile);
    return control.state === 'shut down in recovery' && isThere && shutsDown ? 'shut-down-at-target' : 'to-recover';
  }
  if (record === undefined && past !== undefined) return 'recovered';
  // Nobody has seen its end: openGauss names the file so when it begins to pause.
  if (dialect.doneFile !== undefined && files.includes(dialect.doneFile)) return 'to-recover';
  if (record === undefined) return 'own';
  const isPromised = record.endLsn !== undefined || record.lastTransaction !== undefined || record.target !== undefined;
  return isPromised ? 'uncompared' : 'recovered';
}

/** Who asks what to do with a copy that does not run. */
export interface Asker {
  readonly configFile?: string | undefined;
  readonly bindir?: string | undefined;
  readonly environment?: ProgramEnvironment | undefined;
  readonly reader?: CommandReader | undefined;
}

/** Why there is nothing to recover, and what to do instead. */
export async function nothingToRecover(
  data: DataDirectory,
  copy: 'recovered' | 'uncompared' | 'own',
  asker: Asker,
): Promise<BackupError> {
  const { path, control } = data;
  if (copy === 'own') {
    const hint = control.state === 'shut down' ? say('recovery.nothing.clean.hint') : say('recovery.nothing.hint');
    return new BackupError('CONFIG_INVALID', say('recovery.nothing', { path }), { hint });
  }
  const hint = await startHint(data, copy, asker);
  return new BackupError('CONFIG_INVALID', say('recovery.over', { path }), { hint });
}

/** Why a server that does not run cannot be opened, and what to do instead. */
export async function notRunning(data: DataDirectory, copy: StoppedCopy, asker: Asker): Promise<BackupError> {
  const { path } = data;
  return new BackupError('SERVER_UNREACHABLE', say('recovery.not-running', { path }), {
    hint: await hintFor(data, copy, asker),
    retryable: false,
  });
}

async function hintFor(data: DataDirectory, copy: StoppedCopy, asker: Asker): Promise<Message> {
  const { path } = data;
  switch (copy) {
    case 'to-recover':
      return say('recovery.not-running.hint', { path });
    case 'shut-down-at-target':
      return say('recovery.not-running.at-target.hint', { path });
    case 'own':
      return say('recovery.not-running.own.hint');
    case 'recovered':
    case 'uncompared':
      return startHint(data, copy, asker);
  }
}

async function startHint(data: DataDirectory, copy: 'recovered' | 'uncompared', asker: Asker): Promise<Message> {
  const command = await startCommand(data, asker);
  return copy === 'recovered'
    ? say('recovery.over.hint', { command })
    : say('recovery.over.uncompared.hint', { command, path: data.path });
}

/** What remains to be done with a copy that does not run; empty where that is nothing, or a recovery. */
export async function stepsWhileStopped(data: DataDirectory, copy: StoppedCopy, asker: Asker): Promise<NextStep[]> {
  const { configFile, reader } = asker;
  const reached = { postmaster: undefined, user: undefined, reader };
  if (copy === 'shut-down-at-target') return stepsAfterShutdown(data, reached, configFile);
  if (copy !== 'recovered' && copy !== 'uncompared') return [];
  const start = { sentence: say('recovery.next.start'), command: await startCommand(data, asker) };
  if (copy === 'recovered') return [start];
  const command = new StepCommands(data, reached).gausskeep('resume');
  return [start, { sentence: say('recovery.next.compare'), command }];
}

async function startCommand(data: DataDirectory, asker: Asker): Promise<string> {
  const { bindir, environment = {}, reader, configFile } = asker;
  // Without programs the command is right for whoever has them on his PATH.
  const programs = await findPrograms(data, { bindir, environment }).catch(() => undefined);
  const reached = { postmaster: undefined, user: undefined, reader, programDirectory: programs?.directory };
  const commands = new StepCommands(data, reached);
  return commands.asServer(commands.start(configFile));
}

/** A server that has shut down at its target: how to look nevertheless, and how to open it. */
export function stepsAfterShutdown(
  data: DataDirectory,
  reached: ReachedServer,
  configFile: string | undefined,
): NextStep[] {
  const commands = new StepCommands(data, reached);
  const { path, dialect } = data;
  const actionFile = dialect.configurationFiles.includes('recovery.conf') ? 'recovery.conf' : dialect.settingsFile;
  const append = (line: string, file: string): string => `echo ${shellWord(line)} >> ${shellWord(join(path, file))}`;
  const act = (action: string): string => append(`${targetActionSetting} = ${action}`, actionFile);
  const isBlind = hotStandbyIsOff(data, configFile);
  const isTold = configuredTargetAction(data, configFile) === 'shutdown';
  const look = [
    ...(isBlind ? [append('hot_standby = on', dialect.settingsFile)] : []),
    ...(isTold ? [act('pause')] : []),
  ];
  const again = commands.gausskeep('recover');
  return [
    {
      sentence: say(isTold ? 'recovery.next.pause' : 'recovery.next.hot-standby'),
      command: commands.asServer(look.join(' && ')),
    },
    { sentence: say('recovery.next.recover-again'), command: again },
    { sentence: say('recovery.next.open-instead'), command: `${commands.asServer(act('promote'))} && ${again}` },
  ];
}

/** What PostgreSQL does at its target by the files that it reads; undefined: they do not say. */
function configuredTargetAction({ path, dialect }: DataDirectory, configFile: string | undefined): string | undefined {
  if (!dialect.configurationFiles.includes('recovery.conf')) {
    return configuredSettings(path, configFile).get(targetActionSetting);
  }
  const bytes = bytesOf(join(path, 'recovery.conf'));
  return bytes === undefined ? undefined : new SettingsFile(fromBytes(bytes)).value(targetActionSetting);
}

/** The server takes no sessions while it recovers. */
export function hotStandbyIsOff({ path }: DataDirectory, configFile: string | undefined): boolean {
  return /^(?:off?|false?|fal|fa|f|no?|0)$/i.test(configuredSettings(path, configFile).get('hot_standby') ?? '');
}
