// How long a process that takes a backup by the library keeps others waiting: the delay of its event loop.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { workDirectory } from './work-directory.mjs';

const program = `
  import { monitorEventLoopDelay } from 'node:perf_hooks';
  import { takeBackup } from './dist/index.js';
  const [port, thread, directory] = process.argv.slice(1);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const source = { host: '127.0.0.1', port: Number(port), user: 'postgres' };
  const begun = performance.now();
  delay.enable();
  await takeBackup({ source, output: { kind: 'plain', directory }, checkpoint: 'fast' }, { ownThread: thread === 'own' });
  delay.disable();
  const ms = (nanoseconds) => nanoseconds / 1e6;
  console.log(JSON.stringify({ seconds: (performance.now() - begun) / 1000, p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) }));
`;

/** @param {{ rounds: number, gigabytes: number }} options */
export async function benchEventLoop({ rounds, gigabytes }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const cluster = startCluster({ bin, gigabytes, files: 0 });
  const home = workDirectory('loop');
  const work = join(home.path, 'out');
  const lines = ['| a plain backup | seconds | delay p50, ms | p99 | longest |', '|---|---|---|---|---|'];
  try {
    for (let round = 0; round < rounds; round++) {
      for (const thread of ['this', 'own']) {
        rmSync(work, { recursive: true, force: true });
        const words = ['--input-type=module', '-e', program, String(cluster.port), thread, work];
        const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
        if (status !== 0) throw new Error(stderr);
        const { seconds, p50, p99, max } = JSON.parse(stdout);
        const numbers = [seconds, p50, p99, max].map((number) => number.toFixed(1)).join(' | ');
        lines.push(`| on ${thread === 'this' ? 'the thread of its caller' : 'a thread of its own'} | ${numbers} |`);
      }
    }
  } finally {
    cluster.stop();
    home.remove();
  }
  return lines.join('\n');
}
