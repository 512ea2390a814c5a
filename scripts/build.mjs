// Builds dist/: one small file per program, chunks that are loaded when needed, the library, and its type declarations.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
if (!existsSync('node_modules/esbuild')) {
  // `npm ci --omit=dev` (an installed package): dist/ came with the package.
  process.exit(0);
}
const { build } = await import('esbuild');
const { precomputed } = await import('./precomputed.mjs');
const { addCode } = await import('./code-cache.mjs');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const programs = {
  gs_basebackup: 'src/cli/gs-basebackup.ts',
  gs_tar: 'src/cli/gs-tar.ts',
  gausskeep: 'src/cli/gausskeep.ts',
};
const library = { index: 'src/index.ts', 'wal-archive': 'src/wal-archive.ts' };
// Every file of src/threads/ that ends in -thread.ts is the start of a worker thread: an entry of its own.
const threads = existsSync('src/threads')
  ? Object.fromEntries(
      readdirSync('src/threads')
        .filter((name) => name.endsWith('-thread.ts'))
        .map((name) => [name.slice(0, -3), `src/threads/${name}`]),
    )
  : {};

// What programs load when they are called for; the programs themselves are one file each, that loads nothing else.
const parts = Object.fromEntries(
  readdirSync('src/cli')
    .filter((name) => name.endsWith('-program.ts'))
    .map((name) => [name.slice(0, -3), `src/cli/${name}`]),
);

const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file)));
// Built beside dist/ and moved into it when everything worked: a build that fails leaves the last good one.
const fresh = `dist.new-${process.pid}`;
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outdir: fresh,
  splitting: true,
  chunkNames: 'chunk-[hash]',
  // Everything else that is imported goes into dist/: what signs requests and finds credentials starts with every segment of WAL.
  mainFields: ['module', 'main'],
  external: ['smol-toml', 'lz4-napi', '@cloudpss/zstd'],
  define: { __GAUSSKEEP_VERSION__: JSON.stringify(version) },
  sourcemap: process.env.GAUSSKEEP_SOURCEMAP === '1',
  minifySyntax: true,
  logLevel: 'warning',
};
// Commands that are run often are one file each, and so are threads that are started for a short time: what they load decides
// how long that takes. They are CommonJS, see src/cli/run-part.ts.
const singles = Object.fromEntries([
  ...readdirSync('src/cli')
    .filter((name) => name.endsWith('-single.ts'))
    .map((name) => [name.slice(0, -3), `src/cli/${name}`]),
  ...['backup-writing-thread', 'restore-thread', 'verify-thread', 'wal-proof-thread', 'wal-receiver-thread'].map(
    (name) => [name, `src/threads/${name}.ts`],
  ),
]);
/** Programs that a program loads are files of their own. */
const besides = {
  name: 'besides',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.\/([a-z-]+-program)\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: path.replace(/ts$/, 'js'), external: true } : undefined,
    ),
};
/** An ES module that imports a built-in module has every property of it read, which loads half of Node. */
const builtinsAsTheyAre = {
  name: 'builtins-as-they-are',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }));
  },
};
/** A package that was CommonJS asks for built-in modules by `require`, which an ES module does not have. */
const requiredBuiltins = {
  name: 'required-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[a-z_/]+$/ }, ({ path, kind }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'required-builtin' } : undefined,
    );
    onLoad({ filter: /^/, namespace: 'required-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }));
  },
};
const alone = { ...shared, splitting: false, minify: true };
const commonJs = {
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  define: { ...shared.define, 'import.meta.url': 'thisFile' },
  banner: { js: 'const thisFile = require("node:url").pathToFileURL(__filename).href;' },
};
await build({ ...alone, plugins: [besides, builtinsAsTheyAre], entryPoints: present(programs) });
await build({ ...alone, ...commonJs, plugins: [besides], entryPoints: { gausskeep: programs.gausskeep } });
await build({
  ...alone,
  ...commonJs,
  // By the part's own "require": code that was compiled elsewhere does not know where it lies now.
  supported: { 'dynamic-import': false },
  plugins: [besides, await precomputed(build)],
  entryPoints: singles,
});
const others = { ...parts, ...present(library), ...threads };
for (const name of Object.keys(singles)) delete others[name];
await build({ ...shared, plugins: [requiredBuiltins, await precomputed(build)], entryPoints: others });
addCode(fresh);
for (const name of ['gausskeep.js', 'gausskeep.cjs']) launchBySh(`${fresh}/${name}`);
for (const name of [...Object.keys(present(programs)).map((name) => `${name}.js`), 'gausskeep.cjs']) {
  chmodSync(`${fresh}/${name}`, 0o755);
}

/** Executed as a program it is read by sh first, as JavaScript (`node dist/gausskeep.js`) by node alone. */
function launchBySh(file) {
  const text = readFileSync(file, 'utf8');
  const [first] = text.split('\n', 1);
  if (first !== '#!/usr/bin/env node') throw new Error(`${file} begins with ${first}`);
  writeFileSync(file, `#!/bin/sh\n${readFileSync('src/cli/launcher.sh', 'utf8')}${text.slice(first.length + 1)}`);
}

mkdirSync('dist', { recursive: true });
const built = readdirSync(fresh);
for (const name of built) renameSync(`${fresh}/${name}`, `dist/${name}`);
for (const name of readdirSync('dist')) {
  if (/\.(?:js|cjs|code)$/.test(name) && !built.includes(name)) rmSync(`dist/${name}`);
}

if (!process.argv.includes('--no-types') && existsSync('src/index.ts')) {
  const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
}
