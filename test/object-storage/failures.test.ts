import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf, pieces, readAll } from '../contract/storage.contract.ts';
import {
  errorAnswer,
  FaultScript,
  lostAnswer,
  serverError,
  slowDown,
  tooManyRequests,
  type Fault,
} from '../support/object-store/fault-script.ts';
import { openStore, quickPatience } from '../support/object-store/open-store.ts';
import type { S3Operation } from '../support/object-store/s3-operation.ts';
import { forEachStore } from '../support/object-store/stores-under-test.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) & 0xff));

/** Each call of a storage that asks the store once, and what comes of it where nothing fails. */
const calls: Readonly<
  Record<
    string,
    { readonly operation: S3Operation; readonly run: (storage: Storage) => Promise<unknown>; readonly result: unknown }
  >
> = {
  put: { operation: 'PutObject', run: (storage) => storage.put('new', pieces('new')), result: { sizeBytes: 3 } },
  get: {
    operation: 'GetObject',
    run: async (storage) => (await readAll(storage, 'old')).equals(content),
    result: true,
  },
  stat: {
    operation: 'HeadObject',
    run: async (storage) => (await storage.stat('old'))?.sizeBytes,
    result: content.length,
  },
  list: { operation: 'ListObjectsV2', run: (storage) => namesOf(storage), result: ['old'] },
  delete: { operation: 'DeleteObject', run: (storage) => storage.delete('none'), result: undefined },
};

const passing: Readonly<Record<string, Fault>> = {
  '500': serverError,
  '503 SlowDown': slowDown,
  '429': tooManyRequests,
  '502 of a proxy': { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' },
  '504 without a body': { kind: 'answer', status: 504 },
  '400 RequestTimeout': errorAnswer(400, 'RequestTimeout'),
  'a reset before the request': { kind: 'reset', when: 'before' },
  'a connection that ends in the headers': { kind: 'short-body', bytes: 0 },
};

forEachStore((store) => {
  let script: FaultScript;
  let storage: Storage;
  let patience: ReturnType<typeof quickPatience>;
  /** The same place, for which a connection without a byte for so long is lost. A loaded machine may be as silent by itself. */
  let withSilence: (silenceMs: number) => Promise<Storage>;
  beforeEach(async () => {
    const { bucket, prefix } = await store.createFolder();
    script = await FaultScript.start(store.endpoint);
    patience = quickPatience();
    withSilence = (silenceMs) => openStore(script.endpoint, bucket, { prefix, patience: { ...patience, silenceMs } });
    storage = await openStore(script.endpoint, bucket, { prefix, patience });
    await storage.put('old', pieces(content, 65_536));
    script.begin();
  });
  afterEach(() => script.close());

  describe.each(Object.entries(calls))('%s', (name, { operation, run, result }) => {
    it.each(Object.entries(passing))('is made again after %s, and no oftener', async (_, fault) => {
      const hasBody = operation === 'GetObject' || operation === 'ListObjectsV2';
      if (fault.kind === 'short-body' && !hasBody) return;
      // An error that is an answer to HEAD has no name.
      if (operation === 'HeadObject' && fault.kind === 'answer' && fault.status === 400) return;
      script.begin({ operation, nth: [1, 2], fault });
      patience.pauses.length = 0;
      expect(await run(storage)).toEqual(result);
      expect(script.operations).toEqual([operation, operation, operation]);
      expect(patience.pauses).toEqual([100, 200]);
    });

    it('is made again after a silence', async () => {
      const impatient = await withSilence(300);
      script.begin({ operation, nth: 1, fault: { kind: 'stall', afterBytes: -1 } });
      expect(await run(impatient)).toEqual(result);
      expect(script.operations.slice(0, 2)).toEqual([operation, operation]);
      const others = script.operations.filter((one) => one !== operation);
      expect([...new Set(others)]).toEqual(name === 'put' ? ['GetObject'] : []);
    });

    it('gives up when its time is over', async () => {
      script.begin({ operation, fault: slowDown });
      const refusal = { code: 'STORAGE_UNAVAILABLE', retryable: true };
      await expect(run(storage)).rejects.toMatchObject(refusal);
      expect(script.count(operation)).toBe(18);
      expect(script.count()).toBe(18);
    });

    it.each([
      ['403 AccessDenied', errorAnswer(403, 'AccessDenied'), 'AUTHENTICATION'],
      ['404 NoSuchBucket', errorAnswer(404, 'NoSuchBucket'), 'REPOSITORY_NOT_FOUND'],
      ['400 InvalidArgument', errorAnswer(400, 'InvalidArgument'), 'STORAGE_UNAVAILABLE'],
    ])('is not made again after %s', async (_, fault, code) => {
      if (operation === 'HeadObject') return;
      if (operation === 'DeleteObject' && code === 'REPOSITORY_NOT_FOUND') return;
      script.begin({ fault });
      await expect(run(storage)).rejects.toMatchObject({ code });
      expect(script.operations).toEqual([operation]);
      expect(patience.pauses).toEqual([]);
    });
  });

  it('puts once more, with an MD5, after 400 InvalidRequest: a bucket that locks its objects wants one', async () => {
    script.begin({ fault: errorAnswer(400, 'InvalidRequest') });
    await expect(storage.put('new', pieces('new'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(script.operations).toEqual(['PutObject', 'PutObject']);
    const digests = script.requests.map(({ headers }) => headers['content-md5']);
    expect(digests).toEqual([undefined, createHash('md5').update('new').digest('base64')]);
    await expect(storage.put('new', pieces('new'))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(script.operations).toHaveLength(3);
  });

  it('stat asks once more, by GET, what a refused HEAD could not say', async () => {
    script.begin({ fault: errorAnswer(403, 'AccessDenied') });
    await expect(storage.stat('old')).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect(script.operations).toEqual(['HeadObject', 'GetObject']);
  });

  it('deletes once more after a lost answer', async () => {
    script.begin({ operation: 'DeleteObject', nth: 1, fault: lostAnswer });
    await storage.delete('old');
    expect(script.operations).toEqual(['DeleteObject', 'DeleteObject']);
    expect(await namesOf(storage)).toEqual([]);
  });

  it('an upload that breaks in its body is made again, and read back where it may have arrived', async () => {
    script.begin({ operation: 'PutObject', nth: [1, 2], fault: { kind: 'reset', when: 'in-body' } });
    expect(await storage.put('new', pieces(content, 50_000))).toEqual({ sizeBytes: content.length });
    expect(script.operations).toEqual(['PutObject', 'PutObject', 'PutObject']);
    expect((await readAll(storage, 'new')).equals(content)).toBe(true);
  });

  it('a refusal before the body was sent is told, not the broken pipe behind it', async () => {
    script.begin({ operation: 'PutObject', fault: { kind: 'early-answer', status: 403 } });
    const body = Buffer.alloc(20_000_000);
    await expect(storage.put('new', pieces(body, 1_000_000))).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect(script.operations).toEqual(['PutObject']);
  });

  it('a short body is read on from where it ended', async () => {
    script.begin(
      { nth: 1, fault: { kind: 'short-body', bytes: 100_000 } },
      { nth: 1, fault: { kind: 'short-body', bytes: 50_000 } },
    );
    expect((await readAll(storage, 'old')).equals(content)).toBe(true);
    expect(script.requests.map(({ headers }) => headers['range'])).toEqual([
      undefined,
      'bytes=100000-',
      'bytes=150000-',
    ]);
  });

  it('a short range is read on from where it ended, and ends where it should', async () => {
    script.begin({ nth: [1, 2], fault: { kind: 'short-body', bytes: 1000 } });
    const range = await readAll(storage, 'old', { offset: 5000, length: 10_000 });
    expect(range.equals(content.subarray(5000, 15_000))).toBe(true);
    const ranges = script.requests.map(({ headers }) => headers['range']);
    expect(ranges).toEqual(['bytes=5000-14999', 'bytes=6000-14999', 'bytes=7000-14999']);
  });

  it('a body that stalls in the middle is read on', async () => {
    const impatient = await withSilence(300);
    script.begin({ nth: 1, fault: { kind: 'stall', afterBytes: 120_000 } });
    expect((await readAll(impatient, 'old')).equals(content)).toBe(true);
    const ranges = script.requests.map(({ headers }) => headers['range']);
    expect(ranges.slice(0, 2)).toEqual([undefined, 'bytes=120000-']);
  });

  it('a slow drip is no silence', async () => {
    const impatient = await withSilence(2000);
    script.begin({ fault: { kind: 'drip', bytes: 30_000, everyMs: 250 } });
    expect((await readAll(impatient, 'old')).equals(content)).toBe(true);
    expect(script.operations).toEqual(['GetObject']);
  });

  it('a short listing is read again', async () => {
    for (const name of ['a', 'b', 'c']) await storage.put(name, pieces(name));
    script.begin({ operation: 'ListObjectsV2', nth: 1, fault: { kind: 'short-body', bytes: 200 } });
    expect(await namesOf(storage)).toEqual(['a', 'b', 'c', 'old']);
    expect(script.count()).toBe(2);
  });

  it('a signal ends the waiting', async () => {
    const controller = new AbortController();
    script.begin({ fault: { kind: 'stall', afterBytes: -1 } });
    const reading = storage.stat('old', { signal: controller.signal });
    await expect.poll(() => script.count(), { timeout: 120_000 }).toBe(1);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('sends a length, the hash of each body, and nothing that only newer stores know', async () => {
    await storage.put('new', pieces(content, 1000));
    await storage.put('empty', pieces(''));
    await readAll(storage, 'new', { offset: 3, length: 4 });
    await namesOf(storage);
    await storage.sweep();
    await storage.delete('new');
    expect(script.count()).toBe(6);
    for (const { method, headers } of script.requests) {
      expect(headers['x-amz-content-sha256']).toMatch(/^[0-9a-f]{64}$/);
      expect(headers).not.toHaveProperty('transfer-encoding');
      expect(headers).not.toHaveProperty('expect');
      expect(Object.keys(headers).filter((name) => /checksum|trailer|crc|decoded/.test(name))).toEqual([]);
      if (method === 'PUT') expect(headers).toHaveProperty('content-length');
    }
  });
});
