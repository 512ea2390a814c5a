// gausskeep verify against pg_verifybackup, which knows no pages, on the same backups in the same run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';

/** @param {{ rounds: number, gigabytes: number, only?: string }} options */
export async function benchVerify({ rounds, gigabytes, only }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const backups = mkdtempSync('/tmp/gausskeep-bench-verify-');
  const rows = [];
  const add = async (name, goal, algorithm, options) => {
    if (only !== undefined && !name.includes(only)) return;
    const backup = join(backups, algorithm);
    const ours = `dist/gausskeep.cjs verify ${options} ${backup} >/dev/null`;
    const native = `${bin}/pg_verifybackup ${options} ${backup} >/dev/null`;
    const row = { ...(await compare(name, { rounds, ours, native })), goal };
    rows.push(row);
    process.stderr.write(`${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)})\n`);
  };
  try {
    const cluster = startCluster({ bin, gigabytes, files: 0 });
    try {
      // What a live database looks like: tables with indexes, many small catalogs.
      const scale = String(Math.max(1, Math.round(gigabytes * 10)));
      const at = ['-h', '127.0.0.1', '-p', String(cluster.port), '-U', 'postgres'];
      execFileSync(join(bin, 'pgbench'), [...at, '-i', '-q', '-s', scale, 'postgres'], { stdio: 'ignore' });
      for (const algorithm of ['SHA256', 'CRC32C']) {
        const options = ['-c', 'fast', '-N', '-X', 'fetch', `--manifest-checksums=${algorithm}`];
        execFileSync(join(bin, 'pg_basebackup'), [...at, ...options, '-D', join(backups, algorithm)]);
      }
    } finally {
      cluster.stop();
    }
    await add('SHA256 manifest, -n; ours with pages', '≤ 0.8', 'SHA256', '-n');
    await add('CRC32C manifest, -n; ours with pages', '≤ 1.2', 'CRC32C', '-n');
    await add('names and sizes, -n -s', '≤ 6', 'SHA256', '-n -s');
  } finally {
    rmSync(backups, { recursive: true, force: true });
  }
  return table(rows);
}
