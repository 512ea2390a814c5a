import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';

/** Threads are there in a build only, see start-thread.ts: so this is what a build does. */
const program = `
import { openLocalStorage } from './local-storage.js';
import { writeContent } from './content-writer.js';

let threads = 0;
process.on('worker', () => (threads += 1));
const storage = await openLocalStorage('storage');
const signal = new AbortController().signal;
const content = Buffer.alloc(5_000_000, Uint8Array.from({ length: 65_537 }, (_, index) => (index * index) >> 3));
content.fill(0, 1_000_000, 3_000_000);

let backups = 0;
const nextId = () => String(++backups).padStart(32, '0');

/** @returns what was written, and its first pack, which is of content */
async function take(options) {
  const backup = nextId();
  const writer = await writeContent({ storage, backup, signal, ...options });
  writer.part({ name: 'base', oid: undefined });
  for (const [index, length] of [5_000_000, 0, 10, 300_000, 20_000].entries()) {
    const from = index * 1000;
    const bytes = content.subarray(from, from + length);
    async function* pieces() { for (let at = 0; at < bytes.length; at += 70_001) yield bytes.subarray(at, at + 70_001); }
    await writer.file({ name: 'f' + index, mode: 0o600, mtimeSeconds: 7, sizeBytes: bytes.length }, pieces());
  }
  const written = await writer.finish();
  const pieces = [];
  for await (const piece of storage.get('packs/' + backup + '/00000/00000000')) pieces.push(Buffer.from(piece));
  return { root: written.root, packs: written.packs, first: Buffer.concat(pieces).toString('base64') };
}

const results = [];
for (const name of ['none', 'gzip', 'lz4', 'zstd']) {
  const codec = { name };
  const before = threads;
  const alone = await take({ codec, threads: 0 });
  const none = threads - before;
  const { root, first } = await take({ codec, threads: 2 });
  content[4_000_000] ^= 1;
  const { packs } = await take({ codec, threads: 2, prior: root });
  const contents = packs.filter(({ kind }) => kind === 'content').map(({ rawBytes }) => rawBytes);
  results.push({ none, same: first === alone.first, contents });
}
const broken = await writeContent({ storage, backup: nextId(), signal, codec: { name: 'gzip' } });
broken.part({ name: 'base', oid: undefined });
async function* failing() { yield content.subarray(0, 2_000_000); throw Object.assign(new Error('gone'), { code: 'GONE' }); }
const file = { name: 'x', mode: 0, mtimeSeconds: undefined, sizeBytes: 5_000_000 };
const failed = await broken.file(file, failing()).then(() => 'stored', (error) => error.code);
await broken.abandon();
console.log(JSON.stringify({ threads, failed, results }));
`;

it('threads make the same chunks, and let the process end', async () => {
  const directory = temporaryDirectory();
  await build({
    entryPoints: ['storage/local-storage.ts', 'packs/content-writer.ts', 'threads/chunk-thread.ts'].map((file) =>
      join(import.meta.dirname, '..', file),
    ),
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
  // One block of 32 KiB is new, the others are still where they were.
  const each = { none: 0, same: true, contents: [3_353_930, 32_768] };
  expect(JSON.parse(stdout)).toEqual({ threads: 18, failed: 'GONE', results: [each, each, each, each] });
});
