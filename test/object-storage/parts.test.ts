import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteSource } from '../../src/bytes/byte-reader.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { errorAnswer, errorIn200, FaultScript, lostAnswer, serverError } from '../support/object-store/fault-script.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { askStore } from '../support/object-store/signed-request.ts';
import { forEachStore } from '../support/object-store/stores-under-test.ts';

const mebibyte = 1024 * 1024;
/** Two parts: 64 MiB and 1 MiB and a bit. */
const size = 65 * mebibyte + 12_345;

/** Views of one buffer that is used again for each: what a reader of files gives. */
function reused(marker: number, sizeBytes = size): () => ByteSource {
  return async function* () {
    const buffer = Buffer.alloc(mebibyte);
    for (let at = 0; at < sizeBytes; at += mebibyte) {
      await Promise.resolve();
      buffer.fill((at / mebibyte + marker) & 0xff);
      yield buffer.subarray(0, Math.min(mebibyte, sizeBytes - at));
    }
    buffer.fill(0xff);
  };
}

async function digest(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of source) hash.update(piece);
  return hash.digest('hex');
}

forEachStore((store) => {
  it('stores what is larger than one request, whole, from a source whose pieces do not last', async () => {
    const { bucket, prefix } = await store.createFolder();
    const script = await FaultScript.start(store.endpoint);
    const storage = await openStore(script.endpoint, bucket, { prefix });
    script.begin();
    expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
    const ofStore = {
      always: ['CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload'],
      single: ['PutObject'],
    };
    expect(script.operations).toEqual(ofStore[store.conditions]);
    expect(await digest(storage.get('large'))).toBe(await digest(reused(1)()));
    script.begin();
    await expect(storage.put('large', reused(2))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(await digest(storage.get('large', { offset: 64 * mebibyte }))).toBe(
      await digest(reused(65, size - 64 * mebibyte)()),
    );
    await script.close();
  });
});

describe('parts', () => {
  let server: S3Server;
  let script: FaultScript;
  let storage: Storage;
  beforeEach(async () => {
    server = await S3Server.start();
    server.createBucket('bucket');
    script = await FaultScript.start(server.endpoint);
    storage = await openStore(script.endpoint, 'bucket');
    await storage.prepare!();
    script.begin();
  });
  afterEach(async () => {
    await script.close();
    await server.close();
  });

  const hasLarge = (marker: number): Promise<void> =>
    Promise.all([digest(storage.get('large')), digest(reused(marker)())]).then(([found, wanted]) => {
      expect(found).toBe(wanted);
    });

  it('of which one fails are sent again one by one', async () => {
    script.begin({ operation: 'UploadPart', nth: [1, 3], fault: serverError });
    expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
    expect(script.count('UploadPart')).toBe(4);
    expect(script.count('CreateMultipartUpload')).toBe(1);
    await hasLarge(1);
  });

  it('whose completing says 200 and fails are completed again', async () => {
    script.begin({ operation: 'CompleteMultipartUpload', nth: [1, 2], fault: errorIn200('InternalError') });
    expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
    expect(script.count('CompleteMultipartUpload')).toBe(3);
    expect(server.uploads('bucket')).toEqual([]);
    await hasLarge(1);
  });

  it('whose completing says 200 and is refused are given up, and taken back', async () => {
    script.begin({ operation: 'CompleteMultipartUpload', fault: errorIn200('AccessDenied') });
    await expect(storage.put('large', reused(1))).rejects.toMatchObject({ code: expect.any(String) as string });
    expect(script.count('CompleteMultipartUpload')).toBe(1);
    expect(server.uploads('bucket')).toEqual([]);
    expect(await storage.stat('large')).toBeUndefined();
  });

  it.each([
    ['lost', lostAnswer],
    ['an error in 200', errorIn200('InternalError', true)],
  ])('whose completing was done and its answer %s are recognised', async (_, fault) => {
    script.begin({ operation: 'CompleteMultipartUpload', nth: 1, fault });
    expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
    expect(script.count('CompleteMultipartUpload')).toBe(2);
    expect(script.count('UploadPart')).toBe(2);
    await hasLarge(1);
  });

  it('begin anew after 409, and end in an object or in a name that is taken', async () => {
    const conflict = errorAnswer(409, 'ConditionalRequestConflict');
    script.begin({ operation: 'CompleteMultipartUpload', nth: 1, fault: conflict });
    expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
    expect(script.count('CreateMultipartUpload')).toBe(2);
    expect(server.uploads('bucket')).toEqual([]);
    await hasLarge(1);
    script.begin({ operation: 'CompleteMultipartUpload', nth: 1, fault: conflict });
    await expect(storage.put('large', reused(2))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(server.uploads('bucket')).toEqual([]);
    await hasLarge(1);
  });

  it('of two writers become one object, and the other is told', async () => {
    const results = await Promise.allSettled([storage.put('large', reused(1)), storage.put('large', reused(2))]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await hasLarge(results[0].status === 'fulfilled' ? 1 : 2);
    const refused = results.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(server.uploads('bucket')).toEqual([]);
  });

  it('are taken back when the source breaks, and when the run is ended', async () => {
    const controller = new AbortController();
    const breaking = (stop: () => void) =>
      async function* () {
        yield* reused(1)();
        await Promise.resolve();
        stop();
        yield* reused(2)();
      };
    const broken = breaking(() => {
      throw new Error('source broke');
    });
    await expect(storage.put('large', broken)).rejects.toThrow('source broke');
    expect(server.uploads('bucket')).toEqual([]);
    const ended = storage.put(
      'large',
      breaking(() => controller.abort()),
      { signal: controller.signal },
    );
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => server.uploads('bucket'), { timeout: 120_000 }).toEqual([]);
    expect(await storage.stat('large')).toBeUndefined();
  });

  it('with ETags that are no MD5 are put together all the same', async () => {
    server.behaviour.opaqueEtags = true;
    await storage.put('large', reused(1));
    await hasLarge(1);
  });

  it('that nobody finished are swept by the clock of the store, in pages, and only those that are idle', async () => {
    server.behaviour.pageSize = 2;
    for (const key of ['a', 'a', 'b/c%20d%2B%C3%A9', 'd', 'e']) {
      expect(await askStore(server.endpoint, 'POST', `/bucket/${key}?uploads=`)).toMatchObject({ status: 200 });
    }
    expect(server.uploads('bucket')).toHaveLength(5);
    expect(await storage.sweep()).toBe(0);
    server.clock = () => Date.now() + 25 * 3_600_000;
    const young = server.uploads('bucket')[4]!;
    server.bucket('bucket').uploads.set(young.id, { ...young, begunAtMs: server.clock() - 60_000 });
    expect(await storage.sweep()).toBe(4);
    expect(server.uploads('bucket').map(({ key }) => key)).toEqual(['e']);
    expect(await storage.sweep({ idleMs: 0 })).toBe(1);
  });
});

it('a store whose condition holds for one request only gets one, of any size, and nothing of it is overwritten', async () => {
  const server = await S3Server.start({ conditions: 'single' });
  server.createBucket('bucket');
  const script = await FaultScript.start(server.endpoint);
  const storage = await openStore(script.endpoint, 'bucket');
  await storage.prepare!();
  script.begin({ operation: 'PutObject', nth: 1, fault: lostAnswer });
  expect(await storage.put('large', reused(1))).toEqual({ sizeBytes: size });
  expect(script.operations).toEqual(['PutObject', 'PutObject', 'GetObject']);
  await expect(storage.put('large', reused(2))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
  expect(await digest(storage.get('large'))).toBe(await digest(reused(1)()));
  await script.close();
  await server.close();
});
