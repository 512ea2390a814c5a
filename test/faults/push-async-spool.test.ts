/** `wal push --async` where its spool is of others, full, gone, of an earlier life or of another server: it says nothing that is not so, and a file is archived all the same. */
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { startDeadProcess } from '../support/dead-process.ts';
import { failCall } from '../support/faulty-calls.ts';
import { MarkedWal } from '../support/marked-wal.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';

const deadline = { timeout: 120_000 };
const made: MarkedWal[] = [];
afterEach(async () => {
  for (const wal of made.splice(0)) await wal.stopServer();
});

function newArchive(): string {
  const archive = join(temporaryDirectory('archive'), 'archive');
  mkdirSync(archive);
  giveToServerUser(join(archive, '..'));
  return archive;
}

async function newWal(archive: string, ...words: string[]): Promise<MarkedWal> {
  const wal = await MarkedWal.make(['--archive', archive, '-Z', 'zstd:1', ...words], { count: 3 });
  made.push(wal);
  return wal;
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}

/** What sh believes: that a process which lives has stored the very file, for a call of these words. */
function noteOf(wal: MarkedWal, name: string, words: string): readonly [process: string, ...string[]] {
  const facts = statSync(wal.path(name), { bigint: true });
  const time = (ns: bigint): string => `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
  const { dev, ino, size, mtimeNs, ctimeNs } = facts;
  const file = [dev, ino, size, time(mtimeNs), time(ctimeNs)].join(' ');
  return [`${process.pid} ${startOf(process.pid)}`, file, `wal push pg_xlog/${name} --async ${words}`, wal.data];
}

it('notes of processes that are gone, of other files, calls and accounts are not believed', async () => {
  const nowhere = join(temporaryDirectory('nowhere'), 'archive');
  const wal = await newWal(nowhere);
  const name = wal.names[0]!;
  const words = `--archive ${nowhere} -Z zstd:1 --timeout 1`;
  const folder = join(wal.spool, '0'.repeat(32));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const note = join(folder, `${name}.now`);
  const [process, file, call, place] = noteOf(wal, name, words);
  const write = (...lines: (string | undefined)[]): void => {
    writeFileSync(note, `${lines.join('\n')}\n`);
    giveToServerUser(wal.spool);
  };
  const status = async (): Promise<number | null> => (await wal.start(name, ['--timeout', '1']).result).status;
  write(process, file, call, place);
  // As it is to be: so that each of the others is refused for what it is.
  expect(await status()).toBe(0);
  const [pid, started] = process.split(' ');
  const dead = await startDeadProcess();
  const others: (readonly (string | undefined)[])[] = [
    [`${pid} ${Number(started) + 1}`, file, call, place],
    [`99999999 ${started}`, file, call, place],
    [`${dead.pid} ${dead.started}`, file, call, place],
    [process, file!.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)), call, place],
    [process, file, call!.replace('zstd:1', 'zstd:2'), place],
    [process, file, call, `${place}.before`],
    [process, file],
  ];
  for (const lines of others) {
    write(...lines);
    expect(await status(), lines.join('\n')).toBe(10);
  }
  write(process, file, call, place);
  renameSync(wal.spool, `${wal.spool}.real`);
  symlinkSync(`${wal.spool}.real`, wal.spool);
  expect(await status()).toBe(10);
  rmSync(wal.spool);
  renameSync(`${wal.spool}.real`, wal.spool);
  if (runningAsRoot) {
    chownSync(note, 0, 0);
    expect(await status()).toBe(10);
    giveToServerUser(wal.spool);
    chownSync(wal.spool, 0, 0);
    expect(await status()).toBe(10);
    giveToServerUser(wal.spool);
  }
  expect(await status()).toBe(0);
  dead.bury();
});

it('a spool of others, a link, one that is full or cannot be made: each file is pushed by its call, which says why', async () => {
  const archive = newArchive();
  const wal = await newWal(archive);
  const storage = await openLocalStorage(archive);
  const [first, second, third] = wal.names as [string, string, string];
  const root = temporaryDirectory('spools');
  giveToServerUser(root);
  const real = join(root, 'real');
  mkdirSync(real, { mode: 0o700 });
  giveToServerUser(real);
  symlinkSync(real, join(root, 'link'));
  mkdirSync(join(root, 'others'), { mode: 0o755 });
  writeFileSync(join(root, 'file'), '');
  const said = /is pushed by itself, without others beside it: the spool ".*" cannot be used/;
  const cases: [spool: string, name: string, reason: RegExp, env?: Record<string, string>][] = [
    ['link', first, /belongs to one/],
    ['file', second, /ENOTDIR|EEXIST|belongs to one/],
    ['real', third, /ENOSPC/, failCall([real], { call: 'create *', nth: 1 }, { code: 'ENOSPC', stays: true }).env],
  ];
  if (runningAsRoot) cases.push(['others', second, /EACCES|permission|belongs to one/]);
  for (const [spool, name, reason, env] of cases) {
    const result = await wal.call(name, ['--spool', join(root, spool)], env);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(result.stderr).toMatch(said);
    expect(result.stderr).toMatch(reason);
    await wal.expectThere(storage, [name]);
  }
  expect(readdirSync(join(root, 'others'))).toEqual([]);
});

it('a spool that is removed while it is used, a server that was started anew and an older copy in its place begin anew', async () => {
  const archive = newArchive();
  const wal = await newWal(archive);
  const storage = await openLocalStorage(archive);
  const [first, second, third] = wal.names as [string, string, string];
  await wal.archive(storage, [first]);
  const pid = wal.pusher();
  rmSync(wal.spool, { recursive: true });
  await expect.poll(() => existsSync(`/proc/${pid!}/exe`), deadline).toBe(false);
  await wal.archive(storage, [second]);
  const other = wal.pusher();
  expect(other).not.toBe(pid);
  wal.startServer(4712);
  await expect.poll(() => wal.pusher(), deadline).toBeUndefined();
  // As of another life: it is not in the archive, whatever the spool says.
  for (const name of readdirSync(join(archive, 'generations/1/wal/0000000100000000'))) {
    if (name.startsWith(third)) rmSync(join(archive, 'generations/1/wal/0000000100000000', name));
  }
  await wal.archive(storage, [third]);
  expect(wal.folders().length).toBe(1);
  const last = wal.pusher();
  wal.replace();
  await expect.poll(() => existsSync(`/proc/${last!}/exe`), deadline).toBe(false);
  await wal.archive(storage);
  await wal.expectSound(storage);
  expect(wal.folders().length).toBe(2);
});

it('the disk of the WAL in danger is told by a push, whether it succeeds or fails, and by wal status', async () => {
  const archive = newArchive();
  const wal = await newWal(archive);
  const [first, second] = wal.names as [string, string];
  const status = () => runProgram('gausskeep', ['wal', 'status', wal.data, '--json'], { asUser: serverUser });
  expect((await status()).status).toBe(0);
  // It waits as well, and is twice as large as what is free (others write there too), without taking it.
  const large = '0000000100000000000000FF.00000028.backup';
  const { bavail, bsize } = statfsSync(wal.data);
  writeFileSync(wal.path(large), '');
  truncateSync(wal.path(large), 2 * bavail * bsize);
  writeFileSync(wal.path(`archive_status/${large}.ready`), '');
  giveToServerUser(wal.path(large));
  const endangered = await status();
  expect(endangered.status).toBe(4);
  expect(JSON.parse(endangered.stdout)).toMatchObject({ condition: 'endangered', waiting: { files: 4 } });
  const said = /warning: the disk of the WAL is in danger: \d files wait to be archived, .*are free/;
  const pushed = await wal.call(first);
  expect(pushed, pushed.stderr).toMatchObject({ status: 0 });
  expect(pushed.stderr).toMatch(said);
  await wal.stopServer();
  wal.startServer();
  renameSync(archive, `${archive}.away`);
  const failed = await wal.call(second, ['--timeout', '1']);
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toMatch(said);
  expect(failed.stderr).toContain('gausskeep wal push: error');
});

it('two servers that share a spool have nothing of each other', async () => {
  const archives = [newArchive(), newArchive()];
  const shared = join(temporaryDirectory('shared'), 'spool');
  giveToServerUser(join(shared, '..'));
  const servers = await Promise.all(archives.map((archive) => newWal(archive, '--spool', shared)));
  await Promise.all(
    servers.map(async (wal, index) => {
      const storage = await openLocalStorage(archives[index]!);
      await wal.archive(storage);
      await wal.expectSound(storage);
    }),
  );
  expect(readdirSync(shared).length).toBe(2);
});

it('a file that is another one under a name that was acknowledged is refused', async () => {
  const archive = newArchive();
  const wal = await newWal(archive);
  const storage = await openLocalStorage(archive);
  await wal.archive(storage);
  const name = wal.names[0]!;
  wal.change(name);
  const again = await wal.start(name).result;
  expect(again.status, again.stderr).not.toBe(0);
  expect(again.stderr).toContain('gausskeep wal push: error');
  await wal.expectSound(storage);
});

it('more at once than there may be are refused, also by a call that pushes by itself', async () => {
  const words = ['wal', 'push', '/nowhere/pg_wal/000000010000000000000001', '--archive', '/nowhere/archive'];
  const call = await runProgram('gausskeep', [...words, '--async', '--at-once', '17']);
  expect(call).toMatchObject({ status: 2 });
  expect(call.stderr).toContain('invalid value "17" for --at-once: it must be a whole number from 1 to 16');
});
