// WAL of a real server archived into an object store that takes 20 ms for each request, with `wal push --async` and without.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compare } from './measure.mjs';
import { credentialsFor, isRoot, latencyMs, startStore } from './slow-store.mjs';
import { workDirectory } from './work-directory.mjs';

const dist = join(process.cwd(), process.env.GAUSSKEEP_DIST ?? 'dist');

/** @param {{ rounds: number, gigabytes: number }} options @returns rows of a table */
export async function compareAsyncPush({ rounds, gigabytes }) {
  const home = workDirectory('async-push');
  chmodSync(home.path, 0o755);
  const store = await startStore();
  const credentials = credentialsFor(home.path);
  const wal = join(home.path, 'wal');
  const count = writeWal(wal, gigabytes);
  const data = join(home.path, 'data');
  const account = isRoot ? 'setpriv --reuid=nobody --regid=nogroup --clear-groups -- ' : '';
  let archives = 0;
  // Each run into an archive of its own: what is there already is compared, not sent.
  const clean = () => {
    rmSync(data, { recursive: true, force: true });
    rmSync(`${data}.gausskeep-spool`, { recursive: true, force: true });
    cpSync(wal, data, { recursive: true });
    archives += 1;
    writeFileSync(join(home.path, 'number'), String(archives));
    if (isRoot) execFileSync('chown', ['-R', 'nobody:nogroup', data]);
  };
  if (isRoot) execFileSync('chown', ['nobody:nogroup', home.path]);
  const rows = [];
  try {
    for (const codec of ['lz4', 'none']) {
      const place = `--archive s3://bench/wal-$(cat ${home.path}/number) --s3-endpoint ${store.endpoint} --s3-allow-http --s3-credentials-file ${credentials} -Z ${codec}`;
      const archiver = (more) =>
        `${account}env HOME=/ ${process.execPath} bench/archiver.mjs ${data} "${dist}/gausskeep.cjs wal push %p ${more} ${place}"`;
      const row = await compare('', { rounds, clean, ours: archiver('--async'), native: archiver('') });
      const rate = (seconds) => (count / seconds).toFixed(1);
      const name = `archiving ${count} segments into an object store, ${latencyMs} ms a request, ${codec}: ${rate(row.ours)} a second with --async, ${rate(row.native)} without`;
      rows.push({ ...row, name, goal: '≥ 10 a second' });
    }
    return rows;
  } finally {
    store.stop();
    home.remove();
  }
}

/** A data directory as far as its archiver needs one, with so much WAL that waits. @returns how many segments */
function writeWal(directory, gigabytes) {
  const cluster = startCluster({ bin: nativeBinaries(), gigabytes: 0, files: 0 });
  try {
    cluster.sql("alter system set wal_keep_size = '64GB'");
    cluster.sql('select pg_reload_conf()');
    const first = cluster.sql('select pg_walfile_name(pg_switch_wal())').trim();
    const rows = Math.round(gigabytes * 7_500_000);
    cluster.sql('create table written (id bigint primary key, note text)');
    cluster.sql(`insert into written select i, md5(i::text) from generate_series(1, ${rows}) i`);
    cluster.sql('update written set note = note || id where id % 3 = 0');
    const last = cluster.sql('select pg_walfile_name(pg_switch_wal())').trim();
    const source = join(cluster.directory, 'pg_wal');
    const names = readdirSync(source).filter((name) => /^[0-9A-F]{24}$/.test(name) && name >= first && name <= last);
    mkdirSync(join(directory, 'pg_wal/archive_status'), { recursive: true });
    mkdirSync(join(directory, 'global'));
    for (const file of ['PG_VERSION', 'global/pg_control'])
      cpSync(join(cluster.directory, file), join(directory, file));
    writeFileSync(join(directory, 'postmaster.pid'), `1\n${directory}\n1\n`);
    for (const name of names) {
      cpSync(join(source, name), join(directory, 'pg_wal', name));
      writeFileSync(join(directory, 'pg_wal/archive_status', `${name}.ready`), '');
    }
    return names.length;
  } finally {
    cluster.stop();
  }
}
