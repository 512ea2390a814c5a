// gausskeep restore against `tar xzf` and `cp -a`, which restore nothing but the files, from the same backup in the same run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';

const work = '/tmp/gausskeep-bench-restored';
const clean = () => rmSync(work, { recursive: true, force: true });

/** @param {{ rounds: number, gigabytes: number, files: number, only?: string }} options */
export async function benchRestore({ rounds, gigabytes, files, only }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const backups = mkdtempSync('/tmp/gausskeep-bench-backups-');
  const ours = (backup, options) =>
    `dist/gausskeep.cjs restore --from ${backup} --pgdata ${work} -q ${options} || test $? = 3`;
  const rows = [];
  const add = async (name, goal, commands) => {
    if (only !== undefined && !name.includes(only)) return;
    const row = { ...(await compare(name, { rounds, clean, ...commands })), goal };
    rows.push(row);
    process.stderr.write(`${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)})\n`);
  };
  const take = (port, name, ...args) => {
    const directory = join(backups, name);
    const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-c', 'fast', '-N'];
    execFileSync(process.execPath, ['dist/gs_basebackup.js', ...at, '-D', directory, ...args], { stdio: 'ignore' });
    return directory;
  };
  try {
    const cluster = startCluster({ bin, gigabytes, files, port: 54873 });
    let archives;
    let plain;
    try {
      archives = take(cluster.port, 'archives', '-Ft', '-Z', '1', '-X', 'fetch');
      plain = take(cluster.port, 'plain', '-X', 'fetch');
    } finally {
      cluster.stop();
    }
    const untar = `mkdir ${work} && tar xzf ${archives}/base.tar.gz -C ${work}`;
    const copy = `cp -a ${plain} ${work}`;
    await add('tar.gz, no sync, no hashes; tar xzf', '≤ 0.5', {
      ours: ours(archives, '--no-sync --no-verify'),
      native: untar,
    });
    await add('plain, no sync, no hashes; cp -a', '≤ 1.2', {
      ours: ours(plain, '--no-sync --no-verify'),
      native: copy,
    });
    await add('tar.gz with sync and hashes; tar xzf', 'report', { ours: ours(archives, ''), native: untar });
    await add('plain with sync and hashes; cp -a', 'report', { ours: ours(plain, ''), native: copy });
  } finally {
    rmSync(backups, { recursive: true, force: true });
  }
  return table(rows);
}
