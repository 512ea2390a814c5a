/**
 * `npm run demo`: a real PostgreSQL server under load archives its WAL and is backed up twice; the backups are proved, a
 * turned bit is found, one backup is started as it is and the other is restored elsewhere, their rows are compared with the
 * original; then a table is dropped and brought back by a recovery to the moment before. Everything happens in a temporary
 * directory. `npm run demo -- --keep` leaves it running to play with.
 */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRelations, differences, snapshotData, type Content } from '../test/support/postgres/content.ts';
import { loadData } from '../test/support/postgres/load.ts';
import { runningAsRoot } from '../test/support/postgres/server-user.ts';
import {
  serverDirectory,
  startFrom,
  startServer,
  stopAllServers,
  type PostgresServer,
} from '../test/support/postgres/server.ts';
import { checkWriting, prepareWriting, Writer } from '../test/support/postgres/writer.ts';
import { programPath } from '../test/support/programs.ts';
import { runDirectory } from '../test/support/run-directory.ts';
import { backupEnd, directorySize, flipOneByte } from './backup-files.ts';
import { bringBack, dropTable, type Recovered } from './point-in-time.ts';
import { run, stopProgram } from './run-program.ts';
import { megabytes, say, thousands } from './talk.ts';

const cancelled = new AbortController();

const keep = process.argv.includes('--keep');

async function demo(): Promise<void> {
  say('Starting PostgreSQL 17 (from npm, on the loopback, in a temporary directory) and loading it …');
  const archive = serverDirectory('archive');
  const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive} -Z gzip:1`;
  const server = await startServer({ version: 17, config: { archive_mode: true, archive_command: push } });
  const client = await server.client();
  await loadData(client, { rows: 150_000, tables: 3 });
  await prepareWriting(client);
  const original = await snapshotData(client);
  const writers = [await Writer.start(server, { number: 1 }), await Writer.start(server, { number: 2 })];
  await Promise.all(writers.map((writer) => writer.reached(100)));
  say('Two clients keep writing to it from here on; its WAL is archived by gausskeep wal push.\n');

  const connection = ['-h', server.host, '-p', String(server.port), '-U', server.user];
  const backups = runDirectory().make('backups');
  const plain = join(backups, 'plain');
  const before = committed(writers);
  await run('gs_basebackup', [...connection, '-D', plain, '-X', 'stream', '-c', 'fast', '-P']);
  const tar = join(backups, 'tar');
  await run('gs_basebackup', [...connection, '-D', tar, '-F', 'tar', '-z', '-X', 'stream', '-c', 'fast', '-P']);
  await Promise.all(writers.map((writer) => writer.stop()));

  await run('gausskeep', ['verify', plain]);
  await run('gausskeep', ['verify', tar]);
  const damage = await flipOneByte(plain);
  say(`One bit of ${damage.file} is turned over …`);
  await run('gausskeep', ['verify', '-q', plain], { statuses: [20] });
  await damage.undo();

  const elsewhere = join(runDirectory().make('restored'), 'data');
  // PostgreSQL refuses root: then its files belong to nobody.
  const owner = runningAsRoot ? ['--owner', 'nobody'] : [];
  await run('gausskeep', ['restore', '--from', tar, '--pgdata', elsewhere, '-q', ...owner]);
  say('Starting a server on a copy of the plain backup and one on the restored tar backup, beside the original …\n');
  const copy = join(runDirectory().make('copy'), 'data');
  cpSync(plain, copy, { recursive: true });
  const results: Result[] = [];
  for (const [directory, backup] of [
    [copy, plain],
    [elsewhere, tar],
  ] as const) {
    results.push(await compare(server, writers, original, { directory, backup }));
  }

  say('Now somebody drops the table large_2. Work goes on, and its WAL is archived.\n');
  const mishap = await dropTable(server, 'large_2');
  const recovered = await bringBack('large_2', mishap.before, { archive, backups, owner });
  if (recovered.rows !== mishap.rows)
    throw new Error(`${String(recovered.rows)} rows of ${String(mishap.rows)} are back`);

  const [first] = results;
  const promised = sum(first?.promised ?? new Map<number, number>());
  say('What was proved:');
  say(
    `  1. The server was copied while it worked: ${thousands(promised - before)} transactions were committed while the plain backup was taken.`,
  );
  say(
    `  2. Both backups start as servers; each of the ${thousands(promised)} transactions committed before the end is there, no half one: all balances add up.`,
  );
  say(
    `  3. All ${thousands(first?.rows ?? 0)} rows loaded before are equal by checksum in both; amcheck found ${String(first?.relations ?? 0)} tables and indexes sound.`,
  );
  say(
    `  4. A single turned bit was found without a restore; the tar set holds ${megabytes(directorySize(plain))} in ${megabytes(directorySize(tar))}.`,
  );
  say(
    `  5. The dropped table is back with all of its ${thousands(recovered.rows)} rows, from the moment before it was dropped.`,
  );
  if (keep) sayHowToStop(server, recovered);
  else recovered.stop();
}

/** What `--keep` leaves behind, and how to end it. */
function sayHowToStop(server: PostgresServer, recovered: Recovered): void {
  const pids = [server.pid, Number.parseInt(readFileSync(join(recovered.directory, 'postmaster.pid'), 'utf8'), 10)];
  say('\nLeft running, on the loopback, as user postgres without a password:');
  say(`  the original   port ${String(server.port)}, data in ${server.dataDirectory}`);
  say(`  the recovered  port ${String(recovered.port)}, data in ${recovered.directory}`);
  say(`  backups and WAL archive: ${runDirectory().path}`);
  say(
    `To stop them and remove everything:\n  kill -QUIT ${pids.join(' ')} && sleep 1 && rm -rf ${runDirectory().path}`,
  );
}

interface Result {
  readonly promised: ReadonlyMap<number, number>;
  readonly rows: number;
  readonly relations: number;
}

/** Boots `directory` and compares its rows with what the original promised when `backup` ended. */
async function compare(
  server: PostgresServer,
  writers: readonly Writer[],
  original: Content,
  { directory, backup }: { readonly directory: string; readonly backup: string },
): Promise<Result> {
  const restored = await startFrom(directory);
  const reader = await restored.client();
  const promised = await commitsUntil(server, writers, backupEnd(backup));
  const transfers = await checkWriting(reader);
  for (const { number } of writers) {
    const found = transfers.get(number) ?? 0;
    const expected = promised.get(number) ?? 0;
    if (found < expected) throw new Error(`writer ${String(number)}: ${expected} transfers expected, ${found} found`);
  }
  const found = differences(withoutWriting(original), withoutWriting(await snapshotData(reader)));
  if (found.length > 0) throw new Error(`the restored rows differ: ${found.join('; ')}`);
  const rows = [...withoutWriting(original).tables.values()].reduce((total, table) => total + table.rows, 0);
  return { promised, rows, relations: await checkRelations(reader) };
}

/** How many transfers of each writer were committed, on the server's word, before a position of its log. */
async function commitsUntil(
  server: PostgresServer,
  writers: readonly Writer[],
  end: string,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const writer of writers) {
    const positions = writer.commits.map(({ position }) => position);
    const count = await server.value('select count(*) from unnest($1::pg_lsn[]) position where position <= $2', {
      values: [positions, end],
    });
    counts.set(writer.number, Number(count));
  }
  return counts;
}

/** The tables that nobody wrote to during the backups. */
function withoutWriting({ tables, sequences }: Content): Content {
  return { tables: new Map([...tables].filter(([name]) => !/account|transfer/.test(name))), sequences };
}

function committed(writers: readonly Writer[]): number {
  return writers.reduce((total, writer) => total + writer.committed, 0);
}

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
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
