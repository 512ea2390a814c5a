import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { beginContent, load, packsIn, recordsOf, store, type Files } from '../../test/support/stored-content.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromBytes, fromText } from '../bytes/byte-string.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { packName } from './chunk-ref.ts';
import { openContent } from './content-reader.ts';
import type { WrittenContent } from './content-writer.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const newStorage = () => openLocalStorage(temporaryDirectory());

/** Bytes that do not compress, the same for the same seed. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function changed(content: Uint8Array, at: number, by: Uint8Array): Buffer {
  const copy = Buffer.from(content);
  copy.set(by.subarray(0, Math.max(0, content.length - at)), at);
  return copy;
}

function namesOf({ root, packs }: WrittenContent): string[] {
  return [...new Set([...root, ...packs].map(({ pack }) => packName(pack)))];
}

async function expectFiles(
  storage: Awaited<ReturnType<typeof newStorage>>,
  files: Files,
  root: WrittenContent['root'],
) {
  const loaded = await load(storage, root);
  expect([...loaded.keys()]).toEqual([...files.keys()]);
  for (const [name, content] of files) expect(loaded.get(name)?.equals(content), name).toBe(true);
}

/** What may happen to a file between two backups. Places and lengths in parts of its length, 0 … 1. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('grow' as const), bytes: fc.nat({ max: 90_000 }), seed: fc.nat({ max: 99 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('empty' as const) }),
  fc.record({ kind: fc.constant('same' as const) }),
  fc.record({ kind: fc.constant('gone' as const) }),
  fc.record({ kind: fc.constant('replaced' as const), seed: fc.nat({ max: 99 }) }),
  fc.record({
    kind: fc.constantFrom('written' as const, 'zeroed' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.nat({ max: 70_000 }),
    seed: fc.nat({ max: 99 }),
  }),
);

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** Undefined: it is not there any more. */
function after(content: Buffer, step: Change): Buffer | undefined {
  switch (step.kind) {
    case 'grow':
      return Buffer.concat([content, noise(step.bytes, step.seed)]);
    case 'cut':
      return content.subarray(0, Math.floor(content.length * step.at));
    case 'empty':
      return Buffer.alloc(0);
    case 'same':
      return content;
    case 'gone':
      return undefined;
    case 'replaced':
      return noise(content.length, step.seed);
    case 'written':
      return changed(content, Math.floor(content.length * step.at), noise(step.bytes, step.seed));
    case 'zeroed':
      return changed(content, Math.floor(content.length * step.at), Buffer.alloc(step.bytes));
  }
}

describe('what a backup holds', () => {
  it('is read again whatever the files went through, with the packs of its own table alone', async () => {
    const history = fc.array(fc.array(change, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const storage = await newStorage();
        let files = new Map<string, Buffer>(
          [0, 100, 40_000, 700_000].map((size, index) => [`file ${String(index)}`, noise(size, index)]),
        );
        const backups = [{ files, stored: await store(storage, files) }];
        for (const changes of steps) {
          const next = new Map<string, Buffer>();
          for (const [index, step] of changes.entries()) {
            const name = `file ${String(index)}`;
            const content = after(files.get(name) ?? Buffer.alloc(0), step);
            if (content !== undefined) next.set(name, content);
          }
          files = next;
          backups.push({ files, stored: await store(storage, files, { prior: backups.at(-1)?.stored.root }) });
        }
        for (const { files: expected, stored } of backups) {
          await expectFiles(storage, expected, stored.root);
        }
        // The last one needs nothing but what it names.
        const last = backups.at(-1)!;
        const needed = new Set(namesOf(last.stored));
        for (const name of (await packsIn(storage)).keys()) if (!needed.has(name)) await storage.delete(name);
        await expectFiles(storage, last.files, last.stored.root);
      }),
      { numRuns: 30 },
    );
  });

  it('tells all that was said of parts, directories, links and files', async () => {
    const storage = await newStorage();
    const writer = await beginContent(storage);
    const common = { mode: 0o640, mtimeSeconds: 1_600_000_000 };
    const name = fromBytes(Uint8Array.of(0xff, 0x2f, 0x00 + 1, 0x80));
    writer.directory({ name: fromText('empty'), ...common });
    writer.link({ name: fromText('pg_wal'), ...common, target: fromText('/wal'), isRelative: false });
    await writer.file({ name, ...common, sizeBytes: 3 }, reused(Buffer.from('abc'), 2));
    writer.part({ name: '16400', oid: 16_400 });
    writer.link({ name: fromText('x'), ...common, target: fromText('../y'), isRelative: true });
    const stored = await writer.finish();
    expect(stored).toMatchObject({ files: 1, logicalBytes: 3 });
    const records = await recordsOf(storage, stored.root);
    expect(records).toMatchObject([
      { kind: 'part', name: 'base', oid: undefined },
      { kind: 'directory', name: 'empty', ...common },
      { kind: 'link', name: 'pg_wal', ...common, target: '/wal', isRelative: false },
      { kind: 'file', name, ...common, sizeBytes: 3, part: { name: 'base' } },
      { kind: 'part', name: '16400', oid: 16_400 },
      { kind: 'link', name: 'x', ...common, target: '../y', isRelative: true },
    ]);
  });

  it('is read from any byte of a file on', async () => {
    const storage = await newStorage();
    const content = Buffer.concat([noise(100_000, 1), Buffer.alloc(200_000), noise(50_000, 2)]);
    const { root } = await store(storage, new Map([['a', content]]));
    const reader = await openContent(storage, root);
    for await (const record of reader.records()) {
      if (record.kind !== 'file') continue;
      for (const offset of [0, 1, 16_384, 99_999, 250_001, 349_999, 350_000]) {
        const rest = await collect(reader.content(record, { offset }));
        expect(rest.equals(content.subarray(offset)), String(offset)).toBe(true);
      }
    }
  });

  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)('is the same with %s', async (name) => {
    const storage = await newStorage();
    const files = new Map([
      ['noise', noise(400_000, 3)],
      ['text', Buffer.from('a row of a table; '.repeat(60_000))],
    ]);
    const { root, newBytes } = await store(storage, files, { codec: { name } });
    await expectFiles(storage, files, root);
    if (name !== 'none') expect(newBytes).toBeLessThan(600_000);
  });

  it('takes no room for what is zero or was there before', async () => {
    const storage = await newStorage();
    const zeros = new Map([
      ['a', Buffer.alloc(70 * MiB)],
      ['b', Buffer.alloc(0)],
    ]);
    expect((await store(storage, zeros)).packs.every(({ kind }) => kind !== 'content')).toBe(true);
    const files = new Map([['a', randomBytes(20 * MiB)]]);
    const first = await store(storage, files);
    const second = await store(storage, files, { prior: first.root });
    expect(second.newBytes).toBeLessThan(first.newBytes / 1000);
    expect(second.packs.filter(({ kind }) => kind === 'content')).toEqual(
      first.packs.filter(({ kind }) => kind === 'content'),
    );
    await expectFiles(storage, files, second.root);
  });

  it('stores the blocks that changed, and the leaves that they are in', async () => {
    const storage = await newStorage();
    const content = Buffer.alloc(200 * MiB);
    for (let at = 0; at < content.length; at += 4 * MiB) content.write(`block ${String(at)}`, at);
    const first = await store(storage, new Map([['a', content]]));
    content.write('x', 150 * MiB + 77);
    const files = new Map([['a', content]]);
    const second = await store(storage, files, { prior: first.root });
    const own = second.packs.filter(
      ({ pack, kind }) => kind === 'content' && pack.backup === second.root[0]?.pack.backup,
    );
    expect(own).toMatchObject([{ rawBytes: 64 * KiB, usedBytes: 64 * KiB }]);
    // Three leaves of four are those of the first backup.
    const [file] = (await recordsOf(storage, second.root)).filter(({ kind }) => kind === 'file');
    const leaves = file?.kind === 'file' && 'entries' in file.leaves ? file.leaves.entries : [];
    expect(leaves.map(({ ref }) => ref?.chunk.pack.backup === own[0]?.pack.backup)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    await expectFiles(storage, files, second.root);
  });

  it('puts small files together', async () => {
    const storage = await newStorage();
    const files = new Map<string, Buffer>();
    for (let index = 0; index < 6000; index += 1) files.set(`base/${String(index)}`, noise(index % 5000, index));
    const first = await store(storage, files);
    expect((await packsIn(storage)).size).toBeLessThan(4);
    await expectFiles(storage, files, first.root);
    const second = await store(storage, files, { prior: first.root });
    // Nothing but the root is new.
    expect(second.packs).toEqual(first.packs);
    expect(second.newBytes).toBe(second.rootPacks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    await expectFiles(storage, files, second.root);
  });

  it('refuses content that is not as long as it was announced', async () => {
    for (const sizeBytes of [2, 4]) {
      const writer = await beginContent(await newStorage());
      const file = { name: fromText('a'), mode: 0, mtimeSeconds: 0, sizeBytes };
      await expect(writer.file(file, reused(Buffer.from('abc'), 1))).rejects.toMatchObject({ code: 'CORRUPT' });
      await writer.abandon();
    }
  });
});
