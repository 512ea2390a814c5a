// What the sources compute at every start is computed by the build: the catalogue of sentences, put together from its parts, and the
// bytes of WebAssembly modules, assembled from their instructions. The sources stay as they are; only dist/ holds results.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const files = ['src/messages/english.ts', 'src/bytes/crc32c-module.ts', 'src/pages/page-checksum-module.ts'];

/** An esbuild plugin that replaces these files by what they export. */
export async function precomputed(build) {
  const texts = new Map();
  for (const file of files) texts.set(resolve(file), textOf(await load(build, file)));
  const filter = new RegExp(`(?:${files.map((file) => file.replace(/^src/, '').replaceAll('.', '\\.')).join('|')})$`);
  return {
    name: 'precomputed',
    setup: ({ onLoad }) =>
      onLoad({ filter }, ({ path }) => (texts.has(path) ? { contents: texts.get(path), loader: 'js' } : undefined)),
  };
}

async function load(build, file) {
  const result = await build({ entryPoints: [file], bundle: true, platform: 'node', format: 'esm', write: false });
  // A module is imported from a file; it needs nothing else, so the file may be anywhere.
  const directory = mkdtempSync(join(tmpdir(), 'gausskeep-precomputed-'));
  try {
    const made = join(directory, 'made.mjs');
    writeFileSync(made, result.outputFiles[0].contents);
    return await import(pathToFileURL(made).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function textOf(exported) {
  return Object.entries(exported)
    .map(([name, value]) => `export const ${name} = ${expressionOf(value)};\n`)
    .join('');
}

function expressionOf(value) {
  if (typeof value === 'function') {
    const bytes = Buffer.from(value()).toString('base64');
    return `() => Buffer.from('${bytes}', 'base64')`;
  }
  if (typeof value === 'number') return String(value);
  // Parsed faster than an object literal of two thousand properties.
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
}
