/**
 * The long haul: a server under load that is restarted, killed and cut off again and again, a receiver of WAL and an archive_command
 * that fill one archive, and backups all the while. What is left of it is judged in `judge.ts`.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { runBackup, startBackup, through } from '../../test/support/backups.ts';
import { startProxy, type NetworkProxy } from '../../test/support/network-proxy.ts';
import type { ServerVersion } from '../../test/support/postgres/binaries.ts';
import { serverDirectory, startServer, type PostgresServer } from '../../test/support/postgres/server.ts';
import { programPath, startProgram, temporaryDirectory, type RunningProgram } from '../../test/support/programs.ts';
import { ProcessWatch } from './process-watch.ts';
import { Random } from './random.ts';
import { createTables, RecordedHistory } from './recorded-history.ts';
import { Gate, RecordingWriter } from './recording-writer.ts';

export interface SoakOptions {
  readonly version: ServerVersion;
  readonly seed: number;
  /** How many steps; each is some transactions, one event and a mark. */
  readonly steps: number;
  /** More steps until so many seconds have passed; 0 unless given. */
  readonly seconds?: number;
  readonly onStep?: (text: string) => void;
}

/** A moment at which no transaction was under way, under each name that a recovery target has. */
export interface Mark {
  /** Number of the last transaction. */
  readonly n: number;
  readonly time: string;
  readonly lsn: string;
  readonly name: string;
  /** How many backups were complete. */
  readonly backups: number;
}

const steps = ['plain', 'tar', 'fast', 'immediate', 'kill', 'reset', 'cut backup', 'stopped backup', 'switch'] as const;
type Step = (typeof steps)[number];

const writerCount = 3;
export const slot = 'soak';

/** Only ends what hangs: a loaded machine takes its time. */
const patient = { timeoutMs: 600_000 };

/** Everything that lives during the run. */
export interface Soak {
  readonly options: SoakOptions;
  readonly random: Random;
  readonly server: PostgresServer;
  readonly proxy: NetworkProxy;
  readonly receiver: RunningProgram;
  readonly watch: ProcessWatch;
  readonly history: RecordedHistory;
  readonly writers: readonly RecordingWriter[];
  readonly gate: Gate;
  readonly archive: string;
  /** Folder of the backups. */
  readonly backups: string;
  readonly complete: string[];
  readonly marks: Mark[];
  readonly counts: Map<Step, number>;
}

/** Runs all steps and ends the writers. The server, the receiver and the proxy still run. */
export async function soak(options: SoakOptions): Promise<Soak> {
  const run = await begin(options);
  const until = Date.now() + (options.seconds ?? 0) * 1000;
  // One of each first, so that a short run has them all; a backup before everything, or nothing can be recovered.
  const first: Step[] = ['plain', ...run.random.shuffle(steps.slice(1))];
  for (let count = 0; count < options.steps || Date.now() < until; count += 1) {
    const step = first[count] ?? run.random.pick(steps);
    const from = run.history.count;
    const begun = Date.now();
    await writtenSince(run, from, 5 + run.random.below(15));
    await perform(run, step);
    await writtenSince(run, run.history.count, 5);
    run.counts.set(step, (run.counts.get(step) ?? 0) + 1);
    await mark(run);
    run.watch.sample();
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    options.onStep?.(`${count + 1}. ${step}: ${run.history.count - from} transactions, ${seconds} s`);
  }
  // A recovery to a moment needs something behind it.
  await writtenSince(run, run.history.count, 5);
  run.gate.endWriters();
  await Promise.all(run.writers.map((writer) => writer.done));
  return run;
}

async function begin(options: SoakOptions): Promise<Soak> {
  const { version, seed } = options;
  const random = new Random(seed);
  const archive = serverDirectory('archive');
  const push = `${process.execPath} ${programPath('gausskeep')} wal push %p --archive ${archive}`;
  const server = await startServer({
    version,
    config: {
      archive_mode: true,
      archive_command: push,
      track_commit_timestamp: true,
      max_prepared_transactions: 10,
      checkpoint_timeout: '30s',
      ...(version >= 13 ? { wal_keep_size: '512MB' } : { wal_keep_segments: 32 }),
    },
  });
  const client = await server.client();
  await createTables(client, serverDirectory('tablespace'));
  await client.end();
  const proxy = await startProxy({ host: server.host, port: server.port });
  const receiver = startProgram(
    'gausskeep',
    [
      ...['wal', 'receive', '--archive', archive, '-h', proxy.host, '-p', String(proxy.port), '-U', 'postgres'],
      ...['--slot', slot, '--if-not-exists', '--status-interval', '1', '--verbose'],
    ],
    { timeoutMs: 86_400_000 },
  );
  await receiver.output(/starting log streaming/);
  const history = new RecordedHistory(join(temporaryDirectory('history'), 'history.jsonl'));
  const gate = new Gate(writerCount);
  const place = { host: proxy.host, port: proxy.port, history, gate };
  const writers = Array.from({ length: writerCount }, (_, index) => new RecordingWriter(index + 1, seed, place));
  const backups = temporaryDirectory('backups');
  const watch = new ProcessWatch(receiver.pid);
  const states = { complete: [], marks: [], counts: new Map<Step, number>() };
  return { options, random, server, proxy, receiver, watch, history, writers, gate, archive, backups, ...states };
}

/** Resolves when so many more transactions were committed. */
async function writtenSince(run: Soak, from: number, count: number): Promise<void> {
  await until(run, () => run.history.count >= from + count);
}

/** Resolves when it is true; rejects when a writer or the receiver ended instead. */
async function until(run: Soak, isTrue: () => boolean): Promise<void> {
  let ended: Error | undefined;
  const end = (who: string) => (cause: unknown) => (ended ??= new Error(`${who} has ended`, { cause }));
  void run.receiver.result.then(end('the receiver'), end('the receiver'));
  for (const writer of run.writers) void writer.done.then(end('a writer'), end('a writer'));
  while (!isTrue()) {
    if (ended !== undefined) throw ended;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function perform(run: Soak, step: Step): Promise<void> {
  const { server, proxy } = run;
  switch (step) {
    case 'plain':
    case 'tar':
      return takeBackup(run, step);
    case 'fast':
    case 'immediate':
      return server.restart(step);
    case 'kill':
      await server.kill();
      return server.start();
    case 'reset':
      proxy.cutNow();
      return;
    case 'cut backup':
      return hitBackup(run, () => {
        proxy.cutNow();
        return Promise.resolve();
      });
    case 'stopped backup':
      return hitBackup(run, () => server.restart(run.random.pick(['fast', 'immediate'])));
    case 'switch':
      await server.sql('select pg_switch_wal()');
  }
}

/** Options of a backup into a directory: its form, where its WAL comes from, and places for its tablespace. */
function backupOptions(run: Soak, form: 'plain' | 'tar', name: string): string[] {
  const wal = ['-X', run.random.pick(['stream', 'fetch'])];
  if (form === 'tar')
    return ['-D', join(run.backups, name), '-F', 'tar', ...(run.random.chance(0.5) ? ['-z'] : []), ...wal];
  return [
    '-D',
    join(run.backups, name),
    ...wal,
    '-T',
    `${tablespaceOf(run)}=${join(temporaryDirectory('moved'), name)}`,
  ];
}

function tablespaceOf({ server }: Soak): string {
  const links = join(server.dataDirectory, 'pg_tblspc');
  const [oid] = readdirSync(links);
  return readlinkSync(join(links, String(oid)));
}

async function takeBackup(run: Soak, form: 'plain' | 'tar'): Promise<void> {
  const name = `${run.complete.length + 1}-${form}`;
  const { status, stderr } = await runBackup(through(run.proxy), backupOptions(run, form, name), patient);
  if (status !== 0) throw new Error(`backup ${name}: status ${String(status)}\n${stderr}`);
  run.complete.push(name);
}

/** A backup that something happens to: it fails, or it was complete before, and then it counts. */
async function hitBackup(run: Soak, happen: () => Promise<void>): Promise<void> {
  const form = run.random.pick(['plain', 'tar'] as const);
  const name = `hit-${run.marks.length}-${form}`;
  const program = startBackup(through(run.proxy), [...backupOptions(run, form, name), '-v'], patient);
  program.stdin.end();
  const result = program.result;
  await Promise.race([
    program.output(run.random.pick([/checkpoint|base backup/, /point/])).catch(() => undefined),
    result,
  ]);
  await happen();
  const { status } = await result;
  if (status === 0) run.complete.push(name);
  else if (readdirSync(run.backups).includes(name)) throw new Error(`a backup that failed has left ${name}`);
}

async function mark(run: Soak): Promise<void> {
  const closed = run.gate.close();
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  await until(run, () => isClosed);
  const { host, port } = run.proxy;
  const client = new Client({ host, port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const name = `mark ${run.marks.length + 1}`;
    const { rows } = await client.query<{ time: string; lsn: string; n: string }>(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as time,
              pg_current_wal_insert_lsn()::text as lsn, (select n::text from counter) as n`,
    );
    await client.query('select pg_create_restore_point($1)', [name]);
    const [row] = rows;
    if (row === undefined) throw new Error('a mark without a row');
    if (Number(row.n) !== run.history.count) {
      throw new Error(`the server counts ${row.n} transactions, its clients ${run.history.count}`);
    }
    run.marks.push({ ...row, n: Number(row.n), name, backups: run.complete.length });
  } finally {
    await client.end();
    run.gate.open();
  }
}
