import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { beginContent, load, packsIn, recordsOf, store } from '../../test/support/stored-content.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { packName } from './chunk-ref.ts';
import { openContent } from './content-reader.ts';

const MiB = 1024 * 1024;
const codec = { name: 'none' } as const;
const files = new Map([
  ['a', randomBytes(20 * MiB)],
  ['b', randomBytes(3000)],
]);

describe('a storage that fails', () => {
  it('ends the writer with its error, at whichever call, and leaves what was there', async () => {
    const inner = await openLocalStorage(temporaryDirectory());
    const first = await store(inner, files, { codec });
    const changed = new Map([...files].map(([name, content]) => [name, Buffer.from(content).fill(7, 0, 100)]));
    let calls = 0;
    const counting = new FaultyStorage(inner, () => ((calls += 1), undefined));
    await store(counting, changed, { codec });
    expect(calls).toBe(5);
    for (const fault of ['fail', 'fail-after'] as const) {
      for (let failing = 1; failing <= calls; failing += 1) {
        const storage = new FaultyStorage(inner, (_call, _name, number) => (number === failing ? fault : undefined));
        const writer = await beginContent(storage, { codec });
        const writing = async (): Promise<unknown> => {
          for (const [name, content] of changed) {
            const attributes = { name: fromText(name), mode: 0o600, mtimeSeconds: 0, sizeBytes: content.length };
            await writer.file(attributes, reused(content, 100_000));
          }
          return writer.finish();
        };
        await expect(writing(), `${fault} ${String(failing)}`).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
        await writer.abandon();
        const before = storage.calls;
        await writer.abandon();
        expect(storage.calls).toBe(before);
      }
    }
    const loaded = await load(inner, first.root);
    for (const [name, content] of files) expect(loaded.get(name)?.equals(content)).toBe(true);
  });

  it('of which the prior is read is not taken for one without it', async () => {
    const inner = await openLocalStorage(temporaryDirectory());
    const { root } = await store(inner, files, { codec });
    for (let failing = 1; failing <= 3; failing += 1) {
      const storage = new FaultyStorage(inner, (_call, _name, number) => (number === failing ? 'fail' : undefined));
      await expect(store(storage, files, { codec, prior: root })).rejects.toMatchObject({
        code: 'STORAGE_UNAVAILABLE',
      });
    }
  });

  it('is tried again by the next who reads', async () => {
    const inner = await openLocalStorage(temporaryDirectory());
    const { root } = await store(inner, files, { codec });
    const storage = new FaultyStorage(inner, (_call, _name, number) =>
      [3, 4, 9, 15].includes(number) ? 'fail' : undefined,
    );
    const reader = await openContent(storage, root);
    for (const record of await recordsOf(inner, root)) {
      if (record.kind !== 'file') continue;
      let content: Buffer | undefined;
      while (content === undefined) content = await collect(reader.content(record)).catch(() => undefined);
      expect(content.equals(files.get(record.name) ?? Buffer.alloc(0))).toBe(true);
    }
  });
});

describe('a signal', () => {
  it('ends the writer and the reader', async () => {
    const storage = await openLocalStorage(temporaryDirectory());
    const { root } = await store(storage, files, { codec });
    const control = new AbortController();
    const { signal } = control;
    const writer = await beginContent(storage, { codec, signal });
    const stopping = async function* () {
      for await (const piece of reused(files.get('a')!, 1_000_000)) {
        yield piece;
        control.abort();
      }
    };
    const file = { name: fromText('a'), mode: 0, mtimeSeconds: 0, sizeBytes: 20 * MiB };
    await expect(writer.file(file, stopping())).rejects.toMatchObject({ name: 'AbortError' });
    await writer.abandon();
    await expect(openContent(storage, root, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    const reader = await openContent(storage, root);
    for (const record of await recordsOf(storage, root)) {
      if (record.kind !== 'file') continue;
      await expect(collect(reader.content(record, { signal }))).rejects.toMatchObject({ name: 'AbortError' });
      expect(await collect(reader.content(record))).toHaveLength(record.sizeBytes);
    }
  });
});

describe('a reader', () => {
  it('asks only for the packs that it needs, and for much at once', async () => {
    const inner = await openLocalStorage(temporaryDirectory());
    const { root, packs } = await store(inner, files, { codec });
    const asked: string[] = [];
    const storage = new FaultyStorage(inner, (_call, name) => (asked.push(name), undefined));
    const reader = await openContent(storage, root);
    expect(asked).toEqual([packName(root[0]!.pack)]);
    const records = [];
    for await (const record of reader.records()) records.push(record);
    const content = packs.filter(({ kind }) => kind === 'content').map(({ pack }) => packName(pack));
    expect(content).toHaveLength(2);
    expect(asked.some((name) => content.includes(name))).toBe(false);
    const small = records.find(({ kind, ...rest }) => kind === 'file' && 'name' in rest && rest.name === 'b');
    const large = records.find(({ kind, ...rest }) => kind === 'file' && 'name' in rest && rest.name === 'a');
    if (small?.kind !== 'file' || large?.kind !== 'file') throw new Error('not there');
    asked.length = 0;
    await collect(reader.content(small));
    expect(asked).toEqual([content[1]]);
    asked.length = 0;
    await collect(reader.content(large));
    // 80 chunks.
    expect(asked.length).toBeLessThan(30);
    expect((await packsIn(inner)).size).toBe(5);
  });
});
