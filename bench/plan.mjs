// A plan that reads every byte of WAL against pg_waldump --stats on the same segments; then the same plan again, which remembers.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';

/** @param {{ rounds: number, gigabytes: number, only?: string }} options; needs the built programs */
export async function benchPlan({ rounds, gigabytes, only }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const home = mkdtempSync('/tmp/gausskeep-bench-plan-');
  const [backup, archive, cache] = ['backup', 'archive', 'cache'].map((name) => join(home, name));
  const rows = [];
  try {
    const cluster = startCluster({ bin, gigabytes: 0, files: 0 });
    try {
      const place = ['-h', '127.0.0.1', '-p', String(cluster.port), '-U', 'postgres'];
      execFileSync(`${bin}/pg_basebackup`, [...place, '-D', backup, '-X', 'none', '-c', 'fast', '--no-sync'], {
        stdio: 'ignore',
      });
      // A row makes about 250 bytes of WAL, its change included.
      const rowsToWrite = Math.round(gigabytes * 4_000_000);
      cluster.sql('create table written (id bigint primary key, note text)');
      cluster.sql(`insert into written select i, md5(i::text) from generate_series(1, ${rowsToWrite}) i`);
      cluster.sql('update written set note = note || id where id % 3 = 0');
      const last = cluster.sql('select pg_walfile_name(pg_switch_wal())').trim();
      mkdirSync(archive);
      const source = join(cluster.directory, 'pg_wal');
      for (const name of readdirSync(source)) {
        if (/^[0-9A-F]{24}$/.test(name) && name <= last) cpSync(join(source, name), join(archive, name));
      }
    } finally {
      cluster.stop();
    }
    const label = execFileSync('grep', ['-o', 'file [0-9A-F]*', join(backup, 'backup_label')], { encoding: 'utf8' });
    const names = readdirSync(archive).sort();
    const first = label.trim().slice('file '.length);
    const native = `${bin}/pg_waldump --stats -p ${archive} ${first} ${names.at(-1)} >/dev/null`;
    const plan = `GAUSSKEEP_CACHE=${cache} dist/gausskeep.cjs restore -D ${home}/none --from ${backup} --archive ${archive} --plan`;
    const forget = () => rmSync(cache, { recursive: true, force: true });
    const size = `${names.filter((name) => name >= first).length} segments`;
    for (const [name, goal, options] of [
      [`first plan, ${size}`, '≤ 1.5', { clean: forget }],
      [`second plan, ${size}`, '≤ 0.1', {}],
    ]) {
      if (only !== undefined && !name.includes(only)) continue;
      if (options.clean === undefined) execFileSync('/bin/sh', ['-c', `${plan} >/dev/null`]);
      rows.push({ ...(await compare(name, { rounds, ours: `${plan} >/dev/null`, native, ...options })), goal });
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return table(rows);
}
