// Runs a TypeScript program of this checkout: node scripts/run.mjs FILE [ARGUMENT…]. Node 20 cannot run TypeScript, so the
// file is bundled first (some 50 ms); packages stay outside of the bundle.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [file, ...rest] = process.argv.slice(2);
if (file === undefined) throw new Error('which file? node scripts/run.mjs FILE [ARGUMENT…]');
const directory = join(root, 'node_modules', '.cache', 'gausskeep');
const bundle = join(directory, `${basename(file, '.ts')}-${process.pid}.mjs`);
mkdirSync(directory, { recursive: true });
await build({
  entryPoints: [file],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
});
process.argv = [process.argv[0], file, ...rest];
process.on('exit', () => rmSync(bundle, { force: true }));
await import(pathToFileURL(bundle).href);
