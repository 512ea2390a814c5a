import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { framedStorage } from '../../src/sealed/framed-storage.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { openRetrying } from '../../src/storage/retrying-storage.ts';
import { storageBelow } from '../../src/storage/storage-below.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { storageContract } from './storage.contract.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-storage-'));
});
afterAll(async () => {
  await rm(parent, { recursive: true, force: true });
});

storageContract('memory', () => Promise.resolve(new MemoryStorage()));
storageContract('memory with a clock', () => Promise.resolve(new MemoryStorage(Date.now)));
storageContract('retrying, where the first call for each name fails', () => {
  const seen = new Set<string>();
  const inner = new FaultyStorage(new MemoryStorage(), (call, name) => {
    const key = `${call} ${name}`;
    if (seen.has(key)) return undefined;
    seen.add(key);
    return 'fail';
  });
  return openRetrying(() => Promise.resolve(inner), { forMs: 60_000, pause: () => Promise.resolve() });
});
storageContract('local directory', async () => openLocalStorage(await mkdtemp(join(parent, 'root-'))));
storageContract('a folder of another', () => Promise.resolve(storageBelow(new MemoryStorage(), 'a/b/')));
storageContract('frames with checksums', async () => {
  const inner = await openLocalStorage(await mkdtemp(join(parent, 'root-')));
  return framedStorage(inner, { kind: 'checksums', repository: 'ab'.repeat(16) });
});
storageContract('encrypted frames and names', async () => {
  const inner = await openLocalStorage(await mkdtemp(join(parent, 'root-')));
  return framedStorage(storageBelow(inner, 'objects/'), { kind: 'encrypted', master: Buffer.alloc(32, 7) });
});
