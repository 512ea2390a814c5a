import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { openRegular, openRegularSync, readRegular } from './open-regular.ts';

it('reads regular files, through links too, and nothing that could hold it for ever', async () => {
  const home = temporaryDirectory();
  const file = join(home, 'file');
  writeFileSync(file, 'content');
  symlinkSync(file, join(home, 'link'));
  execFileSync('mkfifo', [join(home, 'pipe')]);
  symlinkSync(join(home, 'pipe'), join(home, 'link-to-pipe'));
  mkdirSync(join(home, 'directory'));
  const socket = createServer().listen(join(home, 'socket'));
  await new Promise((resolve) => socket.once('listening', resolve));
  expect(readRegular(file).toString()).toBe('content');
  expect(readRegular(join(home, 'link')).toString()).toBe('content');
  for (const name of ['pipe', 'link-to-pipe', 'directory', 'socket']) {
    const refused = { code: 'STORAGE_UNAVAILABLE', sentence: { key: 'files.not-regular' } };
    await expect(openRegular(join(home, name))).rejects.toMatchObject(refused);
    expect(() => openRegularSync(join(home, name))).toThrow('is not a regular file');
  }
  for (const device of ['/dev/null', '/dev/zero']) expect(() => readRegular(device)).toThrow('not a regular file');
  expect(() => readRegular(join(home, 'absent'))).toThrow('ENOENT');
  expect(readRegular(file, 7).toString()).toBe('content');
  expect(() => readRegular(file, 6)).toThrow('larger than 6 bytes');
  await new Promise((resolve) => socket.close(resolve));
});
