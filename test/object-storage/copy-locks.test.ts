/** `repo copy` into a bucket with object lock. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyRepository } from '../../src/copying/copy-repository.ts';
import { packName } from '../../src/packs/chunk-ref.ts';
import { openContent } from '../../src/packs/content-reader.ts';
import { initRepository } from '../../src/repository/init-repository.ts';
import { openKnownInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { SmallRepository } from '../support/small-repository.ts';

const dayMs = 24 * 60 * 60 * 1000;
let server: S3Server;
let movedMs = 0;

beforeEach(async () => {
  movedMs = 0;
  server = await S3Server.start({ clock: () => Date.now() + movedMs });
  server.createBucket('locked', { objectLock: true });
});
afterEach(() => server.close());

it('a backup that comes locks all that it needs of what was there, for as long as itself', async () => {
  const small = await SmallRepository.make(new MemoryStorage(() => Date.now() + movedMs));
  const backup = () => small.backup(new Map([['base/1/1', Buffer.alloc(100_000, 'the same')]]));
  await backup();
  await initRepository(await openStore(server.endpoint, 'locked'), { lock: { mode: 'COMPLIANCE', days: 30 } });
  const copy = async () => {
    const target = await openRepository(await openStore(server.endpoint, 'locked'));
    const { instances } = await copyRepository({ source: small.repository, target });
    expect(instances[0]?.failure).toBeUndefined();
    return openKnownInstance(target, 'orders');
  };
  await copy();
  movedMs = 20 * dayMs;
  const { commit } = await backup();
  const began = Date.now() + movedMs;
  const { storage } = await copy();
  const { root } = await openContent(storage, commit.root);
  const others = root.packs.entries.filter(({ pack }) => pack.backup !== commit.backup);
  expect(others.length).toBeGreaterThan(0);
  for (const { pack } of [...root.packs.entries, ...commit.rootPacks]) {
    const until = await storage.lock?.lockedUntil(packName(pack));
    expect(until, packName(pack)).toBeGreaterThanOrEqual(began + 30 * dayMs - 2000);
  }
  expect(await storage.lock?.lockedUntil('instance.json')).toBeGreaterThanOrEqual(began + 30 * dayMs - 2000);
});
