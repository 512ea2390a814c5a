import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { stagedBinaries } from '../test/support/postgres/binaries.ts';
import { snapshotData, type Content } from '../test/support/postgres/content.ts';
import { freePort } from '../test/support/postgres/free-port.ts';
import { runningAsRoot } from '../test/support/postgres/server-user.ts';
import { serverDirectory, type PostgresServer } from '../test/support/postgres/server.ts';
import { checkWriting, Writer } from '../test/support/postgres/writer.ts';
import { runDirectory } from '../test/support/run-directory.ts';
import { wordsOf, type DemoRepository } from './repository.ts';
import { run } from './run-program.ts';
import { say, thousands } from './talk.ts';

export interface Mishap {
  readonly table: string;
  /** Rows that the table had. */
  readonly rows: number;
  /** The last moment before somebody dropped it, as a DBA would note it. */
  readonly before: string;
  /** How many transactions the server had reported as committed until then, by the number of the writer. */
  readonly committed: ReadonlyMap<number, number>;
  /** All of them together. */
  readonly promised: number;
}

/** Somebody drops a table while clients write; they go on afterwards, and the WAL is archived. */
export async function dropTable(server: PostgresServer, table: string): Promise<Mishap> {
  const rows = Number(await server.value(`select count(*) from ${table}`));
  const writers = [await Writer.start(server, { number: 3 }), await Writer.start(server, { number: 4 })];
  await Promise.all(writers.map((writer) => writer.reached(200)));
  const committed = new Map(writers.map(({ number, committed: count }) => [number, count]));
  const before = await server.value("select to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US TZH:TZM')");
  await server.sql(`drop table ${table}`);
  await server.sql('create table work_that_went_on (id int)');
  await Promise.all(writers.map((writer) => writer.reached(writer.committed + 200)));
  await Promise.all(writers.map((writer) => writer.stop()));
  const last = await server.value('select pg_walfile_name(pg_current_wal_lsn())');
  await server.sql('select pg_switch_wal()');
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  const promised = [...committed.values()].reduce((total, count) => total + count, 0);
  return { table, rows, before, committed, promised };
}

export interface Recovered {
  /** Of the table that was dropped. */
  readonly rows: number;
  readonly content: Content;
  readonly directory: string;
  readonly port: number;
  readonly stop: () => void;
}

/** Brings the table back on a copy beside the original: window, plan, restore, recovery, a look, and open. */
export async function bringBack({ table, before, committed }: Mishap, repository: DemoRepository): Promise<Recovered> {
  const words = wordsOf(repository);
  await run('gausskeep', ['window', ...words]);
  const home = serverDirectory('recovered');
  const directory = join(home, 'data');
  const port = await freePort();
  // PostgreSQL refuses root: then its files belong to nobody.
  const owner = runningAsRoot ? ['--owner', 'nobody'] : [];
  const request = [
    ...['--target-time', before, ...words, '--pgdata', directory],
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
  const { rows, content, transfers } = await lookInto(home, port, table);
  for (const [number, expected] of committed) {
    const found = transfers.get(number) ?? 0;
    const name = `writer ${String(number)}`;
    if (found < expected) throw new Error(`${name}: ${String(expected)} transfers expected, ${String(found)} found`);
  }
  say(`${table} has its ${thousands(rows)} rows again.\n`);
  return { rows, content, directory, port, stop: () => process.kill(pid, 'SIGQUIT') };
}

async function lookInto(
  host: string,
  port: number,
  table: string,
): Promise<{ rows: number; content: Content; transfers: ReadonlyMap<number, number> }> {
  const client = new Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
    const transfers = await checkWriting(client);
    return { rows: Number(rows[0]?.count), content: await snapshotData(client), transfers };
  } finally {
    await client.end();
  }
}
