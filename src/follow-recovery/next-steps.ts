import { say, shellWord, type MessageValue } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import { archivingOfOpengauss, archivingOfPostgresql, type ArchiveCommand } from './archiving-steps.ts';
import type { ServerAnswers } from './ask-server.ts';
import type { DataDirectory } from './data-directory.ts';
import { freshBackup } from './fresh-backup.ts';
import type { PreparedTransaction, ServerState } from './server-state.ts';
import { StepCommands, type NextStep, type ReachedServer } from './step-commands.ts';

export interface StepFacts extends ReachedServer {
  readonly state: ServerState | undefined;
  readonly prepared: readonly PreparedTransaction[];
  /** undefined: the server was not asked. */
  readonly answers: Pick<ServerAnswers, 'archiveMode' | 'archiveCommand'> | undefined;
  /** It went through archive recovery, which gives PostgreSQL a timeline of its own. */
  readonly archiveRecovery: boolean;
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
    const words = (archived.words ?? ['--archive', archived.place]).map(shellWord);
    steps.push({
      sentence: say('recovery.next.generation'),
      command: `gausskeep wal generation --open --parent ${archived.generation} --fork-lsn ${at} ${words.join(' ')}`,
    });
  }
  const configured = facts.answers?.archiveCommand ?? '';
  const like = configured === '' ? record?.archiveCommand : configured;
  const ours =
    archived === undefined || archived.outOfReach === true
      ? undefined
      : await facts.archiveCommand?.(archived, { newGeneration, like }).catch(() => undefined);
  steps.push(
    ...(dialect.administration === 'gs-guc'
      ? stepsOfOpengauss(data, commands, ours)
      : stepsOfPostgresql(data, { facts, commands }, ours)),
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
    const shown: MessageValue[] = list.slice(0, endedByName).map(({ name }) => `"${name}"`);
    const more = list.length - shown.length;
    if (more > 0) shown.push(say('recovery.and-more', { count: more }));
    const into = commands.sql(database);
    const all = `SELECT format('ROLLBACK PREPARED %L;', gid) FROM pg_prepared_xacts WHERE database = current_database()`;
    const each = list.map(({ name }) => `-c ${shellWord(`ROLLBACK PREPARED '${name.replaceAll("'", "''")}'`)}`);
    return {
      sentence: say('recovery.next.prepared', {
        count: list.length,
        list: { items: shown, separator: ', ' },
        database,
      }),
      command: commands.asServer(more > 0 ? `${into} -At -c ${shellWord(all)} | ${into}` : `${into} ${each.join(' ')}`),
    };
  });
}

const restoredFrom = ({ record, past }: DataDirectory): readonly string[] | undefined =>
  (record ?? past)?.archive?.words;

function stepsOfOpengauss(data: DataDirectory, commands: StepCommands, ours: string | undefined): NextStep[] {
  const directory = shellWord(data.path);
  const serial = data.record?.addedSettings.some(({ name }) => name === 'recovery_max_workers') === true;
  const [guc, control] = [commands.program('gs_guc'), commands.program('gs_ctl')];
  const step = (key: OpengaussStep, command: string): NextStep => ({
    sentence: say(key),
    command: commands.asServer(command),
  });
  return [
    archivingOfOpengauss(data, commands, ours),
    step('recovery.next.backup', freshBackup({ restoredFrom: restoredFrom(data) }, commands.place, ' -X fetch')),
    step('recovery.next.replconninfo', `${guc} set -D ${directory} -c "replconninfo1 = ''"`),
    step('recovery.next.standby', `${control} build -D STANDBY_DIRECTORY -b full`),
    ...(serial ? [step('recovery.next.restart', `${control} restart -D ${directory} -M normal`)] : []),
  ];
}

type OpengaussStep =
  'recovery.next.backup' | 'recovery.next.replconninfo' | 'recovery.next.standby' | 'recovery.next.restart';

function stepsOfPostgresql(
  data: DataDirectory,
  { facts, commands }: { readonly facts: StepFacts; readonly commands: StepCommands },
  ours: string | undefined,
): NextStep[] {
  const { place } = commands;
  const { answers, archiveRecovery } = facts;
  const { archiveMode, archiveCommand } = answers ?? { archiveMode: undefined, archiveCommand: undefined };
  const standby = `${commands.program('pg_basebackup')} -D STANDBY_DIRECTORY -R${place}`;
  return [
    ...archivingOfPostgresql(data, commands, { archiveMode, archiveCommand, archiveRecovery, ours }),
    {
      sentence: say(archiveRecovery ? 'recovery.next.backup-timeline' : 'recovery.next.backup-shared'),
      command: commands.asServer(freshBackup({ archiveCommand, restoredFrom: restoredFrom(data) }, place)),
    },
    { sentence: say('recovery.next.standby'), command: commands.asServer(standby) },
  ];
}
