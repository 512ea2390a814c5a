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

interface Recovered {
  readonly rows: string;
  /** The last record that the server replayed. */
  readonly done: bigint;
  readonly endLsn: bigint;
  readonly notes: string;
}

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

  async function recover(wal: string): Promise<Recovered> {
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
    return { rows, done: bigLsn(done), endLsn: bigLsn(recovery.endLsn), notes: recovery.notes.join('\n') };
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

  /** Where the server itself ends on that WAL, without our programs: the last record that it replays. */
  async function oracle(wal: string): Promise<{ rows: string; done: bigint }> {
    const data = join(temporaryDirectory('oracle'), 'data');
    execFileSync('cp', ['-a', backup, data]);
    for (const name of readdirSync(wal)) copyFileSync(join(wal, name), join(data, 'pg_wal', name));
    const own = await startFrom(data, { settings: { archive_mode: false } });
    const [, done = ''] = /redo done at ([0-9A-F]+\/[0-9A-F]+)/.exec(own.log()) ?? [];
    const rows = await own.value("select string_agg(note, ' ' order by note) from hist where length(note) < 10");
    await own.stop('immediate');
    return { rows, done: bigLsn(done) };
  }

  type Tear = (wal: string, places: { border: bigint; middle: bigint; behind: bigint }) => void;

  it.each<[string, Tear]>([
    ['half of its rest', (wal, { middle }) => wipe(wal, middle)],
    [
      'a wrong bit in its rest, and nothing behind it',
      (wal, { middle, behind }) => {
        wipe(wal, behind);
        flipBit(wal, middle);
      },
    ],
    [
      'a wrong bit before the border, and nothing behind it',
      (wal, { border, behind }) => {
        wipe(wal, behind);
        flipBit(wal, border - 1n);
      },
    ],
    [
      'in place of its rest an older segment, which the server keeps to use it again',
      (wal, { border }) => copyFileSync(join(wal, readdirSync(wal).sort()[0]!), join(wal, nameAt(wal, border))),
    ],
  ])('ends, as the server does, before a record that crosses a border and has %s', async (_, tear) => {
    const wal = copyWal();
    const { border, restBytes } = crossingRecord(wal);
    for (const name of readdirSync(wal)) if (startOf(name) > border) rmSync(join(wal, name));
    const rest = border + 40n;
    tear(wal, { border, middle: rest + restBytes / 2n, behind: rest + ((restBytes + 7n) / 8n) * 8n });
    const expected = await oracle(wal);
    const { rows, done, endLsn } = await recover(wal);
    expect({ rows, done }).toEqual(expected);
    expect(endLsn).toBeLessThan(border);
  });

  it('is refused where later WAL shows that a torn record is not the end', async () => {
    const commit = await lastCommit(copyWal());
    const { border } = crossingRecord(copyWal());
    // In the last segment nothing but its own later pages show it.
    const holes = {
      'in a segment': commit + 20n,
      'in the record that crosses a border': border + 40n,
      'of a first page': border,
    };
    for (const [what, position] of Object.entries(holes)) {
      const holed = copyWal();
      wipe(holed, position, 8192n);
      if (position >= border)
        for (const name of readdirSync(holed)) if (startOf(name) > border) rmSync(join(holed, name));
      const data = join(temporaryDirectory('refused'), 'data');
      const wal = ['--from', backup, '--wal-from', holed, '--target-timeline=current'];
      const refused = await gausskeep(['restore', '-D', data, ...wal]);
      expect(refused.stderr, what).toContain('can be replayed up to');
      expect(refused.status).toBe(16);
      expect(existsSync(data)).toBe(false);
      const accepted = await gausskeep(['restore', '-D', data, ...wal, '--allow-end-of-wal', '--plan']);
      expect(accepted.status, accepted.stderr).toBe(0);
    }
  });
});

function bigLsn(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** The last border of two segments that a record crosses, with some pages behind it, and how many bytes of it lie behind the border. */
function crossingRecord(directory: string): { border: bigint; restBytes: bigint } {
  const names = readdirSync(directory).sort().reverse();
  for (const name of names) {
    const bytes = readFileSync(join(directory, name));
    // XLogLongPageHeaderData: address of the page at 8, bytes left of the record before at 16.
    const restBytes = bytes.readUInt32LE(16);
    const isOwn = [0, 3 * 8192].every((at) => bytes.readBigUInt64LE(8 + at) === startOf(name) + BigInt(at));
    if (isOwn && restBytes > 100) return { border: startOf(name), restBytes: BigInt(restBytes) };
  }
  throw new Error(`no record crosses a border in ${names.join(' ')}`);
}

function startOf(name: string): bigint {
  return (BigInt(`0x${name.slice(8, 16)}`) << 32n) + BigInt(`0x${name.slice(16)}`) * segmentBytes;
}

function nameAt(directory: string, start: bigint): string {
  return readdirSync(directory).find((name) => startOf(name) === start)!;
}

function flipBit(directory: string, position: bigint): void {
  const start = (position / segmentBytes) * segmentBytes;
  const path = join(directory, nameAt(directory, start));
  const bytes = readFileSync(path);
  const offset = Number(position - start);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
  writeFileSync(path, bytes);
}

/** Zeros from a position on: for so many bytes, or all that there is, and then no later segment. */
function wipe(directory: string, position: bigint, count?: bigint): void {
  for (const name of readdirSync(directory)) {
    const start = startOf(name);
    const path = join(directory, name);
    if (start > position && count === undefined) rmSync(path);
    if (start > position || start + segmentBytes <= position) continue;
    const bytes = readFileSync(path);
    const from = Number(position - start);
    bytes.fill(0, from, count === undefined ? undefined : from + Number(count));
    writeFileSync(path, bytes);
  }
}
