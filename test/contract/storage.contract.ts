import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Storage } from '../../src/storage/storage.ts';

/** The bytes as a source, in pieces of `pieceSize`. */
export function pieces(bytes: Uint8Array | string, pieceSize = 7): () => AsyncGenerator<Uint8Array> {
  const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return async function* () {
    await Promise.resolve();
    for (let from = 0; from < whole.length; from += pieceSize) yield whole.subarray(from, from + pieceSize);
  };
}

export async function readAll(storage: Storage, name: string, range: { offset?: number; length?: number } = {}) {
  const parts: Buffer[] = [];
  for await (const piece of storage.get(name, range)) parts.push(Buffer.from(piece));
  return Buffer.concat(parts);
}

export async function namesOf(storage: Storage, prefix = '', recursive = true): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of storage.list(prefix, { recursive })) names.push(name);
  return names;
}

async function foldersOf(storage: Storage, prefix = ''): Promise<string[]> {
  const names: string[] = [];
  for await (const name of storage.folders(prefix)) names.push(name);
  return names;
}

/** What every storage does. `create` gives an empty one each time. */
export function storageContract(kind: string, create: () => Promise<Storage>): void {
  describe(`storage contract: ${kind}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await create();
    });

    it('gives back what was put, whole and in ranges', async () => {
      const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7) & 0xff));
      expect(await storage.put('a/b.bin', pieces(bytes, 65_537))).toEqual({ sizeBytes: bytes.length });
      expect((await readAll(storage, 'a/b.bin')).equals(bytes)).toBe(true);
      expect(await storage.stat('a/b.bin')).toMatchObject({ name: 'a/b.bin', sizeBytes: bytes.length });
      const range = await readAll(storage, 'a/b.bin', { offset: 1_048_570, length: 20 });
      expect(range.equals(bytes.subarray(1_048_570, 1_048_590))).toBe(true);
      expect(await readAll(storage, 'a/b.bin', { offset: bytes.length - 3, length: 100 })).toHaveLength(3);
      expect(await readAll(storage, 'a/b.bin', { offset: bytes.length + 5 })).toHaveLength(0);
      expect(await readAll(storage, 'a/b.bin', { length: 0 })).toHaveLength(0);
    });

    it('stores empty objects', async () => {
      await storage.put('empty', pieces(''));
      expect(await storage.stat('empty')).toMatchObject({ name: 'empty', sizeBytes: 0 });
      expect(await readAll(storage, 'empty')).toHaveLength(0);
    });

    it('tells when an object was stored exactly where it says that it does', async () => {
      const before = Date.now();
      await storage.put('t', pieces('x'));
      const listed: (number | undefined)[] = [];
      for await (const { storedAtMs } of storage.list('t')) listed.push(storedAtMs);
      expect(listed).toEqual([(await storage.stat('t'))?.storedAtMs]);
      if (!storage.abilities.objectTime) expect(listed).toEqual([undefined]);
      // A file system may round its times down.
      else expect(listed[0]).toBeGreaterThan(before - 2000);
    });

    it('never overwrites', async () => {
      await storage.put('x', pieces('first'));
      await expect(storage.put('x', pieces('second'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
      expect((await readAll(storage, 'x')).toString()).toBe('first');
    });

    it('refuses a name below an object or of a folder, or stores it beside: both stay', async () => {
      await storage.put('x', pieces('first'));
      await storage.put('folder/y', pieces('second'));
      for (const name of ['x/y', 'folder']) {
        const body = `under ${name}`;
        const refusal = await storage.put(name, pieces(body)).catch((error: unknown) => error);
        if (refusal instanceof Error) expect(refusal).toMatchObject({ code: 'OBJECT_EXISTS' });
        else expect((await readAll(storage, name)).toString()).toBe(body);
      }
      expect((await readAll(storage, 'x')).toString()).toBe('first');
      expect((await readAll(storage, 'folder/y')).toString()).toBe('second');
    });

    it('lets exactly one of many puts at once win', async () => {
      const puts = Array.from({ length: 12 }, (_, index) => storage.put('race/x', pieces(`body ${index}`, 2)));
      const results = await Promise.allSettled(puts);
      const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
      expect(won).toHaveLength(1);
      expect((await readAll(storage, 'race/x')).toString()).toBe(`body ${won[0]}`);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'OBJECT_EXISTS' });
      }
      expect(await namesOf(storage)).toEqual(['race/x']);
    });

    it('leaves nothing when the body fails, and the put can be repeated', async () => {
      const broken = async function* () {
        yield Buffer.from('half');
        await Promise.resolve();
        throw new Error('source broke');
      };
      await expect(storage.put('a/half', broken)).rejects.toThrow('source broke');
      expect(await storage.stat('a/half')).toBeUndefined();
      expect(await namesOf(storage)).toEqual([]);
      await storage.put('a/half', pieces('whole'));
      expect((await readAll(storage, 'a/half')).toString()).toBe('whole');
    });

    it('shows nothing of an object until it is complete', async () => {
      const seen: (string[] | undefined)[] = [];
      await storage.put('slow', async function* () {
        yield Buffer.from('one');
        seen.push(await namesOf(storage), (await storage.stat('slow')) && []);
        yield Buffer.from('two');
      });
      expect(seen).toEqual([[], undefined]);
    });

    it('says that an object is not there', async () => {
      expect(await storage.stat('nothing')).toBeUndefined();
      expect(await storage.stat('no/such/folder/x')).toBeUndefined();
      await expect(readAll(storage, 'nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      await storage.put('folder/x', pieces('1'));
      expect(await storage.stat('folder')).toBeUndefined();
      await expect(readAll(storage, 'folder')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    });

    it('deletes, and is content when there is nothing to delete', async () => {
      await storage.put('a/b/c', pieces('1'));
      await storage.put('a/d', pieces('2'));
      await storage.delete('a/b/c');
      await storage.delete('a/b/c');
      await storage.delete('a');
      expect(await namesOf(storage)).toEqual(['a/d']);
      expect(await foldersOf(storage, 'a/')).toEqual([]);
      await storage.put('a/b/c', pieces('again'));
      expect((await readAll(storage, 'a/b/c')).toString()).toBe('again');
    });

    it('lists in the order of the bytes, by prefix, flat or deep', async () => {
      for (const name of ['b', 'a/z', 'a-b', 'a/é', 'a/b/c', 'a0', 'A']) await storage.put(name, pieces(name));
      expect(await namesOf(storage)).toEqual(['A', 'a-b', 'a/b/c', 'a/z', 'a/é', 'a0', 'b']);
      expect(await namesOf(storage, 'a')).toEqual(['a-b', 'a/b/c', 'a/z', 'a/é', 'a0']);
      expect(await namesOf(storage, 'a/')).toEqual(['a/b/c', 'a/z', 'a/é']);
      expect(await namesOf(storage, 'a/', false)).toEqual(['a/z', 'a/é']);
      expect(await namesOf(storage, '', false)).toEqual(['A', 'a-b', 'a0', 'b']);
      expect(await namesOf(storage, 'a/b')).toEqual(['a/b/c']);
      expect(await namesOf(storage, 'nothing/')).toEqual([]);
      expect(await foldersOf(storage)).toEqual(['a/']);
      expect(await foldersOf(storage, 'a/')).toEqual(['a/b/']);
      expect(await foldersOf(storage, 'nothing/')).toEqual([]);
    });

    it.each(['', '/', '/a', 'a/', 'a//b', '.', '..', '../a', 'a/../b', 'a/./b', '.gausskeep-x', 'a\0b', 'a\nb'])(
      'refuses the name %j everywhere',
      async (name) => {
        await expect(storage.put(name, pieces('x'))).rejects.toMatchObject({ code: 'USAGE' });
        await expect(storage.stat(name)).rejects.toMatchObject({ code: 'USAGE' });
        await expect(readAll(storage, name)).rejects.toMatchObject({ code: 'USAGE' });
        await expect(storage.delete(name)).rejects.toMatchObject({ code: 'USAGE' });
      },
    );

    it('stops when the signal is aborted', async () => {
      const { signal } = new AbortController();
      const controller = new AbortController();
      controller.abort();
      await storage.put('x', pieces('1'), { signal });
      const aborted = { signal: controller.signal };
      await expect(storage.put('y', pieces('1'), aborted)).rejects.toMatchObject({ name: 'AbortError' });
      await expect(storage.stat('x', aborted)).rejects.toMatchObject({ name: 'AbortError' });
      await expect(storage.delete('x', aborted)).rejects.toMatchObject({ name: 'AbortError' });
      const during = new AbortController();
      const body = async function* () {
        yield Buffer.from('1');
        during.abort();
        await Promise.resolve();
        yield Buffer.from('2');
      };
      await expect(storage.put('z', body, { signal: during.signal })).rejects.toMatchObject({ name: 'AbortError' });
      expect(await namesOf(storage)).toEqual(['x']);
    });

    it('behaves as a write-once map under any sequence of operations', async () => {
      const name = fc.constantFrom('a', 'b/c', 'b/d', 'e/f/g', 'e/h');
      const step = fc.oneof(
        fc.record({ kind: fc.constant('put' as const), name, body: fc.string({ maxLength: 9 }) }),
        fc.record({ kind: fc.constant('delete' as const), name }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const fresh = await create();
          const model = new Map<string, string>();
          for (const one of steps) {
            if (one.kind === 'delete') {
              await fresh.delete(one.name);
              model.delete(one.name);
            } else if (model.has(one.name)) {
              await expect(fresh.put(one.name, pieces(one.body))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
            } else {
              await fresh.put(one.name, pieces(one.body));
              model.set(one.name, Buffer.from(one.body).toString());
            }
          }
          expect(await namesOf(fresh)).toEqual([...model.keys()].sort());
          for (const [key, value] of model) expect((await readAll(fresh, key)).toString()).toBe(value);
        }),
        { numRuns: 25 },
      );
    });
  });
}
