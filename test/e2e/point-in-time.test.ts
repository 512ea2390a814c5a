/** `gausskeep restore --target-…` on real servers: the rows after recovery are exactly those that the plan promised. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { parseLsn } from '../../src/wal/lsn.ts';
import { defaultSegmentSizeBytes, segmentName, segmentStart } from '../../src/wal/segment.ts';
import { noteSteps, killBeforeStep, pictureOf } from '../support/killed-programs.ts';
import { flipOrdinaryRecord } from '../support/damage-wal.ts';
import { stagedBinaries } from '../support/postgres/binaries.ts';
import { freePort } from '../support/postgres/free-port.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, type PostgresServer } from '../support/postgres/server.ts';
import { makeHistory, type Commit, type History } from '../support/target-history.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

interface ListedTransaction {
  readonly kind: string;
  readonly xid: string;
  readonly time: string;
  readonly startLsn: string;
}

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

/** All steps of a killed restore take their time. */
const every = process.env['GAUSSKEEP_EVERY_STEP'] === undefined ? {} : { timeout: 3_600_000 };

forEachServer('full', (version) => {
  let history: History;
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    history = await makeHistory(version);
    const listed = await gausskeep(['window', '--archive', history.archive, '--commits', '--json']);
    const transactions = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ListedTransaction);
    for (const [note, commit] of history.commits) {
      const found = transactions.find(({ xid, kind }) => xid === commit.xid && kind === 'commit');
      expect(found, note).toBeDefined();
      (history.commits as Map<string, Commit>).set(note, { ...commit, startLsn: found!.startLsn });
    }
  });
  afterEach(async () => {
    await server?.stop('immediate');
    server = undefined;
  });

  const gausskeep = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
    runProgram('gausskeep', args, {
      env: { GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), TZ: 'UTC', ...env },
    });

  const commit = (note: string): Commit => history.commits.get(note)!;

  async function restore(args: readonly string[]): Promise<{ data: string; plan: Record<string, unknown> }> {
    const data = join(temporaryDirectory('restored'), 'data');
    const places =
      args.includes('--archive') || args.includes('--target-immediate') ? [] : ['--archive', history.archive];
    const whole = ['restore', '--no-sync', '-D', data, ...owner, ...places, ...args, '--json'];
    const from = args.includes('--from') || args.includes('--backups') ? [] : ['--from', history.backup];
    const result = await gausskeep([...whole, ...from]);
    expect(result.status, result.stderr).toBe(0);
    return { data, plan: (JSON.parse(result.stdout) as { recovery: Record<string, unknown> }).recovery };
  }

  async function recover(
    args: readonly string[],
  ): Promise<{ rows: string; plan: Record<string, unknown>; data: string }> {
    const { data, plan } = await restore([...args, '--target-action', 'promote']);
    server = await startFrom(data, { settings: { archive_mode: false } });
    await server.waitFor('select not pg_is_in_recovery()');
    const found = await server.sql<{ note: string }>('select note from hist order by 1');
    return { rows: found.map(({ note }) => note).join(' '), plan, data };
  }

  it.each([
    ['time, inclusive', () => ['--target-time', `${commit('B').time}Z`], 'A B before'],
    ['time, exclusive', () => ['--target-time', `${commit('B').time}+00`, '--target-exclusive'], 'A before'],
    ['time on the clocks of the backed-up server', () => ['--target-time', kolkata(commit('B').time)], 'A B before'],
    ['xid, inclusive', () => ['--target-xid', commit('B').xid], 'A B before'],
    ['xid, exclusive', () => ['--target-xid', commit('B').xid, '--target-exclusive'], 'A before'],
    ['lsn, inclusive', () => ['--target-lsn', commit('B').startLsn], 'A B before'],
    ['lsn, exclusive', () => ['--target-lsn', commit('B').startLsn, '--target-exclusive'], 'A before'],
    ['lsn behind a commit', () => ['--target-lsn', commit('B').reportedLsn, '--target-exclusive'], 'A B before'],
    ['a name that occurs twice', () => ['--target-name', 'rp'], 'A B before'],
    ['immediate', () => ['--target-immediate'], 'before'],
    ['an xid that was rolled back', () => ['--target-xid', history.aborted], 'A B C before'],
    ['a time behind PREPARE', () => ['--target-time', `${commit('E').time}Z`], 'A B C D E before d'],
    ['by copy', () => ['--target-xid', commit('E').xid, '--wal-supply', 'copy'], 'A B C D E before d'],
    [
      'by copy, exclusive',
      () => ['--target-xid', commit('E').xid, '--target-exclusive', '--wal-supply=copy'],
      'A B C D before d',
    ],
    ['the end of the WAL', () => [], 'A B C D E F G P before d'],
  ])('%s', async (_, args, expected) => {
    const { rows, plan } = await recover(args());
    expect(sorted(rows)).toBe(sorted(expected));
    // What the plan names is what is there, and what it says is lost is not.
    const kept = plan['lastKept'] as { xid: string } | null;
    const lost = plan['firstLost'] as { xid: string } | null;
    const committed = [...history.commits].filter(([note]) => rows.split(' ').includes(note)).map(([, { xid }]) => xid);
    if (lost !== null) expect(committed).not.toContain(lost.xid);
    if (kept !== null && [...history.commits.values()].some(({ xid }) => xid === kept.xid))
      expect(committed).toContain(kept.xid);
  });

  it('needs nothing but the WAL inside a tar backup to become consistent', async () => {
    const { rows, plan } = await recover(['--from', history.later, '--target-immediate']);
    expect(sorted(rows)).toBe(sorted('A B C D E F P before d'));
    expect(plan).toMatchObject({ walSupply: 'copy', backup: history.later });
    expect(JSON.stringify(plan['segments'])).toContain('pg_wal.tar');
  });

  /** The archive without the segments that `isWanted` does not want, and what was left out. */
  function partOfArchive(isWanted: (name: string) => boolean): { archive: string; rest: string } {
    const [archive, rest] = [serverDirectory('part'), serverDirectory('rest')];
    for (const name of readdirSync(history.archive)) {
      const to = isWanted(name) || !/^[0-9A-F]{24}$/.test(name) ? archive : rest;
      copyFileSync(join(history.archive, name), join(to, name));
    }
    execFileSync('chmod', ['-R', 'a+rX', archive]);
    return { archive, rest };
  }

  const firstSegment = (backup: string): string => {
    const label =
      backup === history.later
        ? execFileSync('tar', ['-xzOf', join(backup, 'base.tar.gz'), 'backup_label'])
        : readFileSync(join(backup, 'backup_label'));
    return /\(file ([0-9A-F]{24})\)/.exec(label.toString())![1]!;
  };

  it.each([
    ['a plain backup with fetched WAL', () => history.backup, 'E', 'A B C D E before d'],
    ['a tar backup with streamed WAL', () => history.later, 'G', 'A B C D E F G P before d'],
  ] as const)('takes the first segment from %s where the archive has lost it', async (_, backup, target, expected) => {
    const first = firstSegment(backup());
    const { archive } = partOfArchive((name) => name !== first);
    const args = ['--archive', archive, '--from', backup(), '--target-xid', commit(target).xid];
    const { rows, plan } = await recover(args);
    expect(sorted(rows)).toBe(sorted(expected));
    expect(plan).toMatchObject({ walSupply: 'copy', walSupplyReason: 'elsewhere' });
    const shown = await gausskeep(['restore', '-D', join(temporaryDirectory('planned'), 'data'), ...args, '--plan']);
    expect(shown.stdout).toMatch(new RegExp(`by copy, because ${first} is not in the archive, but in `));
    const asked = await refusal([...args, '--wal-supply=restore-command']);
    expect(asked).toMatchObject({ status: 15, stderr: expect.stringContaining(first) as string });
  });

  it('takes WAL from --wal-from without a switch, alone or where the archive ends', async () => {
    const last = firstSegment(history.later);
    const { archive, rest } = partOfArchive((name) => name < last);
    const both = await recover(['--archive', archive, '--wal-from', rest, '--target-xid', commit('G').xid]);
    expect(sorted(both.rows)).toBe('A B C D E F G P before d');
    expect(both.plan).toMatchObject({ walSupply: 'copy', walSupplyReason: 'elsewhere' });
    await server!.stop('immediate');
    const data = join(temporaryDirectory('restored'), 'data');
    const alone = ['--wal-from', history.archive, '--target-xid', commit('B').xid, '--target-action=promote', '--json'];
    const result = await gausskeep(['restore', '--no-sync', '-D', data, ...owner, '--from', history.backup, ...alone]);
    expect(result.status, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ recovery: { walSupply: 'copy', walSupplyReason: 'no-archive' } });
    server = await startFrom(data, { settings: { archive_mode: false } });
    await server.waitFor('select not pg_is_in_recovery()');
    expect(await server.value("select string_agg(note, ' ' order by note) from hist")).toBe('A B before');
    const enough = await restore(['--target-xid', commit('B').xid, '--wal-from', rest]);
    expect(enough.plan).toMatchObject({ walSupply: 'restore-command', walSupplyReason: 'in-archive' });
  });

  it.each([
    ['an xid', () => ['--target-xid', commit('B').xid]],
    ['a time', () => ['--target-time', `${commit('B').time}Z`]],
    ['an LSN', () => ['--target-lsn', commit('B').startLsn]],
  ])('says that the backup is too new for %s', async (_, args) => {
    const result = await refusal(['--from', history.later, ...args()]);
    expect(result).toMatchObject({ status: 16, stderr: expect.stringContaining('is too new') as string });
    expect(result.stderr).toContain('Choose an older backup');
  });

  it('says that no backup of a folder reaches it', async () => {
    const folder = temporaryDirectory('backups');
    execFileSync('cp', ['-a', history.later, join(folder, 'later')]);
    const result = await refusal(['--backups', folder, '--target-lsn', commit('B').startLsn]);
    expect(result).toMatchObject({ status: 16, stderr: expect.stringContaining('is too new') as string });
    expect(result.stderr).toContain('no other backup here that can be used reaches the target');
    expect(result.stderr).not.toContain('--backups');
  });

  it('leaves the prepared transaction open that the target lies in the middle of', async () => {
    const { plan } = await recover(['--target-xid', commit('E').xid]);
    expect(plan['leftPrepared']).toMatchObject([{ kind: 'prepare', gid: 'waiting' }]);
    expect(await server!.value('select string_agg(gid, $$ $$) from pg_prepared_xacts')).toBe('waiting');
    await server!.sql("commit prepared 'waiting'");
    expect(await server!.value("select count(*)::text from hist where note = 'P'")).toBe('1');
  });

  it('stands where the plan said: gausskeep recover says so, and resume opens it', async () => {
    const [port, sockets] = [await freePort(), serverDirectory('sockets')];
    const own = ['--port', String(port), '--set', `unix_socket_directories=${sockets}`, '--archive-mode=off'];
    const { data, plan } = await restore(['--target-time', `${commit('C').time}Z`, ...own]);
    expect(plan).toMatchObject({ pause: 'yes', walSupply: 'restore-command' });
    const record = JSON.parse(readFileSync(join(data, '.gausskeep.recovery'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({ endLsn: plan['endLsn'], pauses: true, lastTransaction: { xid: commit('C').xid } });
    const answer = async (verb: string, ...args: string[]): Promise<Record<string, unknown>> => {
      const result = await gausskeep([verb, '--pgdata', data, '--username', 'postgres', '--json', ...args]);
      expect(result.status, result.stderr).toBe(0);
      return JSON.parse(result.stdout) as Record<string, unknown>;
    };
    const recovered = await answer('recover', '--bindir', join(stagedBinaries(version), 'bin'));
    const pid = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10);
    runDirectory().guard(pid);
    expect(recovered).toMatchObject({ outcome: 'paused', replayLsn: plan['endLsn'] });
    expect(await answer('resume')).toMatchObject({ wasOpen: false });
    expect(existsSync(join(data, '.gausskeep.recovery'))).toBe(false);
    process.kill(pid, 'SIGQUIT');
    runDirectory().release(pid);
  });

  it('chooses the newest backup that is consistent before the target', async () => {
    const folder = temporaryDirectory('backups');
    for (const [name, path] of [
      ['first', history.backup],
      ['second', history.later],
    ] as const) {
      execFileSync('cp', ['-a', path, join(folder, name)]);
    }
    const early = await recover(['--backups', folder, '--target-xid', commit('C').xid]);
    expect(early.plan['backup']).toBe(join(folder, 'first'));
    expect(sorted(early.rows)).toBe('A B C before');
    await server?.stop('immediate');
    const late = await recover(['--backups', folder, '--target-xid', commit('G').xid]);
    expect(late.plan['backup']).toBe(join(folder, 'second'));
    expect(sorted(late.rows)).toBe('A B C D E F G P before d');
  });

  it('follows a later timeline, and not without its history', async () => {
    const { data } = await recover(['--target-xid', commit('B').xid]);
    await server!.sql("insert into hist values ('second')");
    await server!.sql('select pg_switch_wal()');
    await server!.sql("insert into hist values ('third')");
    await server!.sql('select pg_switch_wal()');
    const archive = temporaryDirectory('archive2');
    execFileSync('cp', ['-a', `${history.archive}/.`, archive]);
    for (const name of readdirSync(join(data, 'pg_wal')).filter((one) => one.startsWith('00000002'))) {
      copyFileSync(join(data, 'pg_wal', name), join(archive, name));
    }
    await server!.stop();
    if (runningAsRoot) execFileSync('chown', ['-R', `${String(serverUser.uid)}:${String(serverUser.gid)}`, archive]);
    execFileSync('chmod', ['-R', 'a+rX', archive]);
    const own = await recover(['--archive', archive]);
    expect(sorted(own.rows)).toBe('A B C D E F G P before d');
    await server!.stop('immediate');
    const next = await recover(['--archive', archive, '--target-timeline', '2']);
    expect(sorted(next.rows)).toBe('A B before second third');
    const listed = await gausskeep(['window', '--archive', archive, '--commits', '--json']);
    const commits = listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { timeline: number; startLsn: string });
    const places = commits.map(({ timeline, startLsn }) => `${String(timeline)} ${startLsn}`);
    expect(new Set(places).size).toBe(places.length);
    // What both timelines have is listed with the first.
    expect(commits.filter(({ startLsn }) => startLsn === commit('B').startLsn)).toMatchObject([{ timeline: 1 }]);
    expect(commits.filter(({ timeline }) => timeline === 2).length).toBeGreaterThanOrEqual(2);
    expect(next.plan['timeline']).toBe(2);
    await server!.stop('immediate');
    // A second copy must not take the number of the first one's timeline, though it fetches nothing.
    const copied = await recover(['--archive', archive, '--target-xid', commit('B').xid, '--wal-supply', 'copy']);
    expect(sorted(copied.rows)).toBe('A B before');
    expect(await server!.value('select left(pg_walfile_name(pg_current_wal_lsn()), 8)')).toBe('00000003');
    // Without the segment in which the timelines part the server would replay that of the first one.
    const parting = (next.plan['segments'] as { name: string }[]).find(({ name }) => name.startsWith('00000002'))!.name;
    const content = readFileSync(join(archive, parting));
    rmSync(join(archive, parting));
    const holed = ['--archive', archive, '--target-timeline', '2'];
    expect((await refusal(holed)).stderr).toContain('replayed up to');
    expect(await refusal([...holed, '--allow-end-of-wal'])).toMatchObject({
      status: 15,
      stderr: expect.stringMatching(/would replay 00000001/) as string,
    });
    writeFileSync(join(archive, parting), content);
    rmSync(join(archive, '00000002.history'));
    const refused = await refusal(['--archive', archive, '--target-timeline', '2']);
    expect(refused).toMatchObject({ status: 15, stderr: expect.stringContaining('00000002.history') as string });
  });

  it.each(['restore-command', 'copy'])('continues a killed restore as documented: WAL by %s', every, async (supply) => {
    const data = join(temporaryDirectory('killed'), 'data');
    const words = ['restore', '--no-sync', '-D', data, ...owner, '--from', history.backup, '--target-action=promote'];
    const target = ['--archive', history.archive, '--target-xid', commit('E').xid, '--wal-supply', supply];
    const attempt = (args: readonly string[], env: Record<string, string> = {}): Promise<ProgramResult> =>
      gausskeep([...words, ...target, ...args], env);
    const noted = noteSteps();
    const whole = await attempt([], noted.env);
    expect(whole.status, whole.stderr).toBe(0);
    const picture = (): Record<string, string> => {
      const shown = pictureOf({ data });
      // It has the command line.
      shown['data/.gausskeep.recovery'] = shown['data/.gausskeep.recovery']!.replace(/ --(?:delta|force)"/, '"');
      return shown;
    };
    const [steps, expected] = [noted.steps(), picture()];
    // What a recovery adds comes behind the files: WAL, settings, the record; then their owners and the name of pg_control.
    const files = steps.findLastIndex((step) => /^openSync .*\/(?:base|global)\/\d/.test(step));
    const behind = steps.flatMap((step, at) => (at > files && !step.startsWith('lchown') ? [at] : []));
    expect(behind.length).toBeGreaterThan(15);
    const stride = every.timeout === undefined ? Math.ceil(behind.length / 2) : 1;
    const places = behind.filter((_, index) => (behind.length - 1 - index) % stride === 0);
    for (const [count, at] of places.entries()) {
      rmSync(data, { recursive: true });
      const killed = await attempt([], killBeforeStep(at + 1));
      expect(killed.signal, killed.stderr).toBe('SIGKILL');
      const how = count % 2 === 0 ? '--delta' : '--force';
      const where = `killed before step ${String(at + 1)}, ${steps[at]!}, then ${how}`;
      const again = await attempt([how]);
      expect(again.status, `${where}\n${again.stderr}`).toBe(0);
      expect(picture(), where).toEqual(expected);
    }
    server = await startFrom(data, { settings: { archive_mode: false } });
    await server.waitFor('select not pg_is_in_recovery()');
    const rows = await server.value("select string_agg(note, ' ') from hist");
    expect(sorted(rows)).toBe(sorted('A B C D E before d'));
  });

  async function refusal(args: readonly string[]): Promise<ProgramResult> {
    const data = join(temporaryDirectory('refused'), 'data');
    const places = args.includes('--archive') ? [] : ['--archive', history.archive];
    const from = args.includes('--from') || args.includes('--backups') ? [] : ['--from', history.backup];
    const result = await gausskeep(['restore', '-D', data, ...from, ...places, ...args]);
    expect(existsSync(data), JSON.stringify(result)).toBe(false);
    return result;
  }

  it.each([
    ['an unknown xid', () => ['--target-xid', '99999999'], 16, /not in the WAL/],
    ['an unknown name', () => ['--target-name', 'nosuch'], 16, /not in the WAL[^]*rp/],
    ['a time behind the last commit', () => ['--target-time', '2037-01-01 00:00:00Z'], 16, /behind the last commit/],
    ['a time before the backup', () => ['--target-time', '2001-01-01 00:00:00Z'], 16, /consistent only from/],
    ['an LSN before the backup', () => ['--target-lsn', '0/100'], 16, /consistent only from/],
    ['an LSN behind the end', () => ['--target-lsn', 'FF/0'], 16, /behind the last commit/],
    ['a subtransaction', () => ['--target-xid', history.subtransaction], 16, /was a subtransaction of/],
    ['two targets', () => ['--target-xid', '5', '--target-name', 'rp'], 2, /target/],
    ['inclusive with a name', () => ['--target-name', 'rp', '--target-inclusive'], 2, /inclusive/],
  ] as const)('refuses %s before anything is written', async (_, args, status, text) => {
    const result = await refusal(args());
    expect(result.status, result.stderr).toBe(status);
    expect(result.stderr).toMatch(text);
  });

  it('refuses what lies behind a gap or a corrupt segment, and recovers what lies before', async () => {
    const archive = temporaryDirectory('holed');
    execFileSync('cp', ['-a', `${history.archive}/.`, archive]);
    const { plan } = await restore(['--archive', archive, '--target-xid', commit('E').xid]);
    const segments = plan['segments'] as { name: string }[];
    const last = join(archive, segments.at(-1)!.name);
    const bytes = readFileSync(last);
    rmSync(last);
    const missing = await refusal(['--archive', archive, '--target-xid', commit('E').xid]);
    expect(missing).toMatchObject({
      status: 16,
      stderr: expect.stringMatching(/replayed up to [^]*missing/) as string,
    });
    const broken = Buffer.from(bytes);
    broken.fill(0x5a, 100, 8192);
    writeFileSync(last, broken);
    const corrupt = await refusal(['--archive', archive, '--target-xid', commit('G').xid]);
    expect(corrupt.status, corrupt.stderr).toBe(16);
    const before = await recover(['--archive', archive, '--target-xid', commit('B').xid]);
    expect(before.rows).toBe('A B before');
  });

  it('refuses WAL of which one bit was flipped in an ordinary record, and recovers to a target before it', async () => {
    const archive = serverDirectory('flipped');
    execFileSync('cp', ['-a', `${history.archive}/.`, archive]);
    execFileSync('chmod', ['-R', 'a+rX', archive]);
    const from = parseLsn(commit('E').reportedLsn);
    const name = segmentName(1, from, defaultSegmentSizeBytes);
    const bytes = readFileSync(join(archive, name));
    const { text } = flipOrdinaryRecord(bytes, segmentStart(from, defaultSegmentSizeBytes), from);
    writeFileSync(join(archive, name), bytes);
    for (const how of [[], ['--plan'], ['--wal-supply=copy'], ['--target-xid', commit('F').xid]]) {
      const refused = await refusal(['--archive', archive, ...how]);
      expect(refused.status, refused.stderr).toBe(16);
      expect(refused.stderr).toContain(`segment ${name}`);
      expect(refused.stderr).toContain(`at ${text}: bad-checksum`);
    }
    for (const supply of ['restore-command', 'copy']) {
      const args = ['--archive', archive, '--target-xid', commit('E').xid, '--wal-supply', supply];
      expect(sorted((await recover(args)).rows)).toBe(sorted('A B C D E before d'));
      await server!.stop('immediate');
    }
  });
});

/** The same moment on the clocks of the server's zone, without an offset. */
function kolkata(utc: string): string {
  const [whole = '', fraction = ''] = utc.split('.');
  const moment = new Date(Date.parse(`${whole.replace(' ', 'T')}Z`) + 5.5 * 3600 * 1000);
  return `${moment.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`;
}

function sorted(rows: string): string {
  return rows.split(' ').sort().join(' ');
}
