// gausskeep wal push against pgbackrest archive-push on the same segments, with the same codec and level, in the same run.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { compare, table } from './measure.mjs';

const dist = process.env.GAUSSKEEP_DIST ?? 'dist';

/** @param {{ rounds: number, only?: string }} options */
export async function benchArchive({ rounds, only }) {
  // As a server calls it: by the name that npm links, behind the lines of sh.
  const ours = `${dist}/gausskeep.cjs wal push`;
  const rows = [];
  const wanted = (name) => only === undefined || name.includes(only);
  const add = async (name, goal, commands) => {
    if (!wanted(name)) return;
    const row = { ...(await compare(name, { rounds, ...commands })), goal };
    rows.push(row);
    process.stderr.write(
      `${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)}), CPU ${row.cpu.toFixed(2)}, ${row.peakMib.toFixed(0)} MiB\n`,
    );
  };
  const tries = 10;
  const repeated = (command) => `for i in $(seq ${tries}); do ${command} || exit 1; done`;
  await add(`start: wal push --help against node -e 0, ${tries} times`, '≤ 1.5 (CPU)', {
    ours: repeated(`${ours} --help >/dev/null`),
    native: repeated(`${process.execPath} -e 0`),
  });

  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  if (spawnSync('pgbackrest', ['version']).status !== 0) {
    process.stderr.write('pgbackrest is not installed: nothing to compare with\n');
    return table(rows);
  }
  const cluster = startCluster({ bin, gigabytes: 0, files: 0 });
  const work = mkdtempSync('/tmp/gausskeep-bench-archive-');
  try {
    const segments = takeSegments(bin, cluster, work, 8);
    const stanza = `--stanza=bench --pg1-path=${cluster.directory} --repo1-path=${work}/repo --log-path=${work} --lock-path=${work}/lock --log-level-console=error --log-level-file=off --no-config`;
    const created = spawnSync('sh', ['-c', `pgbackrest ${stanza} --no-online stanza-create`], {
      encoding: 'utf8',
    });
    if (created.status !== 0) throw new Error(`pgbackrest stanza-create: ${created.stdout}${created.stderr}`);
    const clean = () => {
      rmSync(join(work, 'ours'), { recursive: true, force: true });
      mkdirSync(join(work, 'ours'));
      const archive = join(work, 'repo/archive/bench');
      for (const version of readdirSync(archive, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
        rmSync(join(archive, version.name), { recursive: true });
      }
    };
    const each = (command) => `for s in ${segments.join(' ')}; do ${command} || exit 1; done`;
    const cases = [
      ['gzip 6', '≤ 0.6', 'gzip:6', '--compress-type=gz --compress-level=6'],
      ['none', 'report', 'none', '--compress-type=none'],
      ['lz4', 'report', 'lz4', '--compress-type=lz4 --compress-level=1'],
      ['zstd 3', 'report', 'zstd:3', '--compress-type=zst --compress-level=3'],
    ];
    for (const [name, goal, codec, theirs] of cases) {
      await add(`${segments.length} segments, ${name}`, goal, {
        clean,
        ours: each(`${ours} $s --archive ${work}/ours -Z ${codec} 2>/dev/null`),
        native: each(`pgbackrest ${stanza} ${theirs} archive-push $s`),
      });
    }
  } finally {
    cluster.stop();
    rmSync(work, { recursive: true, force: true });
  }
  return table(rows);
}

/** Fills segments and copies whole ones. The text repeats about half, as that of real tables does. */
function takeSegments(bin, { directory, port }, work, count) {
  const sql = (text) => {
    const words = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-qAtc', text];
    return execFileSync(join(bin, 'psql'), words, { encoding: 'utf8' }).trim();
  };
  sql('create table filled (id bigint, a text, b text)');
  const first = sql('select pg_walfile_name(pg_current_wal_lsn())');
  sql(
    `insert into filled select i, md5(i::text) || md5((i * 7)::text), repeat('order line ', 8) from generate_series(1, ${count * 100_000}) i`,
  );
  const last = sql('select pg_walfile_name(pg_current_wal_lsn())');
  const target = join(work, 'pg_wal');
  mkdirSync(target);
  chmodSync(work, 0o755);
  const names = readdirSync(join(directory, 'pg_wal'))
    .filter((name) => /^[0-9A-F]{24}$/.test(name) && name > first && name < last)
    .sort()
    .slice(0, count);
  if (names.length < count) throw new Error(`only ${names.length} segments between ${first} and ${last}`);
  for (const name of names) copyFileSync(join(directory, 'pg_wal', name), join(target, name));
  return names.map((name) => join(target, name));
}
