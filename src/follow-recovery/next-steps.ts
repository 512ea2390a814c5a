import { dirname, join } from 'node:path';
import { readlinkSync } from 'node:fs';
import { render, say, shellWord, type Message } from '../messages/message.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import { formatLsn } from '../wal/lsn.ts';
import { textOf, type DataDirectory } from './data-directory.ts';
import type { Postmaster } from './postmaster.ts';
import type { PreparedTransaction, ServerState } from './server-state.ts';

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

export interface StepFacts {
  readonly postmaster: Postmaster | undefined;
  readonly state: ServerState | undefined;
  readonly prepared: readonly PreparedTransaction[];
  readonly archiveMode: string | undefined;
  readonly archiveCommand: ArchiveCommand | undefined;
}

/** While the server is paused: look, then go on. */
export function stepsWhilePaused({ path, dialect }: DataDirectory, postmaster: Postmaster | undefined): NextStep[] {
  return [
    { sentence: say('recovery.next.look'), command: client(dialect.session, postmaster) },
    { sentence: say('recovery.next.resume'), command: `gausskeep resume --pgdata ${shellWord(path)}` },
  ];
}

/** A server that could not pause has shut down at its target: how to look nevertheless. */
export function stepsAfterShutdown({ path }: DataDirectory): NextStep[] {
  return [{ sentence: say('recovery.next.hot-standby'), command: `gausskeep recover --pgdata ${shellWord(path)}` }];
}

/** When the database is read-write again. */
export async function stepsAfter(data: DataDirectory, facts: StepFacts): Promise<NextStep[]> {
  const { dialect } = data;
  const record = data.record ?? data.past;
  const sql = client(dialect.session, facts.postmaster);
  const steps = preparedSteps(facts.prepared, sql);
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
    ...(dialect.session === 'opengauss'
      ? stepsOfOpengauss(data, facts, command ?? 'ARCHIVE_COMMAND')
      : stepsOfPostgresql(data, facts, command ?? 'ARCHIVE_COMMAND', sql)),
  );
  for (const name of record?.slots ?? []) {
    const create =
      dialect.session === 'opengauss'
        ? `SELECT pg_create_physical_replication_slot('${name}', false)`
        : `SELECT pg_create_physical_replication_slot('${name}')`;
    steps.push({ sentence: say('recovery.next.slot', { name }), command: `${sql} -c ${shellWord(create)}` });
  }
  return steps;
}

/** So many are ended by name; more by what the server lists. */
const endedByName = 5;

/** One step for each database: nothing ends a prepared transaction from another. */
function preparedSteps(prepared: readonly PreparedTransaction[], sql: string): NextStep[] {
  const byDatabase = new Map<string, PreparedTransaction[]>();
  for (const one of prepared) {
    const database = one.database ?? 'postgres';
    byDatabase.set(database, [...(byDatabase.get(database) ?? []), one]);
  }
  return [...byDatabase].map(([database, list]) => {
    const shown = list.slice(0, endedByName).map(({ name }) => `"${name}"`);
    const more = list.length - shown.length;
    if (more > 0) shown.push(render(say('recovery.and-more', { count: more })));
    const into = `${sql.replace(/ postgres$/, '')} ${shellWord(database)}`;
    const all = `SELECT format('ROLLBACK PREPARED %L;', gid) FROM pg_prepared_xacts WHERE database = current_database()`;
    const each = list.map(({ name }) => `-c ${shellWord(`ROLLBACK PREPARED '${name.replaceAll("'", "''")}'`)}`);
    return {
      sentence: say('recovery.next.prepared', { count: list.length, list: shown.join(', '), database }),
      command: more > 0 ? `${into} -At -c ${shellWord(all)} | ${into}` : `${into} ${each.join(' ')}`,
    };
  });
}

function stepsOfOpengauss(data: DataDirectory, facts: StepFacts, archiveCommand: string): NextStep[] {
  const record = data.record ?? data.past;
  const port = facts.postmaster?.port ?? 5432;
  const directory = shellWord(data.path);
  const serial = data.record?.addedSettings.some(({ name }) => name === 'recovery_max_workers') === true;
  const setting = `archive_command = '${archiveCommand.replaceAll("'", "''")}'`;
  const command = /["$`\\!]/.test(setting) ? shellWord(setting) : `"${setting}"`;
  return [
    {
      sentence: record?.archive === undefined ? say('recovery.next.archiving-own') : say('recovery.next.archiving'),
      command: `gs_guc reload -D ${directory} -c ${command} -c "archive_mode = on"`,
    },
    { sentence: say('recovery.next.backup'), command: `gs_basebackup -D NEW_DIRECTORY -X fetch -p ${port}` },
    { sentence: say('recovery.next.replconninfo'), command: `gs_guc set -D ${directory} -c "replconninfo1 = ''"` },
    { sentence: say('recovery.next.standby'), command: 'gs_ctl build -D STANDBY_DIRECTORY -b full' },
    ...(serial
      ? [{ sentence: say('recovery.next.restart'), command: `gs_ctl restart -D ${directory} -M normal` }]
      : []),
  ];
}

function stepsOfPostgresql(data: DataDirectory, facts: StepFacts, archiveCommand: string, sql: string): NextStep[] {
  const { postmaster } = facts;
  const host = postmaster?.socketDirectory;
  // Without it the client looks in the directory that it was built with.
  const place = `${host === undefined ? '' : ` -h ${shellWord(host)}`} -p ${postmaster?.port ?? 5432}`;
  return [
    ...(facts.archiveMode === undefined || facts.archiveMode === 'off'
      ? archivingSteps(data, postmaster, archiveCommand, sql)
      : [
          {
            sentence: say('recovery.next.archiving-postgresql'),
            command: `${sql} -c 'SHOW archive_mode' -c 'SHOW archive_command'`,
          },
        ]),
    { sentence: say('recovery.next.backup'), command: `gs_basebackup -D NEW_DIRECTORY${place}` },
    { sentence: say('recovery.next.standby'), command: `pg_basebackup -D STANDBY_DIRECTORY -R${place}` },
  ];
}

/** A restart by pg_ctl would take over our command line, which says off. */
function archivingSteps(
  { path }: DataDirectory,
  postmaster: Postmaster | undefined,
  archiveCommand: string,
  sql: string,
): NextStep[] {
  const control = shellWord(join(programDirectory(postmaster), 'pg_ctl'));
  const options = outsideOptions(postmaster);
  const set = `ALTER SYSTEM SET archive_command = '${archiveCommand.replaceAll("'", "''")}'`;
  return [
    {
      sentence: say('recovery.next.takes-over'),
      command: `${sql} -c ${shellWord(set)} -c 'ALTER SYSTEM SET archive_mode = on'`,
    },
    {
      sentence: say('recovery.next.stop-start'),
      command: `${control} stop -m fast -D ${shellWord(path)} && ${control} start -D ${shellWord(path)}${options} -l ${shellWord(join(path, 'start.log'))}`,
    },
  ];
}

/** Where the program of a running server is; '' when that cannot be seen. */
function programDirectory(postmaster: Postmaster | undefined): string {
  if (postmaster === undefined) return '';
  try {
    return dirname(readlinkSync(`/proc/${postmaster.pid}/exe`));
  } catch {
    return '';
  }
}

/** What we gave it on its command line because its configuration is outside of the data directory. */
function outsideOptions(postmaster: Postmaster | undefined): string {
  const given = commandLineOf(postmaster).filter((text) => /^(?:config_file|data_directory)=/.test(text));
  return given.length === 0 ? '' : ` -o ${shellWord(given.map((text) => `-c ${text}`).join(' '))}`;
}

function commandLineOf(postmaster: Postmaster | undefined): string[] {
  if (postmaster === undefined) return [];
  return (textOf(`/proc/${postmaster.pid}/cmdline`) ?? '').split('\0');
}

function client(session: 'postgresql' | 'opengauss', postmaster: Postmaster | undefined): string {
  const port = postmaster?.port ?? 5432;
  if (session === 'opengauss') return `gsql -p ${port} postgres`;
  const host = postmaster?.socketDirectory;
  return `psql${host === undefined ? '' : ` -h ${shellWord(host)}`} -p ${port} postgres`;
}
