/** The WAL of a server that was killed while it wrote, as `--wal-from` finds it: its torn end is an end, a hole is none. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { takeBackup } from '../support/backups.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const segmentBytes = 16n * 1024n * 1024n;
const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

forEachServer('full', (version) => {
  let backup: string;
  let crashed: PostgresServer;
  let server: PostgresServer | undefined;

  beforeAll(async () => {
    crashed = await startServer({ version });
    await crashed.sql('create table hist (note text)');
    await crashed.sql("insert into hist values ('A')");
    backup = await takeBackup(crashed, ['-X', 'fetch']);
    await crashed.sql("insert into hist values ('K')");
    const before = await crashed.value('select pg_current_wal_insert_lsn()');
    const client = await crashed.client();
    const busy = client
      .query("insert into hist select repeat('x', 1000) from generate_series(1, 1000000)")
      .catch(() => undefined);
    await crashed.waitFor(`select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '${before}') > 40000000`);
    await crashed.kill();
    await busy;
  });
  afterEach(async () => {
    await server?.stop('immediate');
    server = undefined;
  });

  const gausskeep = (args: readonly string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', args, { env: { GAUSSKEEP_CACHE: '' } });

  /** A copy of the dead server's WAL. */
  function copyWal(): string {
    const directory = serverDirectory('crashed');
    const source = join(crashed.dataDirectory, 'pg_wal');
    for (const name of readdirSync(source)) {
      if (/^[0-9A-F]{24}$/.test(name)) copyFileSync(join(source, name), join(directory, name));
    }
    execFileSync('chmod', ['-R', 'a+rX', directory]);
    return directory;
  }

  async function recover(wal: string): Promise<{ rows: string; endLsn: bigint; notes: string }> {
    const data = join(temporaryDirectory('restored'), 'data');
    const args = ['restore', '--no-sync', '-D', data, ...owner, '--from', backup, '--wal-from', wal, '--json'];
    const result = await gausskeep(args);
    expect(result.status, result.stderr).toBe(0);
    const { recovery } = JSON.parse(result.stdout) as { recovery: { endLsn: string; notes: string[] } };
    server = await startFrom(data, { settings: { archive_mode: false } });
    await server.waitFor('select not pg_is_in_recovery()');
    // The last record before the server's own, which follows at the next place.
    const [, done = ''] = /redo done at ([0-9A-F]+\/[0-9A-F]+)/.exec(server.log()) ?? [];
    expect(bigLsn(done)).toBeLessThan(bigLsn(recovery.endLsn));
    const rows = await server.value("select string_agg(note, ' ' order by note) from hist where length(note) < 10");
    return { rows, endLsn: bigLsn(recovery.endLsn), notes: recovery.notes.join('\n') };
  }

  async function lastCommit(wal: string): Promise<bigint> {
    const listed = await gausskeep(['window', '--archive', wal, '--commits', '--json']);
    const starts = listed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { startLsn: string }).startLsn);
    return bigLsn(starts.at(-1)!);
  }

  it('is recovered to its end, wherever that is torn', async () => {
    const whole = await recover(copyWal());
    expect(whole.rows).toBe('A K');
    await server!.stop('immediate');
    const commit = await lastCommit(copyWal());
    expect(whole.endLsn).toBeGreaterThan(commit);
    const torn = copyWal();
    wipe(torn, commit + 20n);
    const withoutCommit = await recover(torn);
    expect(withoutCommit).toMatchObject({ rows: 'A', endLsn: commit });
    expect(withoutCommit.notes).toContain('not written to its end');
    await server!.stop('immediate');
    // At the border of two pages; behind the first page header of a segment; within a page, where the CRC of a record is wrong.
    const lastSegment = (whole.endLsn / segmentBytes) * segmentBytes;
    for (const position of [(whole.endLsn / 8192n) * 8192n, lastSegment + 40n, lastSegment + 12_000n]) {
      const part = copyWal();
      wipe(part, position);
      const recovered = await recover(part);
      expect(recovered.rows).toBe('A K');
      expect(recovered.endLsn).toBeLessThanOrEqual(position);
      await server!.stop('immediate');
    }
  });

  it('is refused where later WAL shows that a torn record is not the end', async () => {
    const holed = copyWal();
    const commit = await lastCommit(holed);
    wipe(holed, commit + 20n, 8192n);
    const data = join(temporaryDirectory('refused'), 'data');
    const refused = await gausskeep([
      'restore',
      '-D',
      data,
      '--from',
      backup,
      '--wal-from',
      holed,
      '--target-timeline=current',
    ]);
    expect(refused.stderr).toContain('can be replayed up to');
    expect(refused.status).toBe(16);
    expect(existsSync(data)).toBe(false);
  });
});

function bigLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Zeros from a position on: for so many bytes, or all that there is, and then no later segment. */
function wipe(directory: string, position: bigint, count?: bigint): void {
  for (const name of readdirSync(directory)) {
    const start = (BigInt(`0x${name.slice(8, 16)}`) << 32n) + BigInt(`0x${name.slice(16)}`) * segmentBytes;
    const path = join(directory, name);
    if (start > position && count === undefined) rmSync(path);
    if (start > position || start + segmentBytes <= position) continue;
    const bytes = readFileSync(path);
    const from = Number(position - start);
    bytes.fill(0, from, count === undefined ? undefined : from + Number(count));
    writeFileSync(path, bytes);
  }
}
