import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { stagedBinaries } from '../test/support/postgres/binaries.ts';
import { freePort } from '../test/support/postgres/free-port.ts';
import { serverDirectory, type PostgresServer } from '../test/support/postgres/server.ts';
import { runDirectory } from '../test/support/run-directory.ts';
import { run } from './run-program.ts';
import { say, thousands } from './talk.ts';

export interface Mishap {
  /** Rows that the table had. */
  readonly rows: number;
  /** The last moment before somebody dropped it, as a DBA would note it. */
  readonly before: string;
}

/** Somebody drops a table; work goes on afterwards, and its WAL is archived. */
export async function dropTable(server: PostgresServer, table: string): Promise<Mishap> {
  const rows = Number(await server.value(`select count(*) from ${table}`));
  const before = await server.value("select to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US TZH:TZM')");
  await server.sql(`drop table ${table}`);
  await server.sql('create table work_that_went_on (id int)');
  const last = await server.value('select pg_walfile_name(pg_current_wal_lsn())');
  await server.sql('select pg_switch_wal()');
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  return { rows, before };
}

export interface Recovered {
  readonly rows: number;
  readonly directory: string;
  readonly port: number;
  readonly stop: () => void;
}

export interface Places {
  readonly archive: string;
  readonly backups: string;
  readonly owner: readonly string[];
}

/** Brings the table back on a copy beside the original: window, plan, restore, recovery, a look, and open. */
export async function bringBack(
  table: string,
  before: string,
  { archive, backups, owner }: Places,
): Promise<Recovered> {
  const places = ['--archive', archive, '--backups', backups];
  await run('gausskeep', ['window', ...places]);
  const home = serverDirectory('recovered');
  const directory = join(home, 'data');
  const port = await freePort();
  const request = [
    ...['--target-time', before, ...places, '--pgdata', directory],
    ...['--port', String(port), '--set', `unix_socket_directories=${home}`, ...owner],
  ];
  await run('gausskeep', ['restore', ...request, '--plan']);
  await run('gausskeep', ['restore', ...request, '-q'], { statuses: [0, 3] });
  const binaries = join(stagedBinaries(17), 'bin');
  await run('gausskeep', ['recover', '--pgdata', directory, '--bindir', binaries, '-U', 'postgres']);
  const pid = Number.parseInt(readFileSync(join(directory, 'postmaster.pid'), 'utf8'), 10);
  runDirectory().guard(pid);
  say('The server waits at the target for a look. It is what was wanted:\n');
  await run('gausskeep', ['resume', '--pgdata', directory, '-U', 'postgres']);
  // Not before: while it pauses in front of the commit of DROP TABLE, the lock of that transaction is held.
  const rows = await countRows(home, port, table);
  say(`${table} has its ${thousands(rows)} rows again.\n`);
  return { rows, directory, port, stop: () => process.kill(pid, 'SIGQUIT') };
}

async function countRows(host: string, port: number, table: string): Promise<number> {
  const client = new Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
