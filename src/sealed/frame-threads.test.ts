import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';

/** Threads are there in a build only, see start-thread.ts: so this is what a build does. */
const program = `
import { openLocalStorage } from './local-storage.js';
import { framedStorage } from './framed-storage.js';

let threads = 0;
process.on('worker', () => (threads += 1));
const mib = 1024 * 1024;
const content = Buffer.alloc(20 * mib + 12_345, Uint8Array.from({ length: 65_537 }, (_, index) => index * 7));
async function* body() { for (let from = 0; from < content.length; from += 3 * mib) yield content.subarray(from, from + 3 * mib); }
async function read(storage, name, range) {
  const pieces = [];
  for await (const piece of storage.get(name, range)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
async function codeOf(promise) { return promise.then(() => 'sound', (error) => error.code); }

const inner = await openLocalStorage('storage');
const results = [];
for (const protection of [{ kind: 'encrypted', master: Buffer.alloc(32, 1) }, { kind: 'checksums', repository: 'ab'.repeat(16) }]) {
  const framed = framedStorage(inner, protection);
  const sizes = await Promise.all(['a', 'b', 'c'].map(async (name) => (await framed.put(protection.kind + name, body)).sizeBytes));
  const names = ['a', 'b', 'c'].map((name) => protection.kind + name);
  const whole = await Promise.all(names.map(async (name) => content.equals(await read(framed, name))));
  const offset = 10 * mib - 5;
  const range = content.subarray(offset, offset + 2 * mib).equals(await read(framed, names[0], { offset, length: 2 * mib }));
  let stored;
  for await (const { name } of inner.list('')) stored ??= name;
  const damaged = await read(inner, stored);
  damaged[15 * mib] ^= 1;
  await inner.delete(stored);
  await inner.put(stored, async function* () { yield damaged; });
  let sound;
  for await (const { name } of framed.list('')) if (await codeOf(read(framed, name)) === 'CORRUPT') sound = name;
  const unfinished = framed.get(names[1])[Symbol.asyncIterator]();
  await unfinished.next();
  await unfinished.return();
  const failing = async function* () { yield content; throw Object.assign(new Error('gone'), { code: 'GONE' }); };
  results.push({ sizes, whole, range, damaged: sound !== undefined, failing: await codeOf(framed.put('x', failing)) });
  for await (const { name } of inner.list('')) await inner.delete(name);
}
console.log(JSON.stringify({ threads, results }));
`;

it('threads make and open the same frames, and let the process end', async () => {
  const directory = temporaryDirectory();
  await build({
    entryPoints: ['storage/local-storage.ts', 'sealed/framed-storage.ts', 'threads/frame-thread.ts'].map((file) =>
      join(import.meta.dirname, '..', file),
    ),
    bundle: true,
    splitting: true,
    entryNames: '[name]',
    platform: 'node',
    format: 'esm',
    outdir: directory,
  });
  await mkdir(join(directory, 'storage'));
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'program.js'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['program.js'], { cwd: directory });
  const size = 20 * 1024 * 1024 + 12_345;
  const sound = { sizes: [size, size, size], whole: [true, true, true], range: true, damaged: true, failing: 'GONE' };
  expect(JSON.parse(stdout)).toEqual({ threads: 1, results: [sound, sound] });
});
