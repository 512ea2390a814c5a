import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { claimDirectory } from './claim-directory.ts';
import { directoryState } from './directory-state.ts';
import { lockName } from './lock-directory.ts';
import { removeTree } from './remove-tree.ts';

const claim = (path: string) => claimDirectory(fromText(path));

describe('directoryState', () => {
  it('tells what is there', async () => {
    const root = temporaryDirectory();
    const state = () => directoryState(fromText(root));
    expect(await directoryState(fromText(join(root, 'none')))).toBe('missing');
    expect(await state()).toBe('empty');
    writeFileSync(join(root, '.hidden'), '');
    expect(await state()).toBe('dotFiles');
    expect(await directoryState(fromText(root), (name) => name === '.hidden')).toBe('empty');
    symlinkSync('nowhere', join(root, 'link'));
    expect(await state()).toBe('notEmpty');
    mkdirSync(join(root, 'lost+found'));
    expect(await state()).toBe('lostAndFound');
  });

  it('refuses what is no directory', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'file'), '');
    await expect(directoryState(fromText(join(root, 'file')))).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
  });
});

describe('claimDirectory', () => {
  it('makes what is missing and removes no more than that', async () => {
    const root = temporaryDirectory();
    const directory = join(root, 'a/b/c');
    const claimed = await claim(directory);
    expect(claimed.existedBefore).toBe(false);
    mkdirSync(join(directory, 'base'));
    writeFileSync(join(directory, 'base/1'), 'x');
    await claimed.discard();
    expect(readdirSync(root)).toEqual([]);
  });

  it('gives mode 0700 whatever the umask, and tells which directories above have to be flushed', async () => {
    const root = temporaryDirectory();
    const umask = process.umask(0o777);
    let claimed;
    try {
      claimed = await claim(join(root, 'a/b/c'));
    } finally {
      process.umask(umask);
    }
    for (const name of ['a', 'a/b', 'a/b/c']) expect(statSync(join(root, name)).mode & 0o777).toBe(0o700);
    expect(claimed.changedAbove).toEqual([join(root, 'a'), root].map(fromText));
    await claimed.discard();
    expect(readdirSync(root)).toEqual([]);
  });

  it('leaves nothing when it cannot be claimed', async () => {
    const root = temporaryDirectory();
    // The deepest name is longer than file systems allow.
    await expect(claim(join(root, 'a', 'x'.repeat(300)))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(readdirSync(root)).toEqual([]);
  });

  it('keeps a parent that something else uses', async () => {
    const root = temporaryDirectory();
    const claimed = await claim(join(root, 'a/b'));
    writeFileSync(join(root, 'a/other'), 'x');
    await claimed.discard();
    expect(readdirSync(join(root, 'a'))).toEqual(['other']);
  });

  it('empties a directory that was there and keeps it', async () => {
    const root = temporaryDirectory();
    const claimed = await claim(root);
    expect(claimed.existedBefore).toBe(true);
    symlinkSync('/etc', join(root, 'link'));
    await claimed.discard();
    expect(readdirSync(root)).toEqual([]);
    expect(existsSync('/etc/passwd')).toBe(true);
  });

  it('leaves only what was written when it is released', async () => {
    const root = temporaryDirectory();
    const claimed = await claim(root);
    writeFileSync(join(root, 'PG_VERSION'), '17\n');
    claimed.release();
    claimed.release();
    expect(readdirSync(root)).toEqual(['PG_VERSION']);
  });

  it.each([
    ['files', 'postgresql.conf', 'files.not-empty.hint'],
    ['hidden files', '.profile', 'files.not-empty-dot-files.hint'],
    ['lost+found', 'lost+found', 'files.not-empty-mount-point.hint'],
  ])('refuses a directory with %s and does not touch it', async (_title, entry, hint) => {
    const root = temporaryDirectory();
    writeFileSync(join(root, entry), 'x');
    await expect(claim(root)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY', hint: { key: hint } });
    expect(readdirSync(root)).toEqual([entry]);
  });

  it('lets one run in at a time', async () => {
    const root = temporaryDirectory();
    const first = await claim(root);
    await expect(claim(root)).rejects.toMatchObject({
      code: 'LOCKED',
      message: `directory "${root}" is in use by another run (process ${process.pid} on ${hostname()})`,
    });
    first.release();
    const second = await claim(root);
    second.release();
  });

  it('takes over the lock of a process that has ended', async () => {
    const root = temporaryDirectory();
    const pid = Number(execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }));
    writeFileSync(join(root, lockName), JSON.stringify({ pid, host: hostname(), started: '1' }));
    const claimed = await claim(root);
    expect(readdirSync(root)).toEqual([lockName]);
    claimed.release();
    // The number is in use, by a process that started at another time.
    writeFileSync(join(root, lockName), JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }));
    (await claim(root)).release();
  });

  it.each([
    ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere.example' })],
    ['that nobody can read', 'not json'],
    ['of an impossible process', JSON.stringify({ pid: -1, host: hostname() })],
  ])('respects a lock %s', async (_title, text) => {
    const root = temporaryDirectory();
    writeFileSync(join(root, lockName), text);
    await expect(claim(root)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(readdirSync(root)).toEqual([lockName]);
  });
});

describe('a lock without content', () => {
  const old = new Date(Date.now() - 60_000);

  it.each(['', '\0\0\0\0', '\n'])('older than a moment is nobody’s (%j)', async (text) => {
    const root = temporaryDirectory();
    writeFileSync(join(root, lockName), text);
    writeFileSync(join(root, `${lockName}.stale-1`), text);
    for (const name of readdirSync(root)) utimesSync(join(root, name), old, old);
    const claimed = await claim(root);
    expect(readdirSync(root)).toEqual([lockName]);
    claimed.release();
    expect(readdirSync(root)).toEqual([]);
  });

  it('gets a moment, also from a clock that is ahead', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, lockName), '');
    const ahead = new Date(Date.now() + 3_600_000);
    utimesSync(join(root, lockName), ahead, ahead);
    (await claim(root)).release();
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('removeTree', () => {
  it('removes a tree and follows no link', async () => {
    const root = temporaryDirectory();
    const outside = temporaryDirectory();
    writeFileSync(join(outside, 'kept'), 'x');
    mkdirSync(join(root, 'd/e/f'), { recursive: true });
    writeFileSync(join(root, 'd/e/f/g'), 'x');
    symlinkSync(outside, join(root, 'd/link'));
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), 'x');
    await removeTree(fromText(root), { keepRoot: true });
    expect(readdirSync(root)).toEqual([]);
    await removeTree(fromText(root), { keepRoot: false });
    expect(existsSync(root)).toBe(false);
    expect(readdirSync(outside)).toEqual(['kept']);
  });
});
