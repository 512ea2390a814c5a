// The WAL reader against pg_waldump --stats on the same segments, in the same run; recovery with segments fetched ahead against recovery without; and `wal push --async` against one push after another.
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compareAsyncPush } from './async-push.mjs';
import { comparePrefetch } from './prefetch.mjs';
import { workDirectory } from './work-directory.mjs';

/** @param {{ rounds: number, gigabytes: number, only?: string }} options */
export async function benchWal({ rounds, gigabytes, only }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  if (only === 'prefetch') return table(await comparePrefetch({ rounds, gigabytes }));
  if (only === 'async') return table(await compareAsyncPush({ rounds, gigabytes }));
  const home = workDirectory('wal');
  const program = join(home.path, 'read-wal.mjs');
  // As our programs are built: one file, started by node.
  const entry = { entryPoints: ['bench/read-wal.ts'], outfile: program, bundle: true, platform: 'node' };
  await build({ ...entry, target: 'node20', format: 'esm', packages: 'external', logLevel: 'warning' });
  const cluster = startCluster({ bin, gigabytes: 0, files: 0 });
  const rows = [];
  try {
    const directory = join(cluster.directory, 'pg_wal');
    // Written after the checkpoint, so that nothing of it is recycled: rows, an index, updates.
    cluster.sql('select pg_switch_wal()');
    const first = cluster.sql('select pg_walfile_name(pg_current_wal_insert_lsn())').trim();
    const rowsToWrite = Math.round(gigabytes * 2_000_000);
    cluster.sql('create table written (id bigint primary key, note text)');
    cluster.sql(`insert into written select i, md5(i::text) from generate_series(1, ${rowsToWrite}) i`);
    cluster.sql('update written set note = note || id where id % 3 = 0');
    const last = cluster.sql('select pg_walfile_name(pg_current_wal_insert_lsn() - 33554432)').trim();
    for (const name of readdirSync(directory)) {
      if (/^[0-9A-F]{24}$/.test(name) && (name < first || name > last)) rmSync(join(directory, name));
    }
    const native = `${bin}/pg_waldump --stats -p ${directory} ${first} ${last} >/dev/null`;
    for (const [mode, threads, goal] of [
      ['strict', 1, 'report'],
      ['strict', 2, '≤ 1.0'],
      ['index', 1, 'report'],
      ['index', 2, '≤ 0.4'],
    ]) {
      const name = `${mode} pass, ${threads} thread${threads === 1 ? '' : 's'}`;
      if (only !== undefined && !name.includes(only)) continue;
      const ours = `${process.execPath} ${program} ${mode} ${threads} ${directory} >/dev/null`;
      rows.push({ ...(await compare(name, { rounds, ours, native })), goal });
    }
  } finally {
    cluster.stop();
    home.remove();
  }
  if (only === undefined) {
    rows.push(...(await comparePrefetch({ rounds, gigabytes })), ...(await compareAsyncPush({ rounds, gigabytes })));
  }
  return table(rows);
}
