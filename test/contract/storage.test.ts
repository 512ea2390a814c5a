import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { MemoryStorage } from '../../src/storage/memory-storage.ts';
import { storageContract } from './storage.contract.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-storage-'));
});
afterAll(async () => {
  await rm(parent, { recursive: true, force: true });
});

storageContract('memory', () => Promise.resolve(new MemoryStorage()));
storageContract('local directory', async () => openLocalStorage(await mkdtemp(join(parent, 'root-'))));
