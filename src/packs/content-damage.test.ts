import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { load, packsIn, store } from '../../test/support/stored-content.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import { framedStorage } from '../sealed/framed-storage.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { mostChunkBytes, packName } from './chunk-ref.ts';
import { openContent } from './content-reader.ts';
import type { WrittenContent } from './content-writer.ts';
import { packsToLeave } from './left-packs.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const newStorage = () => openLocalStorage(temporaryDirectory());

const files = new Map([
  ['base/1', Buffer.from('a row of a table; '.repeat(40_000))],
  ['base/2', randomBytes(100_000)],
  ['base/3', Buffer.alloc(50_000)],
  ['pg_control', Buffer.from('control')],
]);

async function replace(
  storage: Storage,
  name: string,
  change: (bytes: Buffer) => Buffer,
): Promise<() => Promise<void>> {
  const bytes = await collect(storage.get(name));
  const put = async (content: Buffer) => {
    await storage.delete(name);
    await storage.put(name, () => onePiece(content));
  };
  await put(change(Buffer.from(bytes)));
  return () => put(bytes);
}

/** The code of what reading all of a backup fails with; `sound`: all files are as they were. */
async function outcome(storage: Storage, root: WrittenContent['root']): Promise<string> {
  try {
    const loaded = await load(storage, root);
    for (const [name, content] of files) if (loaded.get(name)?.equals(content) !== true) return 'wrong';
    return loaded.size === files.size ? 'sound' : 'wrong';
  } catch (error) {
    if (error instanceof BackupError) return error.code;
    throw error;
  }
}

describe('damage', () => {
  it.each(['none', 'gzip', 'lz4', 'zstd'] as const)('of a bit is never restored as sound, with %s', async (name) => {
    const storage = await newStorage();
    const { root } = await store(storage, files, { codec: { name } });
    expect(await outcome(storage, root)).toBe('sound');
    const rootPack = packName(root[0]!.pack);
    for (const [pack, size] of await packsIn(storage)) {
      // A root that is not framed has no checksum: what it says of sizes and totals may be anything.
      if (pack === rootPack) continue;
      for (let at = 0; at < size; at += 1 + (size >> 4)) {
        const mend = await replace(storage, pack, (bytes) => {
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
          return bytes;
        });
        // A bit may say nothing: of a gzip header, for example.
        expect(['CORRUPT', 'REPOSITORY_VERSION', 'sound'], `${pack} ${String(at)}`).toContain(
          await outcome(storage, root),
        );
        await mend();
      }
    }
  });

  it('of a bit is found in any framed object, and each object is named that is missing, cut or another', async () => {
    const inner = await newStorage();
    const storage = framedStorage(inner, { kind: 'checksums', repository: 'ab'.repeat(16) });
    const { root } = await store(storage, files);
    const packs = [...(await packsIn(inner))];
    expect(packs).toHaveLength(4);
    for (const [pack, size] of packs) {
      for (let at = 0; at < size; at += 1 + (size >> 3)) {
        const mend = await replace(inner, pack, (bytes) => {
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
          return bytes;
        });
        expect(['CORRUPT', 'REPOSITORY_VERSION'], `${pack} ${String(at)}`).toContain(await outcome(storage, root));
        await mend();
      }
      const other = await collect(inner.get(packs.find(([name]) => name !== pack)![0]));
      for (const change of [(bytes: Buffer) => bytes.subarray(0, -1), () => Buffer.alloc(0), () => other]) {
        const mend = await replace(inner, pack, change);
        await expect(load(storage, root)).rejects.toMatchObject({
          code: 'CORRUPT',
          message: expect.stringContaining(pack) as string,
        });
        await mend();
      }
      const bytes = await collect(inner.get(pack));
      await inner.delete(pack);
      await expect(load(storage, root)).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining(pack) as string,
      });
      await inner.put(pack, () => onePiece(bytes));
    }
    expect(await outcome(storage, root)).toBe('sound');
  });

  it('of what a commit says is refused before memory is taken for it', async () => {
    const storage = await newStorage();
    const { root } = await store(storage, files);
    const [ref] = root;
    const wrong = [
      [],
      [{ ...ref!, storedBytes: ref!.storedBytes - 1 }],
      [{ ...ref!, rawBytes: ref!.rawBytes - 1 }],
      [{ ...ref!, rawBytes: ref!.rawBytes + 1 }],
      [{ ...ref!, offset: 1_000_000 }],
      [{ ...ref!, pack: { ...ref!.pack, number: 99 } }],
      [ref!, ref!],
      [{ ...ref!, rawBytes: 2 ** 50 }],
      [{ ...ref!, storedBytes: 2 ** 50, rawBytes: mostChunkBytes }],
      new Array(300).fill({ ...ref!, rawBytes: mostChunkBytes }),
    ] as (typeof root)[];
    for (const refs of wrong) {
      await expect(openContent(storage, refs), JSON.stringify(refs.slice(0, 2))).rejects.toMatchObject({
        code: 'CORRUPT',
      });
    }
  });
});

describe('a pack of which little is used', () => {
  it('is left, when there was something new the time before', async () => {
    const storage = await newStorage();
    const content = randomBytes(80 * MiB);
    const codec = { name: 'none' } as const;
    const first = await store(storage, new Map([['a', content]]), { codec });
    // All blocks of the first pack but 8 of 64 KiB.
    randomBytes(16 * MiB - 512 * KiB).copy(content);
    const prior = { codec, prior: first.root };
    const second = await store(storage, new Map([['a', content]]), prior);
    const { root } = await openContent(storage, second.root);
    const left = packsToLeave(root).entries;
    // That one, and the first leaves, of which one is needed still.
    expect(left.map(({ pack, kind }) => [pack.backup === first.root[0]?.pack.backup, pack.number, kind])).toEqual([
      [true, 5, 'leaves'],
      [true, 0, 'content'],
    ]);
    const third = await store(storage, new Map([['a', content]]), { codec, prior: second.root });
    const used = third.packs.filter(({ pack }) => pack.backup === first.root[0]?.pack.backup);
    expect(used.map(({ pack }) => pack.number)).not.toContain(0);
    const own = third.packs.filter(
      ({ pack, kind }) => pack.backup === third.root[0]?.pack.backup && kind === 'content',
    );
    expect(own).toMatchObject([{ rawBytes: 512 * KiB, usedBytes: 512 * KiB }]);
    expect((await load(storage, third.root)).get('a')?.equals(content)).toBe(true);
    // What stored next to nothing moves next to nothing.
    const fourth = await store(storage, new Map([['a', content]]), { codec, prior: third.root });
    expect(
      fourth.packs.filter(({ pack, kind }) => pack.backup === fourth.root[0]?.pack.backup && kind === 'content'),
    ).toEqual([]);
    const after = await openContent(storage, fourth.root);
    expect(packsToLeave(after.root).entries).toEqual([]);
  });
});
