// Recovery by a real server out of an object store that takes 20 ms for each request, with segments fetched ahead and without.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compare } from './measure.mjs';
import { credentialsFor, isRoot, latencyMs, owner, startStore } from './slow-store.mjs';
import { workDirectory } from './work-directory.mjs';

const dist = join(process.cwd(), process.env.GAUSSKEEP_DIST ?? 'dist');

/** @param {{ rounds: number, gigabytes: number }} options @returns rows of a table; empty where there is no server */
export async function comparePrefetch({ rounds, gigabytes }) {
  const bin = nativeBinaries();
  const home = workDirectory('prefetch');
  chmodSync(home.path, 0o755);
  const store = await startStore();
  const credentials = credentialsFor(home.path);
  const place = `--repo s3://bench/repo --instance bench --s3-endpoint ${store.endpoint} --s3-allow-http --s3-credentials-file ${credentials}`;
  const gausskeep = (words, more = '') =>
    execFileSync('/bin/sh', ['-c', `${process.execPath} ${dist}/gausskeep.js ${words} ${more}`], { encoding: 'utf8' });
  const cluster = startCluster({ bin, gigabytes: 0, files: 0 });
  try {
    cluster.sql("alter system set wal_keep_size = '64GB'");
    cluster.sql('select pg_reload_conf()');
    gausskeep(`repo init s3://bench/repo ${place.replace(/--repo \S+ --instance \S+/, '')}`);
    gausskeep(`backup -c fast -h 127.0.0.1 -p ${cluster.port} -U postgres ${place}`);
    const first = cluster.sql('select pg_walfile_name(pg_current_wal_insert_lsn())').trim();
    // Rows without an index: what a server replays quickly, so that it waits for segments.
    cluster.sql('create table written (id bigint, note text)');
    const rowsAtOnce = 1_000_000;
    const began = BigInt(cluster.sql("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").trim());
    for (let from = 0, bytes = 0; bytes < gigabytes * 2 ** 30; from += rowsAtOnce) {
      cluster.sql(
        `insert into written select i, md5(i::text) from generate_series(${from + 1}, ${from + rowsAtOnce}) i`,
      );
      const now = BigInt(cluster.sql("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").trim());
      bytes = Number(now - began);
    }
    const last = cluster.sql('select pg_walfile_name(pg_switch_wal())').trim();
    const wal = join(cluster.directory, 'pg_wal');
    const names = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= last);
    for (const name of names.sort()) gausskeep(`wal push ${join(wal, name)} ${place}`);
    cluster.stop();
    const own = owner === undefined ? '' : `--owner=${owner.uid}:${owner.gid}`;
    const restored = (count) => join(home.path, `restored-${count}`);
    for (const count of [0, 8]) {
      gausskeep(
        `restore --no-sync -D ${restored(count)} ${own} ${place} --prefetch ${count} --allow-end-of-wal --target-action promote --set archive_mode=off`,
      );
      renameSync(restored(count), `${restored(count)}.kept`);
    }
    const rows = [];
    const script = recoverScript(home.path, bin);
    const row = await compare(
      `recovery of ${names.length} segments from an object store, ${latencyMs} ms a request, 8 ahead`,
      {
        rounds,
        // As it was restored: where its script and its spool are is written in it.
        clean: () => {
          for (const count of [0, 8]) {
            rmSync(restored(count), { recursive: true, force: true });
            execFileSync('cp', ['-a', `${restored(count)}.kept`, restored(count)]);
          }
        },
        ours: `${script} 8`,
        native: `${script} 0`,
      },
    );
    rows.push({ ...row, goal: '≤ 0.5 of without' });
    return rows;
  } finally {
    try {
      cluster.stop();
    } catch {
      // It was stopped when its WAL was there.
    }
    store.stop();
    home.remove();
  }
}

/** Starts a server and waits until it has replayed everything. */
function recoverScript(home, bin) {
  const port = 15_000 + Math.floor(Math.random() * 17_000);
  const path = join(home, 'recover.sh');
  const account = isRoot ? 'setpriv --reuid=nobody --regid=nogroup --clear-groups --' : '';
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${home}/socket -c shared_buffers=256MB -c fsync=off`;
  mkdirSync(join(home, 'socket'));
  chmodSync(join(home, 'socket'), 0o777);
  writeFileSync(
    path,
    `#!/bin/sh
set -e
cd /
export HOME=/
data=${home}/restored-$1
${account} ${bin}/pg_ctl -D $data -w -t 600 -l $data/log -o '${settings}' start >/dev/null || { tail -20 $data/log >&2; exit 1; }
until [ "$(${bin}/psql -h 127.0.0.1 -p ${port} -U postgres -qAtc 'select pg_is_in_recovery()')" = f ]; do sleep 0.05; done
${account} ${bin}/pg_ctl -D $data -w -m immediate stop >/dev/null
`,
  );
  chmodSync(path, 0o755);
  return path;
}
