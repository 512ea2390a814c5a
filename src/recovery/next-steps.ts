import { say, type Message } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { DataDirectory, Postmaster } from './data-directory.ts';
import type { PreparedTransaction, ServerState } from './server-state.ts';

/** Something that the user has to do, with the command to copy. */
export interface NextStep {
  readonly sentence: Message;
  readonly command: string;
}

/** While the server is paused: look, then go on. */
export function stepsWhilePaused({ path, dialect }: DataDirectory, postmaster: Postmaster | undefined): NextStep[] {
  return [
    { sentence: say('recovery.next.look'), command: client(dialect.session, postmaster) },
    { sentence: say('recovery.next.resume'), command: `gausskeep resume --pgdata ${word(path)}` },
  ];
}

/** When the database is read-write again. */
export function stepsAfter(
  data: DataDirectory,
  facts: {
    readonly postmaster: Postmaster | undefined;
    readonly state: ServerState | undefined;
    readonly prepared: readonly PreparedTransaction[];
  },
): NextStep[] {
  const { dialect, record } = data;
  const sql = client(dialect.session, facts.postmaster);
  const steps: NextStep[] = facts.prepared.map(({ name, database }) => ({
    sentence: say('recovery.next.prepared', { name, database }),
    command: `${sql.replace(/ postgres$/, '')} ${word(database)} -c ${word(`ROLLBACK PREPARED '${name.replaceAll("'", "''")}'`)}`,
  }));
  const port = facts.postmaster?.port ?? 5432;
  const archived = record?.archive;
  if (!data.capabilities.newTimelineAfterRecovery && archived !== undefined) {
    const fork = facts.state?.replayLsn ?? record?.endLsn;
    const at = fork === undefined ? 'LSN' : formatLsn(fork);
    steps.push({
      sentence: say('recovery.next.generation'),
      command: `gausskeep wal generation --open --parent ${archived.generation} --fork-lsn ${at} --archive ${word(archived.place)}`,
    });
  }
  steps.push(...(dialect.session === 'opengauss' ? stepsOfOpengauss(data, port) : stepsOfPostgresql(port, sql)));
  for (const name of record?.slots ?? []) {
    const create =
      dialect.session === 'opengauss'
        ? `SELECT pg_create_physical_replication_slot('${name}', false)`
        : `SELECT pg_create_physical_replication_slot('${name}')`;
    steps.push({ sentence: say('recovery.next.slot', { name }), command: `${sql} -c ${word(create)}` });
  }
  return steps;
}

function stepsOfOpengauss({ path, record }: DataDirectory, port: number): NextStep[] {
  const directory = word(path);
  const serial = record?.addedSettings.some(({ name }) => name === 'recovery_max_workers') === true;
  return [
    { sentence: say('recovery.next.archiving'), command: `gs_guc reload -D ${directory} -c "archive_mode = on"` },
    { sentence: say('recovery.next.backup'), command: `gs_basebackup -D NEW_DIRECTORY -X fetch -p ${port}` },
    { sentence: say('recovery.next.replconninfo'), command: `gs_guc set -D ${directory} -c "replconninfo1 = ''"` },
    { sentence: say('recovery.next.standby'), command: 'gs_ctl build -D STANDBY_DIRECTORY -b full' },
    ...(serial
      ? [{ sentence: say('recovery.next.restart'), command: `gs_ctl restart -D ${directory} -M normal` }]
      : []),
  ];
}

function stepsOfPostgresql(port: number, sql: string): NextStep[] {
  return [
    {
      sentence: say('recovery.next.archiving-postgresql'),
      command: `${sql} -c 'SHOW archive_mode' -c 'SHOW archive_command'`,
    },
    { sentence: say('recovery.next.backup'), command: `gs_basebackup -D NEW_DIRECTORY -p ${port}` },
    { sentence: say('recovery.next.standby'), command: `pg_basebackup -D STANDBY_DIRECTORY -R -p ${port}` },
  ];
}

function client(session: 'postgresql' | 'opengauss', postmaster: Postmaster | undefined): string {
  const port = postmaster?.port ?? 5432;
  if (session === 'opengauss') return `gsql -p ${port} postgres`;
  const host = postmaster?.socketDirectory;
  return `psql${host === undefined ? '' : ` -h ${word(host)}`} -p ${port} postgres`;
}

/** A word of a shell command. */
function word(text: string): string {
  return /^[A-Za-z0-9_./:=,@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
