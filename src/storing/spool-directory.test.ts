import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BackupError } from '../errors/backup-error.ts';
import { systemFailure } from '../errors/system-failure.ts';
import { render, say } from '../messages/message.ts';
import { makeSpoolDirectory } from './spool-directory.ts';

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'spool-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** A spool as a run leaves it that was killed. */
function left(name: string, lock: object | undefined): string {
  const path = join(parent, `.gausskeep-spool-${name}`);
  mkdirSync(join(path, 'wal'), { recursive: true });
  writeFileSync(join(path, 'wal', '000000010000000000000001'), 'rows');
  if (lock !== undefined) writeFileSync(join(path, '.gausskeep.lock'), `${JSON.stringify(lock)}\n`);
  return path;
}

/** The number of a process that has ended. */
const endedPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

it('is empty, and gone when it is removed', async () => {
  const spool = await makeSpoolDirectory(parent);
  expect(readdirSync(spool.path)).toEqual([]);
  await spool.remove();
  expect(readdirSync(parent)).toEqual([]);
});

it('removes what killed runs left, and nothing of others', async () => {
  const alive = await makeSpoolDirectory(parent);
  const dead = left('dead', { pid: endedPid(), host: hostname() });
  const elsewhere = left('elsewhere', { pid: endedPid(), host: `not-${hostname()}` });
  const beginning = left('beginning', undefined);
  const unlocked = left('unlocked', undefined);
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(unlocked, hourAgo, hourAgo);
  const outside = left('x', undefined).replace(parent, mkdtempSync(join(parent, 'other-')));
  mkdirSync(outside);
  symlinkSync(outside, join(parent, '.gausskeep-spool-link'));
  const spool = await makeSpoolDirectory(parent);
  expect([dead, unlocked].filter((path) => existsSync(path))).toEqual([]);
  for (const path of [alive.path, spool.path, elsewhere, beginning, outside]) expect(existsSync(path)).toBe(true);
});

it.each(['ENOSPC', 'EDQUOT'])(
  'says where it is and how to name another one where it has no room (%s)',
  async (code) => {
    const spool = await makeSpoolDirectory(parent);
    const full = Object.assign(new Error(`${code}: full, write`), { code });
    const failure = spool.failure(systemFailure('write', join(spool.path, '000000010000000000000001'), full));
    expect(failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE', context: { systemCode: code } });
    const { hint } = failure as BackupError;
    expect(render(hint ?? say('backup.incomplete'))).toContain(`"${parent}" until it is in the archive`);
    expect(render(hint ?? say('backup.incomplete'))).toContain('--spool');
    for (const other of [
      systemFailure('write', '/elsewhere', full),
      systemFailure('write', spool.path, Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' })),
      new Error('x'),
    ])
      expect(spool.failure(other)).toBe(other);
  },
);
