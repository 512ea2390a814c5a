import { build } from 'esbuild';
import { precomputed } from './scripts/precomputed.mjs';
await build({
  entryPoints: ['src/cli/verify-single.ts', 'src/cli/wal-push-single.ts', 'src/cli/restore-single.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  outdir: '/tmp/spv/dbg',
  outExtension: { '.js': '.mjs' },
  define: { __GAUSSKEEP_VERSION__: '"1"' },
  plugins: [await precomputed(build)],
  allowOverwrite: true,
});
