import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDeadProcess } from '../../test/support/dead-process.ts';
import { isNoSpace } from '../errors/backup-error.ts';
import { isAtWork, lockFolder } from './spool-lock.ts';
import {
  emptySpool,
  isRunningLow,
  isSpoolOurs,
  noteAsked,
  SegmentChecksum,
  takePrefetched,
  type Spool,
} from './spool.ts';

const name = '000000010000000000000027';
/** More than a piece, and no whole number of them. */
const bytes = Buffer.alloc(3 * 1024 * 1024 + 5, 'segment');
const isRoot = process.geteuid?.() === 0;
let parent: string;
let spool: Spool;
let target: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'gausskeep-spool-'));
  spool = { directory: join(parent, 'spool'), archive: 'x' };
  target = join(parent, 'RECOVERYXLOG');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function checksumOf(content: Buffer, pieceBytes = content.length): string {
  const checksum = new SegmentChecksum();
  for (let at = 0; at < content.length; at += pieceBytes) checksum.add(content.subarray(at, at + pieceBytes));
  return checksum.end();
}

/** Puts it there as if it had been fetched. @returns where it waits */
async function waiting(content = bytes): Promise<string> {
  await isSpoolOurs(spool);
  const [folder = ''] = readdirSync(spool.directory);
  const path = join(spool.directory, folder, `${name}.${checksumOf(bytes)}`);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

describe('a spool of segments', () => {
  it('gives what was fetched', async () => {
    const path = await waiting();
    expect(await takePrefetched(spool, name, target)).toBe(true);
    expect(readFileSync(target).equals(bytes)).toBe(true);
    expect(() => statSync(path)).toThrow('ENOENT');
    expect(readdirSync(parent).sort()).toEqual(['RECOVERYXLOG', 'spool']);
  });

  it.each([
    ['a bit', () => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])])],
    ['an end', () => bytes.subarray(0, -1)],
    ['more than was fetched', () => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['nothing but zeros, as after a power cut', () => Buffer.alloc(bytes.length)],
    ['nothing', () => Buffer.alloc(0)],
  ])('gives nothing else: %s', async (_, content) => {
    const path = await waiting(content());
    const damaged: string[] = [];
    expect(await takePrefetched(spool, name, target, { onDamaged: (one) => damaged.push(one) })).toBe(false);
    expect(damaged).toEqual([path]);
    // It is not looked at again, and nothing was put where the server reads.
    expect(() => statSync(path)).toThrow('ENOENT');
    expect(readdirSync(parent)).toEqual(['spool']);
  });

  it('copies to another file system', async (context) => {
    const other = '/dev/shm';
    if (statSync(other, { throwIfNoEntry: false })?.dev === statSync(parent).dev) context.skip();
    const far = mkdtempSync(join(other, 'gausskeep-spool-'));
    try {
      await waiting();
      expect(await takePrefetched(spool, name, join(far, 'RECOVERYXLOG'))).toBe(true);
      expect(readFileSync(join(far, 'RECOVERYXLOG')).equals(bytes)).toBe(true);
      await waiting(bytes.subarray(1));
      expect(await takePrefetched(spool, name, join(far, 'again'))).toBe(false);
      expect(readdirSync(far)).toEqual(['RECOVERYXLOG']);
      const [folder = ''] = readdirSync(spool.directory);
      expect(readdirSync(join(spool.directory, folder))).toEqual([]);
    } finally {
      rmSync(far, { recursive: true });
    }
  });

  it('is not used when others can write to it, or own it', async () => {
    await waiting();
    chmodSync(spool.directory, 0o777);
    expect(await isSpoolOurs(spool)).toBe(false);
    expect(await takePrefetched(spool, name, target)).toBe(false);
    chmodSync(spool.directory, 0o700);
    expect(await isSpoolOurs(spool)).toBe(true);
    if (!isRoot) return;
    chownSync(spool.directory, 65534, 65534);
    expect(await isSpoolOurs(spool)).toBe(false);
    expect(await takePrefetched(spool, name, target)).toBe(false);
  });

  it('waits for nobody who has ended, and takes his place, also where his parent does not look', async () => {
    await isSpoolOurs(spool);
    const folder = join(spool.directory, readdirSync(spool.directory)[0]!);
    const dead = await startDeadProcess();
    writeFileSync(join(folder, 'lock'), String(dead.pid));
    writeFileSync(join(folder, `fetching-${name}`), 'half');
    expect(await isAtWork(folder)).toBe(false);
    expect(await takePrefetched(spool, name, target)).toBe(false);
    expect(await isRunningLow(name, spool, 4)).toBe(true);
    expect(await lockFolder(folder)).toBe(true);
    expect(await isAtWork(folder)).toBe(true);
    dead.bury();
  });

  it('gives the server what root fetched', async (context) => {
    if (!isRoot) context.skip();
    await waiting();
    const data = join(parent, 'pg_wal');
    mkdirSync(data);
    chownSync(data, 65534, 65534);
    expect(await takePrefetched(spool, name, join(data, 'RECOVERYXLOG'))).toBe(true);
    expect(statSync(join(data, 'RECOVERYXLOG'))).toMatchObject({ uid: 65534, gid: 65534 });
  });

  it('fails nobody where it cannot be made', async () => {
    writeFileSync(spool.directory, 'a file');
    expect(await isSpoolOurs(spool)).toBe(false);
    expect(await takePrefetched(spool, name, target)).toBe(false);
    await noteAsked(spool, name);
    expect(await emptySpool(spool)).toBe(false);
  });

  it('is emptied where there is no room', async () => {
    expect(await emptySpool(spool)).toBe(false);
    await waiting();
    expect(await emptySpool(spool)).toBe(true);
    expect(await takePrefetched(spool, name, target)).toBe(false);
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    expect([isNoSpace(full), isNoSpace(new Error('over', { cause: full })), isNoSpace(new Error('x'))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('has checksums that know nothing of pieces', () => {
    expect(checksumOf(bytes, 999)).toBe(checksumOf(bytes));
    expect(checksumOf(bytes, 65_537)).toBe(checksumOf(bytes));
    expect(checksumOf(bytes.subarray(1))).not.toBe(checksumOf(bytes));
  });
});
