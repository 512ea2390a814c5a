import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRecord } from '../../src/storage/s3/storage-record.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { pieces, readAll } from '../contract/storage.contract.ts';
import type { Conditions } from '../support/object-store/exchange.ts';
import {
  errorAnswer,
  FaultScript,
  lostAnswer,
  serverError,
  type FaultRule,
} from '../support/object-store/fault-script.ts';
import { openStore, quickPatience } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { askStore } from '../support/object-store/signed-request.ts';
import { forEachStore, type Folder } from '../support/object-store/stores-under-test.ts';

const recordName = 'gausskeep-storage.json';

async function recordOf(endpoint: string, bucket: string): Promise<Record<string, unknown>> {
  const { body } = await askStore(endpoint, 'GET', `/${bucket}/${recordName}`);
  return JSON.parse(body.toString()) as Record<string, unknown>;
}

forEachStore((store) => {
  describe('what the probe finds', () => {
    it('is what the store does, and leaves nothing behind', async () => {
      const bucket = await store.createBucket();
      const storage = await openStore(store.endpoint, bucket);
      expect(storage.abilities).toMatchObject({ putOnce: false });
      await storage.prepare!();
      expect(storage.abilities).toMatchObject({ putOnce: true, lock: false });
      expect(await recordOf(store.endpoint, bucket)).toMatchObject({
        putOnce: store.conditions,
        host: null,
        lock: null,
      });
      const left = (await askStore(store.endpoint, 'GET', `/${bucket}?list-type=2`)).body.toString();
      expect([...left.matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => match[1])).toEqual([recordName]);
      expect((await askStore(store.endpoint, 'GET', `/${bucket}?uploads=`)).body.toString()).not.toContain('<Upload>');
    });

    it('is found once: whoever comes next reads it, and many at once agree', async () => {
      const bucket = await store.createBucket();
      const script = await FaultScript.start(store.endpoint);
      const storages = await Promise.all(Array.from({ length: 4 }, () => openStore(script.endpoint, bucket)));
      await Promise.all(storages.map((one) => one.prepare!()));
      for (const one of storages) expect(one.abilities.putOnce).toBe(true);
      script.begin();
      const next = await openStore(script.endpoint, bucket);
      await next.put('x', pieces('1'));
      expect(script.operations).toEqual(['GetObject', 'PutObject']);
      await script.close();
    });
  });

  describe('puts of one name', () => {
    it('of 50 at once exactly one resolves', async () => {
      const bucket = await store.createBucket();
      const storages = await Promise.all(Array.from({ length: 5 }, () => openStore(store.endpoint, bucket)));
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, index) => storages[index % 5]!.put('x', pieces(`body ${index}`))),
      );
      const won = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
      expect(won).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'OBJECT_EXISTS' });
      }
      expect((await readAll(storages[0]!, 'x')).toString()).toBe(`body ${won[0]}`);
    });
  });

  describe('through a network that loses answers', () => {
    let script: FaultScript;
    let storage: Storage;
    let folder: Folder;
    beforeEach(async () => {
      folder = await store.createFolder();
      script = await FaultScript.start(store.endpoint);
      storage = await openStore(script.endpoint, folder.bucket, { prefix: folder.prefix });
      script.begin();
    });
    afterEach(() => script.close());

    it('a put whose answer was lost is recognised by what is there', async () => {
      script.begin({ operation: 'PutObject', nth: 1, fault: lostAnswer });
      expect(await storage.put('x', pieces('mine'))).toEqual({ sizeBytes: 4 });
      expect(script.operations).toEqual(['PutObject', 'PutObject', 'GetObject']);
      expect(script.requests[1]).toMatchObject({ storeStatus: 412 });
    });

    it('an answer that is no answer of a store counts as lost', async () => {
      const fault: FaultRule['fault'] = { kind: 'answer', status: 502, body: '<html>bad gateway</html>', passOn: true };
      script.begin({ operation: 'PutObject', nth: [1, 2], fault });
      expect(await storage.put('x', pieces('mine'))).toEqual({ sizeBytes: 4 });
      expect(script.operations).toEqual(['PutObject', 'PutObject', 'PutObject', 'GetObject']);
    });

    it.each([
      ['other bytes', 'theirs'],
      ['bytes of the same length', 'mino'],
    ])('what somebody else put there is theirs: %s', async (_, theirs) => {
      script.begin({ operation: 'PutObject', nth: [1], fault: { kind: 'reset', when: 'before' } });
      const put = storage.put('x', async function* () {
        const target = `/${folder.bucket}/${encodeURI(folder.prefix)}x`;
        await askStore(store.endpoint, 'PUT', target, { body: theirs });
        yield Buffer.from('mine');
      });
      await expect(put).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      expect((await readAll(storage, 'x')).toString()).toBe(theirs);
      expect(script.operations).toEqual(['PutObject', 'PutObject', 'GetObject', 'GetObject']);
    });

    it('a name that is taken before is told without reading it', async () => {
      await storage.put('x', pieces('mine'));
      script.begin();
      await expect(storage.put('x', pieces('mine'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      expect(script.operations).toEqual(['PutObject']);
    });

    it('409 is asked again, and ends in a put or in a name that is taken', async () => {
      const conflict = errorAnswer(409, 'ConditionalRequestConflict');
      script.begin({ operation: 'PutObject', nth: [1, 2], fault: conflict });
      expect(await storage.put('x', pieces('mine'))).toEqual({ sizeBytes: 4 });
      expect(script.operations).toEqual(['PutObject', 'PutObject', 'PutObject']);
      script.begin({ operation: 'PutObject', nth: [1], fault: conflict });
      await expect(storage.put('x', pieces('other'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      expect((await readAll(storage, 'x')).toString()).toBe('mine');
    });
  });
});

describe('stores that do less', () => {
  let server: S3Server;
  beforeEach(async () => {
    server = await S3Server.start();
    server.createBucket('bucket');
  });
  afterEach(() => server.close());

  it.each<[Conditions, string]>([
    ['always', 'always'],
    ['single', 'single'],
    ['never', 'never'],
    ['refused', 'never'],
  ])('conditions %s are recorded as %s', async (conditions, found) => {
    server.behaviour.conditions = conditions;
    const storage = await openStore(server.endpoint, 'bucket');
    await storage.prepare!();
    expect(await recordOf(server.endpoint, 'bucket')).toMatchObject({ putOnce: found });
    expect(storage.abilities.putOnce).toBe(found !== 'never');
    expect(server.keys('bucket')).toEqual([recordName]);
    expect(server.uploads('bucket')).toEqual([]);
  });

  it('without conditions nothing that is there is overwritten, and what is put is read back', async () => {
    server.behaviour.conditions = 'never';
    const storage = await openStore(server.endpoint, 'bucket');
    await storage.put('x', pieces('first'));
    const before = server.count('PutObject');
    await expect(storage.put('x', pieces('second'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(server.count('PutObject')).toBe(before);
    expect(server.content('bucket', 'x')?.toString()).toBe('first');
  });

  it('without conditions, what another wrote in the same moment is reported', async () => {
    server.behaviour.conditions = 'never';
    const script = await FaultScript.start(server.endpoint);
    // Between the put and its reading back, which fails at first.
    const pause = (): Promise<void> => {
      server.write('bucket', 'x', 'theirs');
      return Promise.resolve();
    };
    const storage = await openStore(script.endpoint, 'bucket', { patience: { ...quickPatience(), pause } });
    await storage.prepare!();
    script.begin({ operation: 'GetObject', key: /^x$/, nth: 1, fault: serverError });
    await expect(storage.put('x', pieces('mine'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(server.content('bucket', 'x')?.toString()).toBe('theirs');
    await script.close();
  });

  it('without conditions one host alone may write: others may read', async () => {
    server.behaviour.conditions = 'never';
    const other = { id: 'ab'.repeat(16), name: 'db-host-1' };
    const record = encodeRecord({ putOnce: 'never', host: other, lock: undefined, probedAt: new Date().toISOString() });
    server.write('bucket', recordName, record);
    server.write('bucket', 'x', 'theirs');
    const storage = await openStore(server.endpoint, 'bucket');
    const refusal = expect.objectContaining({ code: 'LOCKED', retryable: false }) as Error;
    await expect(storage.put('y', pieces('mine'))).rejects.toThrow(refusal);
    await expect(storage.put('y', pieces('mine'))).rejects.toThrow(/db-host-1/);
    await expect(storage.delete('x')).rejects.toMatchObject({ code: 'LOCKED' });
    expect((await readAll(storage, 'x')).toString()).toBe('theirs');
    expect(server.keys('bucket')).toEqual([recordName, 'x']);
  });

  it('a probe through faults is begun anew, and finds the same', async () => {
    const script = await FaultScript.start(server.endpoint);
    const storage = await openStore(script.endpoint, 'bucket');
    script.begin({ operation: 'PutObject', nth: [2, 5], fault: lostAnswer });
    await storage.prepare!();
    expect(storage.abilities.putOnce).toBe(true);
    expect(server.keys('bucket')).toEqual([recordName]);
    await script.close();
  });

  it('an account that may not delete can probe: what stays is not listed', async () => {
    server.accounts.set('testaccess', { ...server.accounts.get('testaccess')!, denied: ['DeleteObject'] });
    const storage = await openStore(server.endpoint, 'bucket');
    await storage.put('x', pieces('1'));
    const listed: string[] = [];
    for await (const { name } of storage.list('')) listed.push(name);
    expect(listed).toEqual(['x']);
    expect(server.keys('bucket').filter((key) => key.startsWith('.gausskeep-probe-'))).toHaveLength(3);
  });
});
