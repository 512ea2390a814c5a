import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { packsIn, store, type Files } from '../../test/support/stored-content.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import { framedStorage } from '../sealed/framed-storage.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { openContent } from './content-reader.ts';
import type { WrittenContent } from './content-writer.ts';

const MiB = 1024 * 1024;
const newStorage = () => openLocalStorage(temporaryDirectory());

/** What becomes of each file: its content, or the sentence that it fails with; `all` where no more is told. */
type Outcome = Map<string, string>;

async function told(content: () => Promise<Buffer>): Promise<string> {
  try {
    return (await content()).toString('base64');
  } catch (error) {
    if (error instanceof BackupError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** @param isOrdered read ahead, else each file by itself */
async function read(storage: Storage, root: WrittenContent['root'], isOrdered: boolean): Promise<Outcome> {
  const outcome: Outcome = new Map();
  const rest = await told(async () => {
    const reader = await openContent(storage, root);
    if (isOrdered) {
      for await (const { record, content } of reader.inOrder(reader.records())) {
        if (record.kind === 'file') outcome.set(record.name, await told(() => collect(content)));
      }
    } else {
      for await (const record of reader.records()) {
        if (record.kind === 'file') outcome.set(record.name, await told(() => collect(reader.content(record))));
      }
    }
    return Buffer.alloc(0);
  });
  return outcome.set('all', rest);
}

function inBase64(files: Files): Outcome {
  const outcome = new Map([...files].map(([name, content]) => [name, Buffer.from(content).toString('base64')]));
  return outcome.set('all', '');
}

/** Some files, a few of them changed in places that `seed` chooses. */
function nextFiles(files: Files, seed: number): Files {
  const next = new Map<string, Buffer>();
  for (const [index, [name, content]] of [...files].entries()) {
    const copy = Buffer.from(content);
    for (let at = (seed * 7919 + index) % 50_000; at < copy.length; at += 50_000 + 1000 * (seed % 40)) copy[at] = seed;
    next.set(name, copy);
  }
  return next;
}

describe('what is read ahead', () => {
  it('is the same as one file after another, of each backup of a history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 900_000 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 4 }),
        async (sizes, seeds) => {
          const storage = await newStorage();
          let files: Files = new Map(
            sizes.map((size, index) => [
              `f${String(index)}`,
              index % 4 === 3 ? Buffer.alloc(size) : Buffer.concat([randomBytes(size >> 1), Buffer.alloc(size >> 2)]),
            ]),
          );
          let root = (await store(storage, files)).root;
          for (const seed of seeds) {
            files = nextFiles(files, seed);
            root = (await store(storage, files, { prior: root })).root;
            expect(await read(storage, root, true)).toEqual(inBase64(files));
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('fails with what each file by itself fails with, and goes on behind it', async () => {
    const files = new Map<string, Buffer>(
      Array.from({ length: 30 }, (_, index) => [`f${String(index)}`, randomBytes(20_000 + index * 9000)]),
    ).set('large', Buffer.from('a row of a table; '.repeat(200_000)));
    for (const framed of [false, true]) {
      const inner = await newStorage();
      const storage = framed ? framedStorage(inner, { kind: 'checksums', repository: 'ab'.repeat(16) }) : inner;
      const { root } = await store(storage, files);
      expect(await read(storage, root, true)).toEqual(inBase64(files));
      for (const [pack, size] of await packsIn(inner)) {
        const bytes = await collect(inner.get(pack));
        const put = async (content: Uint8Array) => {
          await inner.delete(pack);
          await inner.put(pack, () => onePiece(content));
        };
        for (let at = 5; at < size; at += 1 + (size >> 3)) {
          const damaged = Buffer.from(bytes);
          damaged[at] = (damaged[at] ?? 0) ^ 1;
          await put(damaged);
          const outcome = await read(storage, root, true);
          const expected = inBase64(files);
          for (const [name, found] of await read(storage, root, false)) {
            // One file by itself reads on behind what it needs, and may meet the damage of another one.
            if (outcome.get(name) !== expected.get(name)) expect(outcome.get(name), name).toBe(found);
            else if (!framed) expect(found, name).toBe(outcome.get(name));
          }
          if (framed) expect(outcome).not.toEqual(expected);
        }
        await put(bytes.subarray(0, bytes.length >> 1));
        expect(await read(storage, root, true)).not.toEqual(inBase64(files));
        await inner.delete(pack);
        expect(await read(storage, root, true)).not.toEqual(inBase64(files));
        await put(bytes);
      }
    }
  });

  it('may be passed over, in part or wholly, and given up', async () => {
    const storage = await newStorage();
    const files = new Map<string, Buffer>(
      Array.from({ length: 20 }, (_, index) => [`f${String(index)}`, randomBytes(700_000)]),
    );
    const { root } = await store(storage, files, { codec: { name: 'none' } });
    const reader = await openContent(storage, root);
    const kept: string[] = [];
    for await (const { record, content } of reader.inOrder(reader.records())) {
      if (record.kind !== 'file') continue;
      const number = Number(record.name.slice(1));
      if (number % 3 === 0) continue;
      if (number % 3 === 1) {
        for await (const piece of content) {
          expect(files.get(record.name)?.subarray(0, piece.length).equals(piece)).toBe(true);
          break;
        }
        continue;
      }
      expect((await collect(content)).equals(files.get(record.name)!)).toBe(true);
      kept.push(record.name);
      if (number === 14) break;
    }
    expect(kept).toEqual(['f2', 'f5', 'f8', 'f11', 'f14']);
  });

  it('ends with the signal', async () => {
    const storage = await newStorage();
    const { root } = await store(storage, new Map([['a', randomBytes(20 * MiB)]]), { codec: { name: 'none' } });
    const reader = await openContent(storage, root);
    const abort = new AbortController();
    const reason = new Error('no more');
    const reading = async (): Promise<void> => {
      for await (const { content } of reader.inOrder(reader.records(), { signal: abort.signal })) {
        for await (const piece of content) if (piece.length > 0) abort.abort(reason);
      }
    };
    await expect(reading()).rejects.toBe(reason);
  });
});

/** Threads are there in a build only, see start-thread.ts: so this is what a build does. */
const program = `
import { openLocalStorage } from './local-storage.js';
import { writeContent } from './content-writer.js';
import { openContent } from './content-reader.js';

let threads = 0;
process.on('worker', () => (threads += 1));
const storage = await openLocalStorage('storage');
let requests = 0;
const counted = { description: '', get: (...what) => ((requests += 1), storage.get(...what)) };
const signal = new AbortController().signal;
const content = Buffer.alloc(30_000_000, Uint8Array.from({ length: 65_537 }, (_, index) => (index * index) >> 3));
const results = [];
for (const [index, name] of ['zstd', 'gzip', 'lz4', 'none'].entries()) {
  const writer = await writeContent({ storage, backup: String(index + 1).padStart(32, '0'), signal, codec: { name }, threads: 0 });
  writer.part({ name: 'base', oid: undefined });
  const bytes = content.subarray(index * 1000);
  async function* pieces() { yield bytes; }
  await writer.file({ name: 'f', mode: 0o600, mtimeSeconds: 7, sizeBytes: bytes.length }, pieces());
  const { root } = await writer.finish();
  const reader = await openContent(counted, root);
  requests = 0;
  for await (const { record, content } of reader.inOrder(reader.records())) {
    if (record.kind !== 'file') continue;
    let at = 0;
    let same = true;
    for await (const piece of content) {
      same &&= bytes.subarray(at, at + piece.length).equals(piece);
      at += piece.length;
    }
    results.push({ name, same: same && at === bytes.length, ahead: requests < 30 });
  }
}
console.log(JSON.stringify({ threads, results }));
`;

it('threads decode the same, and let the process end', async () => {
  const directory = temporaryDirectory();
  await build({
    entryPoints: [
      'storage/local-storage.ts',
      'packs/content-writer.ts',
      'packs/content-reader.ts',
      'threads/window-thread.ts',
    ].map((file) => join(import.meta.dirname, '..', file)),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    entryNames: '[name]',
    outdir: directory,
  });
  await mkdir(join(directory, 'storage'));
  await symlink(join(import.meta.dirname, '../../node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'program.js'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['program.js'], { cwd: directory });
  // None of the 115 chunks was read by itself.
  const results = ['zstd', 'gzip', 'lz4', 'none'].map((name) => ({ name, same: true, ahead: true }));
  expect(JSON.parse(stdout)).toEqual({ threads: 2, results });
});
