// gs_basebackup on a recorded session of openGauss, blown up and sent from memory, against a bare reader that writes the same bytes.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { compare, table } from './measure.mjs';
import { workDirectory } from './work-directory.mjs';

/** The whole base backups are too large for the repository and lie beside the checkout. */
const recordings = new URL('../../shared/fixtures/opengauss/', import.meta.url).pathname;
const dist = process.env.GAUSSKEEP_DIST ?? 'dist';
const totalFiles = 2900;

/** @param {{ rounds: number, gigabytes: number, only?: string }} options */
export async function benchOpengauss({ rounds, gigabytes, only }) {
  if (!existsSync(recordings)) throw new Error(`the benchmark needs the recorded base backups in ${recordings}`);
  process.env.PGPASSWORD = 'Backup@1234';
  const rows = [];
  // Each run has a directory of its own: a file system looks for long at the places of files that were just removed.
  const { path: work, remove } = workDirectory('opengauss');
  const cases = [
    ['plain, streamed WAL, without sync', '≤ 1.3', 'basebackup-plain-stream', 'plain', ['-X', 'stream', '-N'], ''],
    ['plain, streamed WAL, with sync', 'report', 'basebackup-plain-stream', 'plain', ['-X', 'stream'], 'sync'],
    [
      'standard tar, fetched WAL, without sync',
      '≤ 1.1',
      'basebackup-tar-fetch',
      'tar',
      ['-F', 't', '-X', 'fetch', '-N'],
      '',
    ],
  ];
  try {
    for (const [name, goal, directory, form, words, sync] of cases) {
      if (only !== undefined && !name.includes(only)) continue;
      const recording = `${recordings}${directory}`;
      const replayer = await startReplayer(recording, gigabytes * 1024);
      try {
        const fresh = (who) => `${work}/${who}-$$`;
        const ours = `${process.execPath} ${dist}/gs_basebackup.js -h 127.0.0.1 -p ${replayer.port} -U backup -w -c fast -D ${fresh('ours')} ${words.join(' ')} -T /home/omm/ts_abs=${fresh('ours')}.ts`;
        const bare = `${process.execPath} bench/bare-reader.mjs ${replayer.port} ${recording} ${form} ${fresh('bare')} ${sync}`;
        const row = {
          ...(await compare(name, { rounds, ours: form === 'tar' ? ours.replace(/ -T \S+/, '') : ours, native: bare })),
          goal,
        };
        rows.push(row);
        process.stderr.write(
          `${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)}), CPU ${row.cpu.toFixed(2)}, ${row.peakMib.toFixed(0)} MiB\n`,
        );
      } finally {
        replayer.stop();
      }
    }
  } finally {
    remove();
  }
  return table(rows);
}

async function startReplayer(recording, megabytes) {
  const words = ['bench/opengauss-replayer.mjs', recording, String(megabytes), String(totalFiles)];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(Number(text)));
    child.once('exit', (status) => reject(new Error(`the replayer ended with ${status}`)));
  });
  return { port, stop: () => child.stdin.end() };
}
