/** What must be true after a long haul. Each function throws with what is not. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectNothingOnServer } from '../../test/support/backups.ts';
import { stagedBinaries } from '../../test/support/postgres/binaries.ts';
import { freePort } from '../../test/support/postgres/free-port.ts';
import { runningAsRoot, serverUser } from '../../test/support/postgres/server-user.ts';
import { serverDirectory } from '../../test/support/postgres/server.ts';
import { runProgram, temporaryDirectory } from '../../test/support/programs.ts';
import { RunningCopy } from '../../test/support/running-copy.ts';
import { processesWith, type Held } from './process-watch.ts';
import { differencesFrom } from './recorded-history.ts';
import { slot, type Mark, type Soak } from './soak.ts';

/** By how much the last third of a receiver's life may be above the first: V8 grows its heap as it likes at the beginning. */
export const allowedGrowthMib = 32;
/** Sockets and files come and go, fewer while it is not connected; a leak has one more for each of the many reconnections. */
export const allowedDescriptors = 12;

export interface Judged {
  readonly seed: number;
  readonly transactions: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly backups: number;
  readonly segments: number;
  readonly brokenConnections: number;
  readonly recovered: readonly string[];
  readonly receiver: Held;
}

/** Ends what runs, then judges everything. @param recoveries how many recoveries to random moments; their targets take turns */
export async function judge(run: Soak, recoveries: number): Promise<Judged> {
  const { server, history, options } = run;
  await sameAsServer(run);
  const say = options.onStep ?? (() => undefined);
  say('the server has what the record says');
  await archiveComplete(run);
  say('the archive has everything');
  run.watch.sample();
  const receiver = run.watch.held();
  run.receiver.kill('SIGTERM');
  const ended = await run.receiver.result;
  if (ended.status !== 0) throw new Error(`the receiver: status ${String(ended.status)}\n${ended.stderr}`);
  // Whoever sent to it may take a moment to notice that it is gone.
  await server.waitFor(`select not active from pg_replication_slots where slot_name = '${slot}'`, waiting);
  await gausskeep(['wal', 'receive', '--drop-slot', '--slot', slot, ...at(run)]);
  await expectNothingOnServer(server);
  await run.proxy.close();
  await server.stop();
  // Thirds of a few samples would compare the start with itself.
  if (receiver.samples >= judgedSamples) staysFlat(receiver);
  for (const name of run.complete) await gausskeep(['verify', '-q', join(run.backups, name)]);
  say(`${run.complete.length} backups verified`);
  const segments = await noGap(run);
  await sameCommits(run);
  say(`${segments} segments without a gap, each commit in its place`);
  const recovered: string[] = [];
  const kinds = run.random.shuffle(['time', 'xid', 'lsn', 'name'] as const);
  for (let count = 0; count < recoveries; count += 1) {
    const kind = kinds[count % kinds.length] ?? 'time';
    const text = await recoverTo(run, kind);
    recovered.push(text);
    say(`recovered, every row compared: ${text}`);
  }
  await nothingLeft(run);
  return {
    seed: options.seed,
    transactions: history.count,
    counts: run.counts,
    backups: run.complete.length,
    segments,
    brokenConnections: run.writers.reduce((sum, { broken }) => sum + broken, 0),
    recovered,
    receiver,
  };
}

/** What fetches ahead may outlive its server for a moment, and no longer. */
async function nothingLeft({ archive }: Soak): Promise<void> {
  const deadline = Date.now() + waiting.timeoutMs;
  for (;;) {
    const left = processesWith(archive);
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`left behind:\n${left.join('\n')}`);
    await delay(50);
  }
}

const at = ({ server }: Soak): string[] => ['-h', server.host, '-p', String(server.port), '-U', 'postgres'];

async function gausskeep(args: readonly string[]): Promise<string> {
  const env = { GAUSSKEEP_CACHE: temporaryDirectory('cache') };
  const { status, stdout, stderr } = await runProgram('gausskeep', args, { env, timeoutMs: 600_000 });
  if (status !== 0) throw new Error(`gausskeep ${args.join(' ')}: status ${String(status)}\n${stdout}${stderr}`);
  return stdout;
}

/** The server lost nothing that it had confirmed, and the record is the record of this server. */
async function sameAsServer({ server, history }: Soak): Promise<void> {
  const ask = (query: string) => server.sql<{ row: string }>(query);
  const found = await differencesFrom(history.rowsAfter(history.count), ask);
  if (found.length > 0) throw new Error(`the server itself differs from the record: ${found.join('; ')}`);
}

/** Everything that was written is in the archive: the receiver has it, and the server has pushed it. */
async function archiveComplete({ server }: Soak): Promise<void> {
  const lsn = await server.value('select pg_current_wal_lsn()');
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  // The segment behind it begins with something: a receiver cannot say that a segment ended before.
  await server.sql('select txid_current()');
  await server.waitFor(`select restart_lsn >= '${lsn}' from pg_replication_slots where slot_name = '${slot}'`, waiting);
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`, waiting);
}

/** From how many samples on memory and descriptors are judged. */
const judgedSamples = 30;

/** Only ends a run that hangs. */
const waiting = { timeoutMs: 240_000 };

function staysFlat({ firstMib, lastMib, firstDescriptors, lastDescriptors }: Held): void {
  const grown = lastMib - firstMib;
  if (grown > allowedGrowthMib) {
    throw new Error(
      `the receiver's memory grew by ${grown.toFixed(1)} MiB, from ${firstMib.toFixed(1)} to ${lastMib.toFixed(1)}`,
    );
  }
  if (lastDescriptors > firstDescriptors + allowedDescriptors) {
    throw new Error(`the receiver's open descriptors grew from ${firstDescriptors} to ${lastDescriptors}`);
  }
}

/** @returns how many segments the archive has */
async function noGap(run: Soak): Promise<number> {
  const found = JSON.parse(
    await gausskeep(['window', '--archive', run.archive, '--backups', run.backups, '--json']),
  ) as {
    segments: number;
    passedOver: unknown[];
    lines: { problem: unknown; stretches: unknown[]; gaps: unknown[]; backups: unknown[]; restorePoints: unknown[] }[];
  };
  const [line] = found.lines;
  const isWhole =
    found.lines.length === 1 && line?.stretches.length === 1 && line.gaps.length === 0 && found.passedOver.length === 0;
  if (!isWhole || line.problem !== null) {
    const { lines, passedOver } = found;
    const shown = lines.map(({ problem, stretches, gaps }) => ({ problem, stretches, gaps }));
    throw new Error(`the archive is not one whole line: ${JSON.stringify({ passedOver, lines: shown })}`);
  }
  if (line.backups.length !== run.complete.length || line.restorePoints.length !== run.marks.length) {
    throw new Error(
      `the window has ${line.backups.length} backups of ${run.complete.length}, ${line.restorePoints.length} restore points of ${run.marks.length}`,
    );
  }
  return found.segments;
}

/** The archive has each transaction of the record once, in its order, at the time that the server told. */
async function sameCommits(run: Soak): Promise<void> {
  const listed = (await gausskeep(['window', '--archive', run.archive, '--commits', '--json']))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; xid: string; time: string })
    .filter(({ kind }) => kind.startsWith('commit'));
  const recorded = new Map(
    Array.from({ length: run.history.count }, (_, index) => [run.history.at(index + 1).xid, index + 1]),
  );
  const ours = listed.filter(({ xid }) => recorded.has(xid));
  const wrong = ours.findIndex(({ xid }, index) => recorded.get(xid) !== index + 1);
  if (wrong !== -1 || ours.length < run.history.count) {
    throw new Error(
      `the archive has ${ours.length} of ${run.history.count} commits; number ${wrong + 1} is not where it was recorded`,
    );
  }
  for (const [index, { time }] of ours.entries()) {
    const told = run.history.at(index + 1).time;
    if (told !== undefined && !isSameTime(time, told)) {
      throw new Error(`transaction ${index + 1} was committed at ${told}, the archive says ${time}`);
    }
  }
}

/** Compares without the words between date, time and zone, of which each has its own. */
function isSameTime(listed: string, told: string): boolean {
  const digits = (text: string): string =>
    text
      .replace(/(\+00(:00)?|Z)$/, '')
      .replace(/\D/g, '')
      .padEnd(20, '0');
  return digits(listed) === digits(told);
}

/** Restores by the moment alone, has the server recovered, and compares every row. @returns what was done, for people */
async function recoverTo(run: Soak, kind: 'time' | 'xid' | 'lsn' | 'name'): Promise<string> {
  const { version } = run.options;
  const mark = run.random.pick(run.marks.filter(({ backups }) => backups > 0));
  const { target, n } = targetOf(run, kind, mark);
  const home = serverDirectory('recovered');
  const directory = join(home, 'data');
  const port = await freePort();
  const owner = runningAsRoot ? ['--owner', `${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
  await gausskeep([
    ...[
      'restore',
      '-D',
      directory,
      '--backups',
      run.backups,
      '--archive',
      run.archive,
      ...target,
      '--target-action',
      'promote',
    ],
    ...['--tablespace-map-all', join(serverDirectory('spaces'), 'all'), '--no-sync', '--quiet', ...owner],
    ...['--port', String(port), '--listen', '', '--set', `unix_socket_directories=${home}`, '--set', 'fsync=off'],
  ]);
  const bindir = join(stagedBinaries(version), 'bin');
  const copy = await RunningCopy.open(directory, { port, sockets: home, bindir });
  try {
    await copy.waitFor('select not pg_is_in_recovery()');
    const found = await differencesFrom(run.history.rowsAfter(n), (query) => copy.sql<{ row: string }>(query));
    const text = `${target.join(' ')} (transaction ${n} of ${run.history.count})`;
    if (found.length > 0) throw new Error(`recovered to ${text}: ${found.join('; ')}`);
    return text;
  } finally {
    await copy.stop();
  }
}

function targetOf(
  { random, history }: Soak,
  kind: 'time' | 'xid' | 'lsn' | 'name',
  mark: Mark,
): { target: string[]; n: number } {
  const { n, time, lsn, name } = mark;
  if (kind === 'time') return { target: ['--target-time', `${time}+00`], n };
  if (kind === 'lsn') return { target: ['--target-lsn', lsn], n };
  if (kind === 'name') return { target: ['--target-name', name], n };
  // Any transaction behind it, not only the last one before a mark.
  const chosen = n + 1 + random.below(history.count - n);
  const isExclusive = random.chance(0.5);
  const target = ['--target-xid', history.at(chosen).xid, ...(isExclusive ? ['--target-exclusive'] : [])];
  return { target, n: isExclusive ? chosen - 1 : chosen };
}
