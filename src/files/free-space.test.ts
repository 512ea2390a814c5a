import { statfs } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { freeSpace } from './free-space.ts';

it('what a server may use leaves out what the file system keeps for root', async () => {
  const directory = temporaryDirectory();
  const { bavail, bfree, bsize } = await statfs(directory, { bigint: true });
  // Others write meanwhile: the reserve is what tells the two apart, where there is one.
  const [own, server] = [await freeSpace(fromText(directory)), await freeSpace(fromText(directory), 'server')];
  const reserve = process.geteuid?.() === 0 ? (bfree - bavail) * bsize : 0n;
  const slack = 1n << 30n;
  const told = own.freeBytes - server.freeBytes;
  expect(told >= reserve - slack && told <= reserve + slack, `${told} of ${reserve}`).toBe(true);
  expect(server.device).toBe(own.device);
});
