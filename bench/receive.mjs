// gausskeep wal receive against pg_receivewal on the same WAL of one server, and what it costs to wait for it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compare, median, table } from './measure.mjs';

const dist = process.env.GAUSSKEEP_DIST ?? 'dist';
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** @param {{ rounds: number, only?: string, gigabytes?: number }} options */
export async function benchReceive({ rounds, only, gigabytes = 2 }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const cluster = startCluster({ bin, gigabytes: 0, files: 0 });
  const work = mkdtempSync('/tmp/gausskeep-bench-receive-');
  const rows = [];
  const wanted = (name) => only === undefined || name.includes(only);
  const place = `-h 127.0.0.1 -p ${cluster.port} -U postgres`;
  const ours = `${process.execPath} ${dist}/gausskeep.js wal receive ${place}`;
  const native = `${join(bin, 'pg_receivewal')} ${place}`;
  try {
    cluster.sql("select pg_create_physical_replication_slot('base', true)");
    const rowCount = Math.round(gigabytes * 3_100_000);
    cluster.sql(
      `create table burst as select i::bigint as id, md5(i::text) || md5((i * 7)::text) as a, repeat('order line ', 16) as b from generate_series(1, ${rowCount}) i`,
    );
    const end = cluster.sql('select pg_current_wal_lsn()').trim();
    cluster.sql('select pg_switch_wal()');
    cluster.sql('checkpoint');
    const freshSlot = () => {
      for (const name of cluster
        .sql("select slot_name from pg_replication_slots where slot_name <> 'base'")
        .split('\n')
        .filter(Boolean)) {
        cluster.sql(`select pg_drop_replication_slot('${name}')`);
      }
      cluster.sql("select pg_copy_physical_replication_slot('base', 'run')");
      for (const name of ['ours', 'native']) {
        rmSync(join(work, name), { recursive: true, force: true });
        mkdirSync(join(work, name));
      }
    };
    const cases = [
      [`${gigabytes} GB of WAL, fsync`, '≤ 1.0, CPU ≤ 1.3, ≤ 120 MiB', `-D ${work}/ours`],
      [`${gigabytes} GB of WAL into an archive, zstd`, '≤ 1.25 (throughput ≥ 0.8)', `--archive ${work}/ours -Z zstd`],
      [`${gigabytes} GB of WAL into an archive, none`, 'report', `--archive ${work}/ours`],
    ];
    for (const [name, goal, target] of cases) {
      if (!wanted(name)) continue;
      const row = {
        ...(await compare(name, {
          rounds,
          clean: freshSlot,
          ours: `${ours} ${target} -S run -n --endpos ${end}`,
          native: `${native} -D ${work}/native -S run -n --endpos ${end}`,
        })),
        goal,
      };
      rows.push(row);
      process.stderr.write(
        `${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)}), CPU ${row.cpu.toFixed(2)}, ${row.peakMib.toFixed(0)} MiB\n`,
      );
      if (target.startsWith('-D')) {
        freshSlot();
        for (const command of [`${ours} ${target}`, `${native} -D ${work}/native`]) {
          execFileSync('sh', ['-c', `${command} -n --endpos ${end} -S run`], { stdio: 'ignore' });
          cluster.sql("select pg_drop_replication_slot('run')");
          cluster.sql("select pg_copy_physical_replication_slot('base', 'run')");
        }
        sameFiles(join(work, 'ours'), join(work, 'native'));
      }
    }
    if (wanted('idle')) process.stderr.write(await idle(`${ours} -D ${work}/ours`, freshSlot));
    if (wanted('commit')) process.stderr.write(await commits({ bin, cluster, ours, native, work, rounds, freshSlot }));
  } finally {
    cluster.stop();
    rmSync(work, { recursive: true, force: true });
  }
  return table(rows);
}

/** Whole segments of both are the same bytes. */
function sameFiles(one, other) {
  const names = readdirSync(one).filter((name) => /^[0-9A-F]{24}$/.test(name));
  if (names.length === 0) throw new Error('nothing was received');
  for (const name of names) {
    if (!readFileSync(join(one, name)).equals(readFileSync(join(other, name)))) throw new Error(`${name} differs`);
  }
}

function startReceiver(command) {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return {
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    stop: async () => {
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** CPU of a receiver to which nothing comes. */
async function idle(command, clean) {
  clean();
  const receiver = startReceiver(`${command} -S run`);
  await delay(8000);
  const before = receiver.cpuSeconds();
  await delay(60_000);
  const used = receiver.cpuSeconds() - before;
  await receiver.stop();
  return `idle: ${((used / 60) * 100).toFixed(3)} % of a core (goal ≤ 0.2 %)\n`;
}

/** Mean latency of commits that wait for the receiver, as pgbench measures it. */
async function commits({ bin, cluster, ours, native, work, rounds, freshSlot }) {
  const pgbench = join(bin, 'pgbench');
  if (spawnSync(pgbench, ['--version']).status !== 0) return 'commit latency: pgbench is not installed\n';
  cluster.sql('create table if not exists one (x int)');
  cluster.sql("alter system set synchronous_standby_names = 'bench'");
  cluster.sql('select pg_reload_conf()');
  const script = join(work, 'one.sql');
  execFileSync('sh', [
    '-c',
    `echo 'insert into one values (1);' > ${script}; chmod 0755 ${work}; chmod 0644 ${script}`,
  ]);
  const latency = async (command) => {
    freshSlotLocal(cluster, freshSlot);
    const receiver = startReceiver(command);
    for (;;) {
      if (cluster.sql("select count(*) from pg_stat_replication where sync_state = 'sync'").trim() === '1') break;
      await delay(100);
    }
    const { stdout, status, stderr } = spawnSync(
      pgbench,
      [
        '-h',
        '127.0.0.1',
        '-p',
        String(cluster.port),
        '-U',
        'postgres',
        '-n',
        '-c',
        '1',
        '-T',
        '8',
        '-f',
        script,
        'postgres',
      ],
      { encoding: 'utf8' },
    );
    await receiver.stop();
    if (status !== 0) throw new Error(stderr);
    return Number(/latency average = ([\d.]+) ms/.exec(stdout)?.[1]);
  };
  const env = 'PGAPPNAME=bench';
  const found = { ours: [], native: [] };
  for (let round = 0; round < rounds; round += 1) {
    found.ours.push(await latency(`env ${env} ${ours} -D ${work}/ours --synchronous -S run`));
    found.native.push(await latency(`env ${env} ${native} -D ${work}/native --synchronous -S run`));
  }
  const [a, b] = [median(found.ours), median(found.native)];
  return `commit latency as the synchronous standby: ${a.toFixed(3)} ms, pg_receivewal ${b.toFixed(3)} ms, ratio ${(a / b).toFixed(2)} (goal ≤ 1.2)\n`;
}

/** Slots are made while commits wait for nobody. */
function freshSlotLocal(cluster, freshSlot) {
  cluster.sql("alter system set synchronous_standby_names = ''");
  cluster.sql('select pg_reload_conf()');
  freshSlot();
  cluster.sql("select pg_drop_replication_slot('run')");
  cluster.sql("select pg_create_physical_replication_slot('run', true)");
  cluster.sql("alter system set synchronous_standby_names = 'bench'");
  cluster.sql('select pg_reload_conf()');
}
