/** `wal push --async` whose spool lies on a small ext4 of its own that becomes full, before and while it is used: no file waits for that. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { MarkedWal } from '../support/marked-wal.ts';
import { giveToServerUser, runningAsRoot } from '../support/postgres/server-user.ts';
import { temporaryDirectory } from '../support/programs.ts';

const deadline = { timeout: 120_000 };
let mounted: string | undefined;
let wal: MarkedWal | undefined;
afterEach(async () => {
  await wal?.stopServer();
  wal = undefined;
  if (mounted !== undefined) execFileSync('umount', [mounted]);
  mounted = undefined;
});

/** @returns its root; undefined: this account, or this machine, cannot mount one */
function smallDisk(): string | undefined {
  if (!runningAsRoot) return undefined;
  const home = temporaryDirectory('small-disk');
  const [image, place] = [join(home, 'image'), join(home, 'disk')];
  mkdirSync(place);
  try {
    truncateSync(openImage(image), 4 * 1024 * 1024);
    // No blocks are kept for root: it is full for all at the same byte.
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, place], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return (mounted = place);
}

function openImage(path: string): string {
  closeSync(openSync(path, 'w'));
  return path;
}

/** To the last block. */
function fill(disk: string): void {
  const file = openSync(join(disk, 'filler'), 'a');
  try {
    for (const size of [65_536, 1024]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    }
  } finally {
    closeSync(file);
  }
}

it('a spool whose disk is full, before it is used and while it is', async (context) => {
  const disk = smallDisk();
  if (disk === undefined) {
    process.stderr.write(
      'not run: a spool on a full disk of its own needs root and a file system that can be mounted\n',
    );
    return context.skip();
  }
  const archive = join(temporaryDirectory('archive'), 'archive');
  mkdirSync(archive);
  giveToServerUser(join(archive, '..'));
  giveToServerUser(disk);
  const spool = join(disk, 'spool');
  wal = await MarkedWal.make(['--archive', archive, '-Z', 'zstd:1', '--spool', spool], { count: 4 });
  const storage = await openLocalStorage(archive);
  const { names } = wal;
  const said = /is pushed by itself, without others beside it: the spool ".*" cannot be used: .*ENOSPC/;
  const call = async (name: string): Promise<string> => {
    const result = await wal!.call(name);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    await wal!.expectThere(storage, [name]);
    return result.stderr;
  };
  const left = (): string[] => (existsSync(spool) ? readdirSync(spool, { recursive: true, encoding: 'utf8' }) : []);

  fill(disk);
  expect(await call(names[0]!)).toMatch(said);
  rmSync(join(disk, 'filler'));
  await wal.archive(storage, [names[1]!]);
  expect(left().some((name) => name.endsWith('.gausskeep.lock'))).toBe(true);

  fill(disk);
  // It may have an answer there from before, or find a block that it freed itself; then nothing is to be said.
  const third = await call(names[2]!);
  if (third !== '') expect(third).toMatch(said);
  // What could not be written is not half there.
  await expect.poll(() => left().filter((name) => name.includes('.gausskeep-')), deadline).toEqual([]);
  rmSync(join(disk, 'filler'));
  await wal.archive(storage, [names[3]!]);
  await wal.expectSound(storage);
  await wal.stopServer();
  await expect.poll(() => left().some((name) => name.endsWith('.gausskeep.lock')), deadline).toBe(false);
});
