import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../../test/support/byte-pieces.ts';
import { S3Server, testAccount } from '../../../test/support/object-store/s3-server.ts';
import { onePiece } from '../../bytes/one-piece.ts';
import { deleteUnlessLocked } from '../object-lock.ts';
import { storageBelow } from '../storage-below.ts';
import type { LockWish, Storage } from '../storage.ts';
import { openS3Storage } from './s3-storage.ts';

const dayMs = 24 * 60 * 60 * 1000;
const wish: LockWish = { mode: 'GOVERNANCE', days: 30 };
let server: S3Server;
let nowMs: number;
beforeEach(async () => {
  // Three days behind this host, so that whose clock counts is seen.
  nowMs = Date.now() - 3 * dayMs;
  server = await S3Server.start({ clock: () => nowMs });
  server.createBucket('locked', { objectLock: true });
});
afterEach(() => server.close());

const open = (bucket = 'locked', account = testAccount): Promise<Storage> =>
  openS3Storage(`s3://${bucket}/place?endpoint=${server.endpoint}&http=yes`, {
    credentials: () => Promise.resolve(account),
  });
async function prepared(lock: LockWish | undefined = wish): Promise<Storage> {
  const storage = await open();
  await storage.prepare?.({ lock });
  return storage;
}
const rejection = (promise: Promise<unknown> | undefined): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
const put = (storage: Storage, name: string, text = name) => storage.put(name, () => onePiece(Buffer.from(text)));
const text = async (storage: Storage, name: string) => (await collect(storage.get(name))).toString();
const versions = (name: string) => server.bucket('locked').versionsOf(`place/${name}`);
const lastingDays = (name: string) =>
  versions(name).map(({ retention }) => ((retention?.untilMs ?? Number.NaN) - nowMs) / dayMs);

describe('object lock', () => {
  it('locks every object that is put, large ones too, for days by the clock of the store', async () => {
    const storage = await prepared();
    await put(storage, 'small');
    await storage.put('large', async function* () {
      for (let count = 0; count < 65; count += 1) yield await Promise.resolve(Buffer.alloc(1024 * 1024, count));
    });
    for (const name of ['small', 'large', 'gausskeep-storage.json']) {
      const [days, ...others] = lastingDays(name);
      expect([days! >= 30 && days! < 30.1, others]).toEqual([true, []]);
      expect(versions(name)[0]?.retention?.mode).toBe('GOVERNANCE');
    }
    expect(storage.lock?.lockedForMs).toBe(30 * dayMs);
    // What the probe put is not locked, and gone.
    expect(server.keys('locked').filter((key) => key.includes('probe'))).toEqual([]);
  });

  it('that a bucket does by itself from later on keeps nobody from putting, and is found by who deletes', async () => {
    server.createBucket('later', { versioned: true });
    const storage = await open('later');
    await storage.prepare?.();
    expect(storage.lock).toBeUndefined();
    server.bucket('later').defaultRetention = { mode: 'COMPLIANCE', days: 7 };
    await put(storage, 'object');
    const again = await open('later');
    await put(again, 'other');
    const until = await deleteUnlessLocked(again, 'object');
    expect(Math.round(((until ?? 0) - nowMs) / dayMs)).toBe(7);
    expect(await text(again, 'object')).toBe('object');
  });

  it('a legal hold is told as what it is: it has no date', async () => {
    server.createBucket('held', { versioned: true });
    const storage = await open('held');
    await put(storage, 'object');
    const writer = { accessKeyId: 'writer', secretAccessKey: 'secret', denied: ['DeleteObject'] as const };
    server.accounts.set('writer', writer);
    const [version] = server.bucket('held').versionsOf('place/object');
    Object.assign(version!.headers, { 'x-amz-object-lock-legal-hold': 'ON' });
    const refused = await open('held', writer);
    expect(await rejection(refused.delete('object'))).toMatchObject({ sentence: { key: 'lock.legal-hold' } });
    expect(await rejection(deleteUnlessLocked(refused, 'object'))).toMatchObject({ code: 'AUTHENTICATION' });
  });

  it('says the same to the next one who opens the place, and refuses another wish', async () => {
    await prepared();
    const storage = await open();
    await put(storage, 'later');
    expect(lastingDays('later')[0]).toBeGreaterThan(30);
    const error = await rejection(storage.prepare?.({ lock: { mode: 'COMPLIANCE', days: 7 } }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(error)).toContain('objects of s3://locked/place are locked for 30 days (governance)');
  });

  it('refuses what the bucket cannot do, before anything is put', async () => {
    server.createBucket('plain');
    const storage = await open('plain');
    expect(await rejection(storage.prepare?.({ lock: wish }))).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(server.keys('plain')).toEqual([]);
  });

  it('does as the bucket does by itself where nothing else is said', async () => {
    server.bucket('locked').defaultRetention = { mode: 'COMPLIANCE', days: 7 };
    const storage = await open();
    await put(storage, 'object');
    expect(storage.lock?.lockedForMs).toBe(7 * dayMs);
    expect(lastingDays('object')[0]).toBeGreaterThan(7);
    expect(versions('object')[0]?.retention?.mode).toBe('COMPLIANCE');
    expect(storage.abilities.putOnce).toBe(true);
  });

  it('leaves a locked object as it is, and deletes all of it afterwards', async () => {
    const storage = await prepared();
    await put(storage, 'object');
    const error = await rejection(storage.delete('object'));
    expect(error).toMatchObject({ code: 'LOCKED', kind: 'object-locked', retryable: false });
    expect(await text(storage, 'object')).toBe('object');
    const until = await deleteUnlessLocked(storage, 'object');
    expect(until).toBe(await storage.lock?.lockedUntil('object'));
    expect([until! - nowMs > 30 * dayMs, versions('object').length]).toEqual([true, 1]);
    nowMs = until! + 1;
    expect(await storage.lock?.lockedUntil('object')).toBeUndefined();
    expect(await deleteUnlessLocked(storage, 'object')).toBeUndefined();
    expect(versions('object')).toEqual([]);
    await storage.delete('object');
    expect(await storage.lock?.lockedUntil('object')).toBeUndefined();
  });

  it('extends, and never shortens', async () => {
    const storage = await prepared();
    await put(storage, 'object');
    const [before] = lastingDays('object');
    await storage.lock?.extend('object', { leastMs: nowMs + 20 * dayMs, untilMs: nowMs + 25 * dayMs });
    expect(lastingDays('object')).toEqual([before]);
    await storage.lock?.extend('object', { leastMs: nowMs + 40 * dayMs, untilMs: nowMs + 50 * dayMs });
    expect(lastingDays('object')[0]).toBeCloseTo(50, 3);
    await storage.lock?.extend('object', { leastMs: nowMs + 45 * dayMs, untilMs: nowMs + 46 * dayMs });
    expect(lastingDays('object')[0]).toBeCloseTo(50, 3);
    const missing = storage.lock?.extend('missing', { leastMs: nowMs + dayMs, untilMs: nowMs + dayMs });
    expect(await rejection(missing)).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  it('is that of the whole for what lies below a folder', async () => {
    const storage = await prepared();
    const below = storageBelow(storage, 'folder/');
    await put(below, 'object');
    await below.lock?.extend('object', { leastMs: nowMs + 40 * dayMs, untilMs: nowMs + 40 * dayMs });
    expect(await below.lock?.lockedUntil('object')).toBe(await storage.lock?.lockedUntil('folder/object'));
    expect(lastingDays('folder/object')[0]).toBeCloseTo(40, 3);
  });
});

describe('versions', () => {
  it('frees what it deletes in a bucket that keeps versions', async () => {
    server.createBucket('kept', { versioned: true });
    const storage = await open('kept');
    await put(storage, 'object');
    await put(storage, 'object.longer');
    await storage.delete('object');
    expect(server.bucket('kept').versionsOf('place/object')).toEqual([]);
    expect(await text(storage, 'object.longer')).toBe('object.longer');
  });

  it('deletes also what lies under a delete marker or another version', async () => {
    const storage = await prepared();
    await put(storage, 'hidden');
    await put(storage, 'overwritten');
    server.bucket('locked').remove('place/hidden');
    server.write('locked', 'place/overwritten', 'something else');
    expect(await deleteUnlessLocked(storage, 'overwritten')).toBeGreaterThan(nowMs);
    expect(versions('overwritten').map(({ body }) => body?.toString())).toEqual(['overwritten', 'something else']);
    nowMs += 31 * dayMs;
    await storage.delete('hidden');
    await storage.delete('overwritten');
    expect([versions('hidden'), versions('overwritten')]).toEqual([[], []]);
  });

  it('tells a missing right from a lock', async () => {
    const storage = await prepared();
    await put(storage, 'object');
    server.accounts.set('writer', { accessKeyId: 'writer', secretAccessKey: 'secret', denied: ['DeleteObject'] });
    const writer = await open('locked', server.accounts.get('writer'));
    expect(await deleteUnlessLocked(writer, 'object')).toBeGreaterThan(nowMs);
    nowMs += 31 * dayMs;
    expect(await rejection(deleteUnlessLocked(writer, 'object'))).toMatchObject({ code: 'AUTHENTICATION' });
    expect(await text(storage, 'object')).toBe('object');
  });
});
