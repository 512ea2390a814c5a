/** Retention with keys that may not delete: it is found out before anything is changed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanInstanceWal } from '../../src/expire/clean-wal.ts';
import { performExpire } from '../../src/expire/perform-expire.ts';
import { rehearseExpire } from '../../src/expire/rehearse-expire.ts';
import { planCleanup, performCleanup } from '../../src/archiving/cleanup-wal.ts';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import { openKnownInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import type { Instance } from '../../src/repository/instance.ts';
import { openPlace } from '../../src/storage/place.ts';
import { errorAnswer, FaultScript } from '../support/object-store/fault-script.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { SmallRepository } from '../support/small-repository.ts';

const dayMs = 24 * 60 * 60 * 1000;
const rules = { keepLast: 1, keepWithinMs: 0 };
const denied = errorAnswer(403, 'AccessDenied');

let server: S3Server;
let script: FaultScript;
let aheadMs = 0;

beforeEach(async () => {
  aheadMs = 0;
  server = await S3Server.start({ clock: () => Date.now() + aheadMs });
  server.createBucket('plain');
  server.createBucket('versioned', { versioned: true });
  script = await FaultScript.start(server.endpoint);
});
afterEach(async () => {
  await script.close();
  await server.close();
});

/** With two backups, of which the rules keep the later one. @returns its instance by the way of the script */
async function made(bucket: string, password?: string): Promise<Instance> {
  const small = await SmallRepository.make(await openStore(server.endpoint, bucket), password);
  for (const text of ['one', 'two']) await small.backup(new Map([['base/1/1', Buffer.alloc(50_000, text)]]));
  return opened(bucket, password);
}

async function opened(bucket: string, password?: string): Promise<Instance> {
  const given = password === undefined ? {} : { password: () => Promise.resolve(password) };
  return openKnownInstance(await openRepository(await openStore(script.endpoint, bucket), given), 'orders');
}

async function count(instance: Instance): Promise<readonly [there: number, removed: number]> {
  const { backups, removed } = await readCatalogue(instance.storage);
  return [backups.length, removed.length];
}

describe('credentials that may not delete', () => {
  for (const [bucket, password] of [
    ['plain', undefined],
    ['versioned', undefined],
    ['plain', 'secret'],
  ] as const) {
    it(`are found out before anything is changed: ${bucket}, ${password ?? 'not encrypted'}`, async () => {
      const instance = await made(bucket, password);
      const before = server.keys(bucket);
      script.rules = [{ operation: 'DeleteObject', fault: denied }];
      const refused = { code: 'AUTHENTICATION', sentence: { key: 'deletion.refused' } };
      await expect(performExpire({ instance, rules })).rejects.toMatchObject(refused);
      await expect(cleanInstanceWal({ instance })).rejects.toMatchObject(refused);
      const rehearsed = await rehearseExpire({ instance, rules }, instance.storage.nowMs ?? 0);
      expect(rehearsed.deletion).toEqual({ refusedIn: 'packs/' });
      expect(server.keys(bucket)).toEqual(before);
      expect(await count(instance)).toEqual([2, 0]);
      script.rules = [];
      expect((await rehearseExpire({ instance, rules }, instance.storage.nowMs ?? 0)).deletion).toBe('allowed');
      expect(server.keys(bucket)).toEqual(before);
      await performExpire({ instance, rules });
      expect(await count(instance)).toEqual([1, 1]);
    });
  }

  it('by folder: what is denied where WAL or commits lie alone is found out too', async () => {
    const instance = await made('plain');
    const before = server.keys('plain');
    for (const key of [/\/wal\//, /\/commits\//, /\/packs\//]) {
      script.rules = [{ operation: 'DeleteObject', key, fault: denied }];
      await expect(performExpire({ instance, rules })).rejects.toMatchObject({ sentence: { key: 'deletion.refused' } });
      expect(server.keys('plain')).toEqual(before);
    }
  });

  it('refused in the middle: it is said what was done, and the next run comes to the end', async () => {
    const instance = await made('plain');
    await performExpire({ instance, rules });
    aheadMs = 25 * 60 * 60 * 1000;
    const small = await opened('plain');
    // One that allows the first, which asks, and refuses the next.
    script.rules = [{ operation: 'DeleteObject', key: /\/packs\//, nth: [2, 3, 4, 5], fault: denied }];
    const running = performExpire({ instance: small, rules });
    await expect(running).rejects.toMatchObject({
      code: 'AUTHENTICATION',
      sentence: { key: 'deletion.refused-midway', parameters: { takenOff: 0, deleted: 1 } },
    });
    expect(await count(small)).toEqual([1, 0]);
    script.rules = [];
    const again = await performExpire({ instance: await opened('plain'), rules });
    expect(again.packs).toBeGreaterThan(0);
    expect(server.keys('plain').filter((key) => key.includes('/removals/'))).toEqual([]);
  });

  it('a WAL archive alone: not a standby is noted', async () => {
    const instance = await made('plain');
    const { storage } = await openPlace(instance.wal);
    const segments = server.keys('plain').filter((key) => key.endsWith('.receipt'));
    const oldest = segments.at(-1)?.split('/').at(-1)?.slice(0, 24) ?? '';
    const before = server.keys('plain');
    script.rules = [{ operation: 'DeleteObject', fault: denied }];
    const plan = await planCleanup({ storage, oldest, hold: 'standby' });
    await expect(performCleanup(storage, plan)).rejects.toMatchObject({ sentence: { key: 'deletion.refused' } });
    expect(server.keys('plain')).toEqual(before);
  });
});

describe('a store whose clock is ahead', () => {
  it('a dry run goes by that clock, as the run itself', async () => {
    await made('plain');
    aheadMs = 40 * dayMs;
    const instance = await opened('plain');
    const nowMs = instance.storage.nowMs ?? 0;
    expect(Math.abs(nowMs - Date.now() - aheadMs)).toBeLessThan(60_000);
    const window = { keepWindowMs: 10 * dayMs };
    const rehearsed = await rehearseExpire({ instance, rules: window }, nowMs);
    expect(rehearsed.plan.map(({ keep }) => keep)).toEqual([false, true]);
    const run = await performExpire({ instance, rules: window });
    expect(run.plan.map(({ keep }) => keep)).toEqual([false, true]);
    expect((await cleanInstanceWal({ instance, dryRun: true })).isUnclear).toBe(false);
  });
});
