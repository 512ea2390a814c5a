// A repository in an object store (Ceph's gateway on this host) against one in a directory, and against pgbackrest's in the same store.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compare, measure, table, timed } from './measure.mjs';
import { workDirectory } from './work-directory.mjs';

const dist = process.env.GAUSSKEEP_DIST ?? 'dist';
const gausskeep = `${dist}/gausskeep.cjs`;

/** @param {{ rounds: number, gigabytes: number, only?: string }} options; needs the built programs, radosgw, and Debian's PostgreSQL */
export async function benchObjectStore({ rounds, gigabytes, only }) {
  const wanted = (name) => only === undefined || only.split(',').includes(name);
  const work = workDirectory('object-store');
  const store = await Store.start(join(work.path, 'ceph'));
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const cluster = startCluster({ bin, gigabytes, files: 0 });
  try {
    const bench = new Bench({ work: work.path, store, cluster, rounds });
    const rows = [];
    if (wanted('backup')) rows.push(await bench.backup());
    if (wanted('restore')) rows.push(await bench.restore());
    if (wanted('native')) rows.push(...(await bench.native()));
    const notes = [await bench.requests(gigabytes), ...(wanted('start') ? [await bench.start()] : [])];
    return [table(rows), ...notes].join('\n\n');
  } finally {
    cluster.stop();
    store.stop();
    work.remove();
  }
}

/** Ceph's gateway, one store in memory. */
class Store {
  static async start(place) {
    mkdirSync(place);
    const outfile = join(dist, 'bench-start-radosgw.js');
    await build({
      ...{ entryPoints: ['bench/start-radosgw.ts'], outfile, bundle: true, platform: 'node', target: 'node20' },
      ...{ format: 'esm', packages: 'external', logLevel: 'warning' },
    });
    const tlsPort = await freePort();
    const child = spawn(process.execPath, [outfile, place, String(tlsPort)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const line = await new Promise((resolve, reject) => {
      child.stdout.once('data', (bytes) => resolve(String(bytes)));
      child.once('exit', () => reject(new Error('radosgw did not start')));
    });
    const { endpoint, accessKeyId, secretAccessKey } = JSON.parse(line);
    // Both programs read them from the environment only.
    const ours = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const theirs = { PGBACKREST_REPO1_S3_KEY: accessKeyId, PGBACKREST_REPO1_S3_KEY_SECRET: secretAccessKey };
    Object.assign(process.env, ours, theirs);
    return new Store(child, endpoint, tlsPort, place);
  }

  constructor(child, endpoint, tlsPort, place) {
    this.child = child;
    this.endpoint = endpoint;
    this.tlsPort = tlsPort;
    this.log = join(place, 'client.admin.log');
  }

  /** Options of ours. */
  words(isTls) {
    return isTls
      ? `--s3-endpoint https://127.0.0.1:${this.tlsPort} --s3-ca-file test/fixtures/tls/server.crt`
      : `--s3-endpoint ${this.endpoint} --s3-allow-http`;
  }

  /** How many requests it was asked so far. */
  requests() {
    return readFileSync(this.log, 'utf8').match(/req done/g)?.length ?? 0;
  }

  stop() {
    this.child.stdin.end();
  }
}

class Bench {
  number = 0;

  constructor({ work, store, cluster, rounds }) {
    Object.assign(this, { work, store, cluster, rounds });
    this.from = `--instance bench -h 127.0.0.1 -p ${cluster.port} -U postgres -c fast`;
  }

  /** Another repository each time. */
  inStore(isTls = false) {
    this.number += 1;
    const place = `s3://bench/r${this.number}`;
    const words = this.store.words(isTls);
    sh(`${gausskeep} repo init ${place} ${words}`);
    return `--repo ${place} ${words}`;
  }

  inDirectory() {
    this.number += 1;
    const place = join(this.work, `r${this.number}`);
    sh(`${gausskeep} repo init ${place}`);
    return `--repo ${place}`;
  }

  async backup() {
    const repositories = { ours: [], native: [] };
    for (let round = 0; round < this.rounds; round += 1) {
      repositories.ours.push(this.inStore());
      repositories.native.push(this.inDirectory());
    }
    const [ours, native] = [repositories.ours, repositories.native].map((names) => this.backupsInto(names));
    const row = await compare('backup into the store; into a directory', { ours, native, rounds: this.rounds });
    this.stored = repositories.ours.at(-1);
    this.filed = repositories.native.at(-1);
    return { ...row, goal: '≤ 1.15' };
  }

  async restore() {
    this.stored ??= await this.filled(this.inStore());
    this.filed ??= await this.filled(this.inDirectory());
    const of = (repository, name) => this.restoreWords(repository, name);
    const row = await compare('restore from the store; from a directory', {
      ours: of(this.stored, 'from-store'),
      native: of(this.filed, 'from-directory'),
      clean: () => this.clean(),
      rounds: this.rounds,
    });
    return { ...row, goal: '≤ 1.3' };
  }

  /** Against pgbackrest, which knows stores with TLS only. */
  async native() {
    if (spawnSync('pgbackrest', ['version']).status !== 0) return [];
    const repositories = Array.from({ length: this.rounds }, () => this.inStore(true));
    const theirs = this.pgbackrest();
    sh(theirs('stanza-create --no-online'));
    const server = `--pg1-port=${this.cluster.port} --pg1-socket-path=${dirname(this.cluster.directory)} --pg1-user=postgres`;
    const options = '--process-max=2 --compress-type=zst --compress-level=3';
    const backup = `${server} ${options} --type=full --start-fast --no-archive-check --repo1-retention-full=99 backup`;
    const first = await compare('backup into the store; pgbackrest backup into the same, zst, process-max=2', {
      ours: this.backupsInto(repositories),
      native: theirs(backup),
      rounds: this.rounds,
    });
    const target = join(this.work, 'native-target');
    const second = await compare(
      'restore from the store; pgbackrest restore from the same, process-max=2, both flushed',
      {
        ours: this.restoreWords(repositories.at(-1), 'from-tls', ''),
        native: `mkdir -m 700 ${target} && ${theirs('--process-max=2 --type=none restore', target)} && sync -f ${target}`,
        clean: () => this.clean(),
        rounds: this.rounds,
      },
    );
    return [first, second].map((row) => ({ ...row, goal: '≤ 1.0' }));
  }

  pgbackrest() {
    const { tlsPort } = this.store;
    const place = `--repo1-type=s3 --repo1-s3-endpoint=localhost --repo1-storage-port=${tlsPort} --repo1-s3-bucket=bench --repo1-s3-region=us-east-1 --repo1-s3-uri-style=path --repo1-storage-ca-file=${process.cwd()}/test/fixtures/tls/server.crt --repo1-path=/pgbackrest`;
    const common = `--stanza=bench ${place} --log-path=${this.work}/log --lock-path=${this.work}/lock --log-level-console=error --log-level-file=off --no-config`;
    return (words, directory = this.cluster.directory) => `pgbackrest ${common} --pg1-path=${directory} ${words}`;
  }

  /** Requests of one backup and one restore. */
  async requests(gigabytes) {
    const repository = this.inStore();
    const before = this.store.requests();
    const backup = await measure(timed(`${gausskeep} backup ${repository} ${this.from}`));
    const between = this.store.requests();
    const restore = await measure(timed(this.restoreWords(repository, 'counted')));
    const after = this.store.requests();
    this.clean();
    const per = (count) => `${count} (${(count / gigabytes).toFixed(0)} per GB of the server)`;
    return `Requests of a backup: ${per(between - before)}, peak ${backup.peakMib.toFixed(0)} MiB; of a restore: ${per(after - between)}, peak ${restore.peakMib.toFixed(0)} MiB (goal ≤ 250).`;
  }

  /** `wal push` to its first answer: of a directory that is missing, of a bucket that is missing. */
  async start() {
    const segment = join(this.work, '000000010000000000000001');
    sh(`head -c 16777216 /dev/zero >${segment}`);
    const row = await compare('wal push', {
      ours: `${gausskeep} wal push ${segment} --archive s3://missing/x ${this.store.words()} 2>/dev/null || true`,
      native: `${gausskeep} wal push ${segment} --archive ${this.work}/missing 2>/dev/null || true`,
      rounds: 31,
    });
    const difference = (row.ours - row.native) * 1000;
    return `\`wal push\` to the first answer of a store: ${(row.ours * 1000).toFixed(0)} ms; of a directory: ${(row.native * 1000).toFixed(0)} ms: ${difference.toFixed(0)} ms later (goal ≤ 80; medians of 31).`;
  }

  /** A command that is another one each time that it is run. */
  backupsInto(repositories) {
    const left = [...repositories];
    return { toString: () => `${gausskeep} backup ${left.shift()} ${this.from}` };
  }

  async filled(repository) {
    await measure(timed(`${gausskeep} backup ${repository} ${this.from}`));
    return repository;
  }

  restoreWords(repository, name, sync = '') {
    // Status 3: what belongs to root cannot be started, which is a warning.
    return `${gausskeep} restore ${repository} --instance bench --pgdata ${this.work}/restored-${name} --target-immediate ${sync} -q || test $? = 3`;
  }

  clean() {
    sh(`rm -rf ${this.work}/restored-* ${this.work}/native-target; sync`);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function sh(command) {
  const result = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.status !== 0) throw new Error(`${command}: status ${result.status}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}
