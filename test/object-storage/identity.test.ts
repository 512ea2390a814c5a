import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openS3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf, pieces, readAll } from '../contract/storage.contract.ts';
import { FaultScript } from '../support/object-store/fault-script.ts';
import { openStore, quickPatience } from '../support/object-store/open-store.ts';
import { S3Server, testAccount } from '../support/object-store/s3-server.ts';
import { placeAt } from '../support/object-store/stores-under-test.ts';

let server: S3Server;
let script: FaultScript;
beforeEach(async () => {
  server = await S3Server.start();
  server.createBucket('bucket');
  script = await FaultScript.start(server.endpoint);
});
afterEach(async () => {
  await script.close();
  await server.close();
});

describe('a clock that is off', () => {
  const hourMs = 3_600_000;

  it.each([-hourMs, hourMs, 16 * 60_000])(
    'by %i ms is corrected once, and holds for all that follows',
    async (offMs) => {
      server.clock = () => Date.now() + offMs;
      const storage = await openStore(script.endpoint, 'bucket');
      expect(script.operations).toEqual(['GetObject', 'GetObject']);
      script.begin();
      await storage.put('x', pieces('1'));
      expect(script.requests.filter(({ storeStatus }) => storeStatus === 403)).toEqual([]);
      script.begin();
      const { storedAtMs } = (await storage.stat('x'))!;
      expect(script.count()).toBe(1);
      // By the clock of the store: that is what ages are compared by.
      expect(Math.abs(storedAtMs! - server.clock())).toBeLessThan(120_000);
    },
  );

  it('that jumps while it works is corrected again, also where HEAD is the first to be refused', async () => {
    const storage = await openStore(script.endpoint, 'bucket');
    await storage.put('x', pieces('1'));
    server.clock = () => Date.now() + hourMs;
    expect(await storage.stat('x')).toMatchObject({ sizeBytes: 1 });
    server.clock = () => Date.now() - hourMs;
    await storage.delete('x');
    server.clock = Date.now;
    expect(await namesOf(storage)).toEqual([]);
  });

  it('and is refused after it was corrected as well is told', async () => {
    const storage = await openStore(script.endpoint, 'bucket');
    let hours = 0;
    server.clock = () => Date.now() + (hours += 1) * hourMs;
    await expect(readAll(storage, 'x')).rejects.toMatchObject({ code: 'CLOCK' });
    expect(server.count('GetObject')).toBe(3);
  });
});

describe('credentials that end', () => {
  const first = { accessKeyId: 'FIRST', secretAccessKey: 'secret one', sessionToken: 'token one' };
  const second = { accessKeyId: 'SECOND', secretAccessKey: 'secret two', sessionToken: 'token two' };
  let asked: boolean[];
  const credentials = (renew = false): Promise<typeof first> => {
    asked.push(renew);
    return Promise.resolve(asked.includes(true) ? second : first);
  };
  let storage: Storage;
  beforeEach(async () => {
    asked = [];
    server.accounts.set('FIRST', first);
    server.accounts.set('SECOND', second);
    storage = await openStore(script.endpoint, 'bucket', { credentials });
    await storage.put('x', pieces('1'));
    script.begin();
    asked = [];
    server.accounts.set('FIRST', { ...first, expiresAtMs: 0 });
  });

  it.each<[string, (one: Storage) => Promise<unknown>, unknown]>([
    ['put', (one) => one.put('y', pieces('22')), { sizeBytes: 2 }],
    ['get', async (one) => (await readAll(one, 'x')).toString(), '1'],
    ['list', (one) => namesOf(one), ['x']],
  ])('are asked for anew, once: %s', async (_, run, result) => {
    expect(await run(storage)).toEqual(result);
    expect(asked).toEqual([false, true]);
    expect(script.count()).toBe(2);
  });

  it('are asked for anew where HEAD is the first to be refused', async () => {
    expect(await storage.stat('x')).toMatchObject({ sizeBytes: 1 });
    expect(script.operations).toEqual(['HeadObject', 'GetObject', 'GetObject', 'HeadObject']);
  });

  it('and are still refused are told, without anything of them', async () => {
    server.accounts.set('SECOND', { ...second, expiresAtMs: 0 });
    const told = await storage.put('y', pieces('1')).catch((error: unknown) => error);
    expect(told).toMatchObject({ code: 'AUTHENTICATION' });
    expect(script.count()).toBe(2);
    expectNoSecret(told, ['secret one', 'secret two', 'token one', 'token two', 'FIRST', 'SECOND']);
  });
});

describe('who is refused', () => {
  it.each([
    ['wrong-secret', { accessKeyId: 'testaccess', secretAccessKey: 'wrong secret' }, /signature/],
    ['unknown-key', { accessKeyId: 'UNKNOWNKEY', secretAccessKey: 'wrong secret' }, /does not know the access key/],
  ])('%s: one request, one sentence, no secret', async (_, account, sentence) => {
    const opening = openStore(script.endpoint, 'bucket', { credentials: () => Promise.resolve(account) });
    const told = await opening.catch((error: unknown) => error);
    expect(told).toMatchObject({ code: 'AUTHENTICATION', message: expect.stringMatching(sentence) as string });
    expect(script.count()).toBe(1);
    expectNoSecret(told, ['wrong secret', 'UNKNOWNKEY']);
  });

  it('one who may put and not delete is told when it deletes', async () => {
    server.accounts.set('testaccess', { ...testAccount, denied: ['DeleteObject', 'DeleteObjects'] });
    const storage = await openStore(script.endpoint, 'bucket');
    await storage.put('x', pieces('1'));
    await expect(storage.delete('x')).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect((await readAll(storage, 'x')).toString()).toBe('1');
  });

  it('one who may not list is not told of a missing object that it is missing', async () => {
    server.accounts.set('testaccess', { ...testAccount, denied: ['ListObjectsV2'] });
    const opening = openStore(script.endpoint, 'bucket');
    await expect(opening).rejects.toMatchObject({ code: 'AUTHENTICATION' });
  });

  it('nobody who says who they are: no request at all', async () => {
    const place = placeAt(script.endpoint, 'bucket', { credentialsFile: '/nonexistent/credentials', profile: 'none' });
    const opening = openS3Storage(place, { patience: quickPatience() });
    await expect(opening).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect(script.count()).toBe(0);
  });
});

/** Nothing of it is in the error, in what it carries, or in its stack. */
function expectNoSecret(error: unknown, secrets: readonly string[]): void {
  const seen: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) {
    seen.push(String(one.stack), JSON.stringify(one), JSON.stringify(Object.values(one)));
  }
  for (const secret of secrets) expect(seen.join('\n')).not.toContain(secret);
}
