/**
 * `npm run demo`: a real PostgreSQL server under load is backed up twice by gs_basebackup, one of the backups is started
 * as a server, and its rows are compared with those of the original. Everything happens in a temporary directory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRelations, differences, snapshotData, type Content } from '../test/support/postgres/content.ts';
import { loadData } from '../test/support/postgres/load.ts';
import { startFrom, startServer, stopAllServers, type PostgresServer } from '../test/support/postgres/server.ts';
import { checkWriting, prepareWriting, Writer } from '../test/support/postgres/writer.ts';
import { programPath } from '../test/support/programs.ts';
import { runDirectory } from '../test/support/run-directory.ts';
import { compareWithManifest } from './tar-backup.ts';

const cancelled = new AbortController();
let programUnderWay: ChildProcess | undefined;

async function demo(): Promise<void> {
  const gsBasebackupFile = programPath('gs_basebackup');
  say('Starting PostgreSQL 17 (from npm, on the loopback, in a temporary directory) and loading it …');
  const server = await startServer({ version: 17 });
  const client = await server.client();
  await loadData(client, { rows: 150_000, tables: 3 });
  await prepareWriting(client);
  const megabytes = await server.value("select pg_database_size('postgres') / 1000000");
  const original = await snapshotData(client);
  const writers = [await Writer.start(server, { number: 1 }), await Writer.start(server, { number: 2 })];
  await Promise.all(writers.map((writer) => writer.reached(100)));
  say(`The database has ${megabytes} MB; two clients keep writing to it from here on.\n`);

  const plain = join(runDirectory().make('plain'), 'data');
  const before = committed(writers);
  await run(gsBasebackupFile, server, ['-D', plain, '-F', 'plain', '-X', 'stream', '-c', 'fast', '-P']);

  const tar = join(runDirectory().make('tar'), 'backup');
  await run(gsBasebackupFile, server, ['-D', tar, '-F', 'tar', '-z', '-X', 'stream', '-c', 'fast', '-P']);
  const archive = await compareWithManifest(tar);
  await Promise.all(writers.map((writer) => writer.stop()));

  say('Starting a server on the plain backup, beside the original …\n');
  const restored = await startFrom(plain);
  const reader = await restored.client();
  const promised = await commitsUntil(server, writers, backupEnd(plain));
  const transfers = await checkWriting(reader);
  const during = sum(promised) - before;
  for (const writer of writers) {
    const found = transfers.get(writer.number) ?? 0;
    const expected = promised.get(writer.number) ?? 0;
    if (found < expected) throw new Error(`writer ${writer.number}: ${expected} transfers expected, ${found} found`);
  }
  const found = differences(withoutWriting(original), withoutWriting(await snapshotData(reader)));
  if (found.length > 0) throw new Error(`the restored rows differ: ${found.join('; ')}`);
  const rows = [...withoutWriting(original).tables.values()].reduce((sum, table) => sum + table.rows, 0);
  const relations = await checkRelations(reader);

  say('What was proved:');
  say(
    `  1. The server was copied while it worked: ${thousands(during)} transactions were committed between the start and the end of the plain backup.`,
  );
  say('  2. The plain backup started as a server by itself, with the write-ahead log that was streamed beside it.');
  say(
    `  3. Each of the ${thousands(sum(promised))} transactions committed before the backup ended is in it, and no half one: all balances add up.`,
  );
  say(
    `  4. All ${thousands(rows)} rows loaded before are equal by checksum; amcheck found ${relations} tables and indexes sound.`,
  );
  say(
    `  5. The tar backup reads back: ${thousands(archive.members)} files as its manifest lists them, ${archive.megabytes} MB compressed to ${archive.compressedMegabytes} MB.`,
  );
}

/** Runs our program as a user would; its progress goes to this terminal. */
async function run(file: string, server: PostgresServer, options: readonly string[]): Promise<void> {
  const words = ['-h', server.host, '-p', String(server.port), '-U', server.user, ...options];
  say(`$ gs_basebackup ${words.join(' ')}`);
  const program = spawn(process.execPath, [file, ...words], { stdio: 'inherit' });
  programUnderWay = program;
  const status = await new Promise((resolve, reject) => program.once('error', reject).once('close', resolve));
  programUnderWay = undefined;
  cancelled.signal.throwIfAborted();
  if (status !== 0) throw new Error(`gs_basebackup ended with status ${String(status)}`);
  say('');
}

/** The position in the write-ahead log where the backup ended, from its manifest. */
function backupEnd(directory: string): string {
  const manifest = JSON.parse(readFileSync(join(directory, 'backup_manifest'), 'utf8')) as {
    'WAL-Ranges': { 'End-LSN': string }[];
  };
  const end = manifest['WAL-Ranges'].at(-1)?.['End-LSN'];
  if (end === undefined) throw new Error('the manifest does not say where the backup ended');
  return end;
}

/** How many transfers of each writer were committed, on the server's word, before a position of its log. */
async function commitsUntil(server: PostgresServer, writers: Writer[], end: string): Promise<Map<number, number>> {
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

function thousands(value: number): string {
  return value.toLocaleString('en');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function cleanUp(): Promise<void> {
  programUnderWay?.kill('SIGTERM');
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
  await cleanUp();
  say(
    `\nDone in ${Math.round((Date.now() - start) / 1000)} seconds; the servers are stopped and the directories removed.`,
  );
} catch (error) {
  if (!cancelled.signal.aborted) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    await cleanUp();
  }
}
