import { build } from 'esbuild';
import { precomputed } from './scripts/precomputed.mjs';
await build({
  entryPoints: ['src/verify/check-file.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  outdir: '/tmp/spv/dbg',
  outExtension: { '.js': '.mjs' },
  plugins: [await precomputed(build)],
  allowOverwrite: true,
});
