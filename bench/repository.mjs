// A repository against pgbackrest on the same cluster: a first backup, one of few changes, a restore; then listings of many backups, and the memory
// that sources take which are larger than any disk here.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { measure, median, table, timed } from './measure.mjs';
import { workDirectory } from './work-directory.mjs';

const dist = process.env.GAUSSKEEP_DIST ?? 'dist';
const gausskeep = `${dist}/gausskeep.cjs`;
/** As src/cli/launcher.sh starts a backup. */
const lean = `MALLOC_ARENA_MAX=1 ${process.execPath} --max-semi-space-size=1`;
const quietly = { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' };
const tell = (line) => process.stderr.write(`${line}\n`);

/** @param {{ rounds: number, gigabytes: number, only?: string }} options; needs the built programs */
export async function benchRepository({ rounds, gigabytes, only }) {
  const wanted = (name) => only === undefined || only.split(',').includes(name);
  const work = workDirectory('repository');
  const place = new Place(work.path);
  try {
    const parts = [];
    const ofCluster = ['first', 'next', 'restore'].filter(wanted);
    if (ofCluster.length > 0) parts.push(await benchCluster(place, { rounds, gigabytes, wanted: ofCluster }));
    if (wanted('list')) parts.push(await benchLists(place, rounds));
    if (wanted('memory')) parts.push(await benchMemory(place));
    return parts.join('\n\n');
  } finally {
    work.remove();
  }
}

/** Repositories of one run. */
class Place {
  constructor(path) {
    this.path = path;
    this.passwordFile = join(path, 'password');
    writeFileSync(this.passwordFile, 'a password of the benchmark\n', { mode: 0o600 });
  }

  under(name) {
    return join(this.path, name);
  }

  /** Options that name a repository. */
  repo(name, encrypted = true) {
    return `--repo ${this.under(name)}${encrypted ? ` --password-file ${this.passwordFile}` : ''}`;
  }

  init(name, encrypted = true) {
    rmSync(this.under(name), { recursive: true, force: true });
    const words = encrypted ? ['--encrypt', '--password-file', this.passwordFile] : [];
    execFileSync(gausskeep, ['repo', 'init', this.under(name), ...words], quietly);
  }
}

async function benchCluster(place, { rounds, gigabytes, wanted }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const cluster = startCluster({ bin, gigabytes, files: 0 });
  try {
    const bench = new ClusterBench(place, cluster, rounds);
    if (wanted.includes('first')) await bench.first();
    else bench.prepare();
    if (wanted.includes('next')) await bench.next();
    if (wanted.includes('restore')) await bench.restore();
    return bench.report();
  } finally {
    cluster.stop();
  }
}

class ClusterBench {
  rows = [];
  notes = [];

  constructor(place, cluster, rounds) {
    this.place = place;
    this.cluster = cluster;
    this.rounds = rounds;
    this.from = `-h 127.0.0.1 -p ${cluster.port} -U postgres -c fast`;
    const theirs = place.under('pgbackrest');
    this.hasNative = spawnSync('pgbackrest', ['version']).status === 0;
    this.stanza = `--stanza=bench --repo1-path=${theirs} --log-path=${place.under('log')} --lock-path=${place.under('lock')} --log-level-console=error --log-level-file=off --no-config`;
    if (!this.hasNative) tell('pgbackrest is not installed: no ratio to it');
  }

  native(words, directory = this.cluster.directory) {
    return `pgbackrest ${this.stanza} --pg1-path=${directory} ${words}`;
  }

  get nativeBackup() {
    const server = `--pg1-port=${this.cluster.port} --pg1-socket-path=${dirname(this.cluster.directory)} --pg1-user=postgres`;
    return this.native(
      `${server} --process-max=2 --type=full --start-fast --no-archive-check --compress-type=zst --compress-level=3 --repo1-retention-full=99 backup`,
    );
  }

  backup(name, encrypted) {
    return `${gausskeep} backup ${this.place.repo(name, encrypted)} --instance bench ${this.from}`;
  }

  /** Both repositories empty. */
  fresh() {
    this.place.init('first');
    rmSync(this.place.under('pgbackrest'), { recursive: true, force: true });
    if (this.hasNative) sh(this.native('--no-online stanza-create'));
    sh('sync');
  }

  prepare() {
    this.fresh();
    sh(this.backup('first', true));
    if (this.hasNative) sh(this.nativeBackup);
  }

  async first() {
    await this.compare('first backup, zstd 3, encrypted; pgbackrest backup zst, process-max=2', '≤ 1.0', {
      ours: this.backup('first', true),
      native: this.hasNative ? this.nativeBackup : undefined,
      before: () => this.fresh(),
    });
    this.prepare();
  }

  /** Behind the first backup: each of ours has 1 % of the pages changed since the one before. */
  async next() {
    const pages = Number(this.cluster.sql("select pg_relation_size('big') / 8192").trim());
    let round = 0;
    const change = () => {
      round += 1;
      const wanted = `select format('(%s,%s)', (random() * ${pages - 1})::int, ${round})::tid from generate_series(1, ${Math.round(pages / 100)})`;
      this.cluster.sql(`delete from big where ctid = any(array(${wanted}))`);
      this.cluster.sql('checkpoint');
      sh('sync');
    };
    const row = await this.compare(
      'next backup, 1 % of the pages changed; gs_basebackup -D - -Ft -X none to nowhere',
      '≤ 1.2',
      {
        ours: this.backup('first', true),
        native: `${dist}/gs_basebackup.js ${this.from} -D - -Ft -X none >/dev/null`,
        before: (who) => who === 'ours' && change(),
      },
    );
    sh(this.backup('first', true));
    const backups = this.backups('first');
    const [first] = backups;
    const changed = backups.slice(1, 1 + row.rounds).map(({ newBytes }) => newBytes / first.newBytes);
    this.notes.push(
      `Bytes stored by the first backup: ${mib(first.newBytes)} of ${mib(first.logicalBytes)}; by the next ones ÷ by the first: ${changed.map((ratio) => ratio.toFixed(3)).join(', ')} (goal ≤ 0.12); by one of which nothing had changed ÷ by the first: ${(backups.at(-1).newBytes / first.newBytes).toFixed(5)} (goal ≤ 0.001).`,
    );
  }

  async restore() {
    const to = this.place.under('restored');
    let number = 0;
    const target = (who) => `${to}-${who}-${number}`;
    await this.compare('restore, encrypted; pgbackrest restore process-max=2, both flushed', '≤ 1.0', {
      // Status 3: what belongs to root cannot be started, which is a warning.
      ours: () =>
        `${gausskeep} restore ${this.place.repo('first')} --instance bench --pgdata ${target('ours')} --target-immediate -q || test $? = 3`,
      native: this.hasNative
        ? () => `${this.native('--process-max=2 --type=none restore', target('native'))} && sync -f ${target('native')}`
        : undefined,
      before: (who) => {
        // What was restored stays, empty, for the reason that `clean` of restore.mjs has.
        sh(`find ${to}-* -type f -size +1M -exec truncate -s 0 '{}' + 2>/dev/null || true`);
        number += 1;
        if (who === 'native') mkdirSync(target('native'), { mode: 0o700 });
        sh('sync');
      },
    });
  }

  backups(name) {
    const words = `${gausskeep} list ${this.place.repo(name)} --json`;
    return sh(words)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** In alternation; without `native` ours alone. */
  async compare(name, goal, { ours, native, before }) {
    const results = { ours: [], native: [] };
    const sides = native === undefined ? ['ours'] : ['native', 'ours'];
    for (let round = 0; round < this.rounds; round += 1) {
      for (const who of round % 2 === 0 ? sides : sides.toReversed()) {
        before(who);
        const command = who === 'ours' ? ours : native;
        results[who].push(await measure(timed(typeof command === 'function' ? command() : command)));
        const { seconds, cpuSeconds, peakMib } = results[who].at(-1);
        tell(`${who}, ${name}: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, ${peakMib.toFixed(0)} MiB`);
      }
    }
    const of = (who, field) => (results[who].length === 0 ? NaN : median(results[who].map((result) => result[field])));
    const ratios = results.native.map(({ seconds }, index) => results.ours[index].seconds / seconds);
    const row = {
      name,
      goal,
      ours: of('ours', 'seconds'),
      native: of('native', 'seconds'),
      ratio: of('ours', 'seconds') / of('native', 'seconds'),
      low: Math.min(...ratios),
      high: Math.max(...ratios),
      cpu: of('ours', 'cpuSeconds') / of('native', 'cpuSeconds'),
      peakMib: Math.max(...results.ours.map(({ peakMib }) => peakMib)),
      rounds: this.rounds,
    };
    this.rows.push(row);
    return row;
  }

  report() {
    return [table(this.rows), ...this.notes].join('\n\n');
  }
}

/** A thousand commits that hold nothing. */
async function benchLists(place, rounds) {
  const fill = await program(place, 'fill-repository');
  const count = 1000;
  const lines = ['| 1000 backups | seconds, median (low … high) | CPU s | goal | peak MiB |', '|---|---|---|---|---|'];
  for (const [name, encrypted] of [
    ['lists-plain', false],
    ['lists', true],
  ]) {
    place.init(name, encrypted);
    const password = encrypted ? '"a password of the benchmark"' : '';
    sh(`${process.execPath} ${fill} ${count} ${place.under(name)} ${password}`);
    for (const [verb, goal] of [
      ['list', 1],
      ['expire --instance bench --keep-window 14d --keep-weekly 8 --dry-run', 3],
    ]) {
      const runs = [];
      for (let round = 0; round < rounds; round += 1) {
        runs.push(await measure(timed(`${gausskeep} ${verb} ${place.repo(name, encrypted)} >/dev/null`)));
      }
      const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b);
      const words = `${verb.split(' ')[0]}${encrypted ? ', encrypted' : ''}`;
      const peak = Math.max(...runs.map(({ peakMib }) => peakMib));
      lines.push(
        `| ${words} | **${median(seconds).toFixed(2)}** (${seconds[0].toFixed(2)} … ${seconds.at(-1).toFixed(2)}) | ${median(runs.map(({ cpuSeconds }) => cpuSeconds)).toFixed(2)} | ≤ ${goal} | ${peak.toFixed(0)} |`,
      );
      tell(lines.at(-1));
    }
  }
  return lines.join('\n');
}

/** Sources that are made while they are read, into an encrypted repository: what is stored of them is little, what is said of them is not. */
async function benchMemory(place) {
  const source = await program(place, 'scripted-source');
  const lines = ['| source, zstd 3, encrypted | seconds | peak MiB | goal |', '|---|---|---|---|'];
  for (const [name, words] of [
    ['1 000 000 files of 8 KiB', 'files 1000000'],
    ['the same again, with the one before as its prior', 'files 1000000'],
    ['1 TB in 1024 files, all but one page of 128 zero', 'pages 1024'],
  ]) {
    const directory = place.under(`memory-${words.split(' ')[0]}`);
    mkdirSync(directory, { recursive: true });
    const { seconds, peakMib } = await measure(timed(`${lean} ${source} ${words} ${directory}`));
    lines.push(`| ${name} | ${seconds.toFixed(0)} | **${peakMib.toFixed(0)}** | ≤ 200 |`);
    tell(lines.at(-1));
  }
  return lines.join('\n');
}

/** Of bench/, built as our programs are: one file, started by node, beside the threads that a build has. */
async function program(place, name) {
  const outfile = join(dist, `bench-${name}.js`);
  const entry = { entryPoints: [`bench/${name}.ts`], outfile, bundle: true, platform: 'node' };
  await build({ ...entry, target: 'node20', format: 'esm', packages: 'external', logLevel: 'warning' });
  return outfile;
}

function sh(command) {
  const result = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.status !== 0) throw new Error(`${command}: status ${result.status}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

function mib(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}
