// A throw-away PostgreSQL cluster of Debian's native release for benchmarks, with the size that is asked for.
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Directory of the native programs, or undefined where PostgreSQL's packages are not installed. */
export function nativeBinaries() {
  const result = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

const isRoot = process.getuid() === 0;
const idOf = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
const account = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {};

/** Runs a server program; as root, as `nobody`. */
function run(file, args, options = {}) {
  const result = spawnSync(file, args, { encoding: 'utf8', ...account, cwd: '/tmp', ...options });
  if (result.status !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.stderr || result.stdout}`);
  return result.stdout;
}

/** A free port of the loopback, below those that the kernel takes for outgoing connections. Another run has another one. */
function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const listen = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => process.exit(0))`;
    if (spawnSync(process.execPath, ['-e', listen], { stdio: 'ignore' }).status === 0) return port;
  }
}

/**
 * Starts a cluster and fills it: `gigabytes` of table data, and `files` small tables (one heap file each, no index).
 * @returns {{ port: number, directory: string, sql: (text: string) => string, stop: () => void }}
 */
export function startCluster({ bin, gigabytes, files }) {
  const port = freePort();
  const home = mkdtempSync('/tmp/gausskeep-bench-');
  const directory = join(home, 'data');
  mkdirSync(directory, { mode: 0o700 });
  if (isRoot) {
    chownSync(home, account.uid, account.gid);
    chownSync(directory, account.uid, account.gid);
  }
  run(join(bin, 'initdb'), ['-D', directory, '-A', 'trust', '-U', 'postgres', '--data-checksums', '--no-sync']);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${home} -c fsync=off -c max_wal_size=8GB -c shared_buffers=256MB -c max_locks_per_transaction=1000 -c autovacuum=off`;
  run(join(bin, 'pg_ctl'), ['-D', directory, '-w', '-l', join(home, 'log'), '-o', settings, 'start'], {
    stdio: 'ignore',
  });
  const sql = (text) =>
    run(join(bin, 'psql'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-qAtc', text]);
  if (gigabytes > 0) {
    // About half of it repeats and half does not: what real tables compress like.
    sql('create table big (id bigint, a text, b text)');
    const rows = Math.round(gigabytes * 3_700_000);
    sql(
      `insert into big select i, md5(i::text) || md5((i * 7)::text), repeat('order line ', 16) from generate_series(1, ${rows}) i`,
    );
  }
  if (files > 0) {
    for (let done = 0; done < files; done += 500) {
      sql(
        `do $$ begin for i in ${done + 1}..${Math.min(done + 500, files)} loop execute format('create table small_%s (id int)', i); execute format('insert into small_%s select generate_series(1, 400)', i); end loop; end $$`,
      );
    }
  }
  sql('checkpoint');
  return {
    port,
    directory,
    sql,
    stop() {
      run(join(bin, 'pg_ctl'), ['-D', directory, '-w', '-m', 'immediate', 'stop']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
