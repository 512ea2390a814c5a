/**
 * `npm run demo`: a real PostgreSQL server under load is backed up twice into a repository and archives its WAL there; the repository
 * is proved, a turned bit is found, the first backup is exported and started, its rows are compared with the original; then a table is
 * dropped and brought back by a recovery to the moment before. Everything happens in a temporary directory.
 * `npm run demo -- --keep` leaves it running to play with.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, snapshotData, type Content } from '../test/support/postgres/content.ts';
import { loadData } from '../test/support/postgres/load.ts';
import { serverDirectory, startServer, stopAllServers, type PostgresServer } from '../test/support/postgres/server.ts';
import { prepareWriting, Writer } from '../test/support/postgres/writer.ts';
import { programPath } from '../test/support/programs.ts';
import { runDirectory } from '../test/support/run-directory.ts';
import { startExported, withoutWriting } from './exported-backup.ts';
import { bringBack, dropTable, type Recovered } from './point-in-time.ts';
import { flipOneBit, listed, wordsOf, type DemoRepository, type ListedBackup } from './repository.ts';
import { run, stopProgram } from './run-program.ts';
import { megabytes, say, thousands } from './talk.ts';

const cancelled = new AbortController();

const keep = process.argv.includes('--keep');

async function demo(): Promise<void> {
  say('Starting PostgreSQL 17 (from npm, on the loopback, in a temporary directory) and loading it …');
  const server = await startServer({ version: 17, config: { archive_mode: true, archive_command: '' } });
  const client = await server.client();
  await loadData(client, { rows: 150_000, tables: 3 });
  await prepareWriting(client);
  // What happens to new rows sooner or later: afterwards only what the clients write changes.
  await client.query('vacuum (freeze, analyze)');
  const original = withoutWriting(await snapshotData(client));
  const writers = [await Writer.start(server, { number: 1 }), await Writer.start(server, { number: 2 })];
  await Promise.all(writers.map((writer) => writer.reached(100)));
  say('Two clients keep writing to it from here on.\n');

  const repository: DemoRepository = { path: serverDirectory('repository'), instance: 'shop' };
  const words = wordsOf(repository);
  const connection = ['-h', server.host, '-p', String(server.port), '-U', server.user];
  const backUp = (): Promise<void> => run('gausskeep', ['backup', ...words, ...connection, '-c', 'fast', '-P']);
  await run('gausskeep', ['repo', 'init', repository.path]);
  const before = committed(writers);
  await backUp();
  await archiveInto(server, repository);
  await backUp();
  await Promise.all(writers.map((writer) => writer.stop()));
  await run('gausskeep', ['list', '--repo', repository.path]);
  const [first, second] = await listed(repository);
  if (first === undefined || second === undefined) throw new Error('the repository does not list both backups');
  say(sizesSentence(first, second));

  await run('gausskeep', ['verify', ...words, '--read-data']);
  const damage = await flipOneBit(repository);
  say(`One bit of ${damage.file} is turned over …`);
  await run('gausskeep', ['verify', ...words, '--read-data', '-q'], { statuses: [20] });
  await damage.undo();

  const exported = join(runDirectory().make('exported'), 'data');
  await run('gausskeep', ['export', ...words, first.id, '--to', exported]);
  await run('gausskeep', ['verify', exported]);
  say('Starting a server on the exported backup, beside the original …\n');
  const proof = await startExported(exported, { server, writers, original });

  say('Two clients write again. Now somebody drops the table large_2, and work goes on.\n');
  const mishap = await dropTable(server, 'large_2');
  const recovered = await bringBack(mishap, repository);
  if (recovered.rows !== mishap.rows)
    throw new Error(`${String(recovered.rows)} rows of ${String(mishap.rows)} are back`);
  const found = differences(original, withoutWriting(recovered.content));
  if (found.length > 0) throw new Error(`the recovered rows differ: ${found.join('; ')}`);

  say('What was proved:');
  say(
    `  1. The server was copied while it worked: ${thousands(proof.promised - before)} transactions were committed while the first backup was taken.`,
  );
  say(
    `  2. The second backup added ${megabytes(second.newBytes)} to the repository where the first had added ${megabytes(first.newBytes)}.`,
  );
  say('  3. Every block of both was compared with its hash, and a single turned bit was found.');
  say(
    `  4. The first one, exported, starts as a server: each of the ${thousands(proof.promised)} transactions committed before its end is there, no half one; all balances add up, and amcheck found ${String(proof.relations)} tables and indexes sound.`,
  );
  say(
    `  5. The dropped table is back with all of its ${thousands(recovered.rows)} rows, with every one of the ${thousands(mishap.promised)} transactions committed until the moment before it was dropped; all ${thousands(rowsOf(original))} rows loaded at the beginning are equal by checksum.`,
  );
  if (keep) sayHowToStop(server, recovered, repository);
  else recovered.stop();
}

/** From the first backup on, the server's own archive_command puts its WAL into the repository. */
async function archiveInto(server: PostgresServer, repository: DemoRepository): Promise<void> {
  const push = [process.execPath, programPath('gausskeep'), 'wal', 'push', '%p', ...wordsOf(repository)].join(' ');
  await server.sql(`alter system set archive_command = '${push}'`);
  await server.sql('select pg_reload_conf()');
  say('The server archives its WAL into the repository from here on, with gausskeep wal push.\n');
}

function sizesSentence(first: ListedBackup, second: ListedBackup): string {
  const share = ((100 * second.newBytes) / first.newBytes).toFixed(1);
  return `Of ${megabytes(second.logicalBytes)} the second backup had to store ${megabytes(second.newBytes)}: ${share} % of what the first one stored.\n`;
}

/** What `--keep` leaves behind, and how to end it. */
function sayHowToStop(server: PostgresServer, recovered: Recovered, repository: DemoRepository): void {
  const pids = [server.pid, Number.parseInt(readFileSync(join(recovered.directory, 'postmaster.pid'), 'utf8'), 10)];
  say('\nLeft running, on the loopback, as user postgres without a password:');
  say(`  the original   port ${String(server.port)}, data in ${server.dataDirectory}`);
  say(`  the recovered  port ${String(recovered.port)}, data in ${recovered.directory}`);
  say(`  the repository ${repository.path}, instance ${repository.instance}`);
  say(
    `To stop them and remove everything:\n  kill -QUIT ${pids.join(' ')} && sleep 1 && rm -rf ${runDirectory().path}`,
  );
}

function committed(writers: readonly Writer[]): number {
  return writers.reduce((total, writer) => total + writer.committed, 0);
}

function rowsOf({ tables }: Content): number {
  return [...tables.values()].reduce((total, table) => total + table.rows, 0);
}

async function cleanUp(): Promise<void> {
  stopProgram();
  await stopAllServers();
  runDirectory().remove();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (cancelled.signal.aborted) return;
    cancelled.abort(new Error('cancelled'));
    void cleanUp().finally(() => {
      process.stderr.write('\ndemo: cancelled; the servers are stopped and the directories removed\n');
      process.exit(130);
    });
  });
}

const start = Date.now();
try {
  await demo();
  const seconds = Math.round((Date.now() - start) / 1000);
  if (keep) {
    runDirectory().keep();
    process.exit(0);
  }
  await cleanUp();
  say(`\nDone in ${String(seconds)} seconds; the servers are stopped and the directories removed.`);
} catch (error) {
  if (!cancelled.signal.aborted) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    await cleanUp();
  }
}
