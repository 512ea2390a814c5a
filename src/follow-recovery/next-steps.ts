import { join } from 'node:path';
import { render, say, shellWord, type Message } from '../messages/message.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { DataDirectory } from './data-directory.ts';
import type { PreparedTransaction, ServerState } from './server-state.ts';
import { StepCommands, type ReachedServer } from './step-commands.ts';

/** Something that the user has to do, with the command to copy. */
export interface NextStep {
  readonly sentence: Message;
  readonly command: string;
}

/**
 * Makes the archive_command for an archive of ours. `newGeneration`: for the one that is opened next, after `generation`.
 */
export type ArchiveCommand = (
  archive: NonNullable<RecoveryRecord['archive']>,
  options: { readonly newGeneration: boolean },
) => Promise<string>;

export interface StepFacts extends ReachedServer {
  readonly state: ServerState | undefined;
  readonly prepared: readonly PreparedTransaction[];
  readonly archiveMode: string | undefined;
  readonly archiveCommand: ArchiveCommand | undefined;
}

/** While the server is paused: look, then go on. */
export function stepsWhilePaused(data: DataDirectory, reached: ReachedServer): NextStep[] {
  const commands = new StepCommands(data, reached);
  return [
    { sentence: say('recovery.next.look'), command: commands.asServer(commands.sql('postgres')) },
    { sentence: say('recovery.next.resume'), command: commands.gausskeep('resume') },
  ];
}

/** A server that could not pause has shut down at its target: how to look nevertheless. */
export function stepsAfterShutdown(data: DataDirectory, reached: ReachedServer): NextStep[] {
  const commands = new StepCommands(data, reached);
  const file = shellWord(join(data.path, data.dialect.settingsFile));
  return [
    {
      sentence: say('recovery.next.hot-standby'),
      command: commands.asServer(`echo 'hot_standby = on' >> ${file}`),
    },
    { sentence: say('recovery.next.recover-again'), command: commands.gausskeep('recover') },
  ];
}

/** When the database is read-write again. */
export async function stepsAfter(data: DataDirectory, facts: StepFacts): Promise<NextStep[]> {
  const { dialect } = data;
  const record = data.record ?? data.past;
  const commands = new StepCommands(data, facts);
  const steps = preparedSteps(facts.prepared, commands);
  const archived = record?.archive;
  const newGeneration = !data.capabilities.newTimelineAfterRecovery;
  if (newGeneration && archived !== undefined) {
    const fork = record?.ended?.lsn ?? facts.state?.replayLsn ?? record?.endLsn;
    const at = fork === undefined ? 'LSN' : formatLsn(fork);
    steps.push({
      sentence: say('recovery.next.generation'),
      command: `gausskeep wal generation --open --parent ${archived.generation} --fork-lsn ${at} --archive ${shellWord(archived.place)}`,
    });
  }
  const command =
    archived === undefined
      ? undefined
      : await facts.archiveCommand?.(archived, { newGeneration }).catch(() => undefined);
  steps.push(
    ...(dialect.administration === 'gs-guc'
      ? stepsOfOpengauss(data, commands, command ?? 'ARCHIVE_COMMAND')
      : stepsOfPostgresql(data, { facts, commands }, command ?? 'ARCHIVE_COMMAND')),
  );
  for (const name of record?.slots ?? []) {
    const create = shellWord(dialect.createSlotQuery(name));
    const run = commands.asServer(`${commands.sql('postgres')} -c ${create}`);
    steps.push({ sentence: say('recovery.next.slot', { name }), command: run });
  }
  return steps;
}

/** So many are ended by name; more by what the server lists. */
const endedByName = 5;

/** One step for each database: nothing ends a prepared transaction from another. */
function preparedSteps(prepared: readonly PreparedTransaction[], commands: StepCommands): NextStep[] {
  const byDatabase = new Map<string, PreparedTransaction[]>();
  for (const one of prepared) {
    const database = one.database ?? 'postgres';
    byDatabase.set(database, [...(byDatabase.get(database) ?? []), one]);
  }
  return [...byDatabase].map(([database, list]) => {
    const shown = list.slice(0, endedByName).map(({ name }) => `"${name}"`);
    const more = list.length - shown.length;
    if (more > 0) shown.push(render(say('recovery.and-more', { count: more })));
    const into = commands.sql(database);
    const all = `SELECT format('ROLLBACK PREPARED %L;', gid) FROM pg_prepared_xacts WHERE database = current_database()`;
    const each = list.map(({ name }) => `-c ${shellWord(`ROLLBACK PREPARED '${name.replaceAll("'", "''")}'`)}`);
    return {
      sentence: say('recovery.next.prepared', { count: list.length, list: shown.join(', '), database }),
      command: commands.asServer(more > 0 ? `${into} -At -c ${shellWord(all)} | ${into}` : `${into} ${each.join(' ')}`),
    };
  });
}

function stepsOfOpengauss(data: DataDirectory, commands: StepCommands, archiveCommand: string): NextStep[] {
  const record = data.record ?? data.past;
  const directory = shellWord(data.path);
  const serial = data.record?.addedSettings.some(({ name }) => name === 'recovery_max_workers') === true;
  const setting = `archive_command = '${archiveCommand.replaceAll("'", "''")}'`;
  const quoted = /["$`\\!]/.test(setting) ? shellWord(setting) : `"${setting}"`;
  const [guc, control] = [commands.program('gs_guc'), commands.program('gs_ctl')];
  const step = (key: OpengaussStep, command: string): NextStep => ({
    sentence: say(key),
    command: commands.asServer(command),
  });
  return [
    step(
      record?.archive === undefined ? 'recovery.next.archiving-own' : 'recovery.next.archiving',
      `${guc} reload -D ${directory} -c ${quoted} -c "archive_mode = on"`,
    ),
    step('recovery.next.backup', `gs_basebackup -D NEW_DIRECTORY -X fetch${commands.place}`),
    step('recovery.next.replconninfo', `${guc} set -D ${directory} -c "replconninfo1 = ''"`),
    step('recovery.next.standby', `${control} build -D STANDBY_DIRECTORY -b full`),
    ...(serial ? [step('recovery.next.restart', `${control} restart -D ${directory} -M normal`)] : []),
  ];
}

type OpengaussStep =
  | 'recovery.next.archiving-own'
  | 'recovery.next.archiving'
  | 'recovery.next.backup'
  | 'recovery.next.replconninfo'
  | 'recovery.next.standby'
  | 'recovery.next.restart';

function stepsOfPostgresql(
  data: DataDirectory,
  { facts, commands }: { readonly facts: StepFacts; readonly commands: StepCommands },
  archiveCommand: string,
): NextStep[] {
  const { place } = commands;
  const show = `${commands.sql('postgres')} -c 'SHOW archive_mode' -c 'SHOW archive_command'`;
  const standby = `${commands.program('pg_basebackup')} -D STANDBY_DIRECTORY -R${place}`;
  return [
    ...(facts.archiveMode === undefined || facts.archiveMode === 'off'
      ? archivingSteps(data, commands, archiveCommand)
      : [{ sentence: say('recovery.next.archiving-postgresql'), command: commands.asServer(show) }]),
    {
      sentence: say('recovery.next.backup'),
      command: commands.asServer(`gs_basebackup -D NEW_DIRECTORY${place}`),
    },
    { sentence: say('recovery.next.standby'), command: commands.asServer(standby) },
  ];
}

/** A restart by pg_ctl would take over our command line, which says off. */
function archivingSteps({ path }: DataDirectory, commands: StepCommands, archiveCommand: string): NextStep[] {
  const control = shellWord(join(commands.programDirectory, 'pg_ctl'));
  const set = `ALTER SYSTEM SET archive_command = '${archiveCommand.replaceAll("'", "''")}'`;
  const sql = `${commands.sql('postgres')} -c ${shellWord(set)} -c 'ALTER SYSTEM SET archive_mode = on'`;
  const log = shellWord(join(path, 'start.log'));
  const start = `${control} start -D ${shellWord(path)}${commands.outsideOptions} -l ${log}`;
  return [
    { sentence: say('recovery.next.takes-over'), command: commands.asServer(sql) },
    {
      sentence: say('recovery.next.stop-start'),
      command: commands.asServer(`${control} stop -m fast -D ${shellWord(path)} && ${start}`),
    },
  ];
}
