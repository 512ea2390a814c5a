// gausskeep restore against `tar xzf` and `cp -a`, which restore nothing but the files, from the same backups in the same run.
// Both sides end with everything on disk; ours also compares every file with the manifest.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { workDirectory } from './work-directory.mjs';

/**
 * Before each run: nothing of other writes is left to do, for `sync -f` would do them as well. What was restored stays, without the content of
 * its large files, until the end of all rows: ext4 without a journal searches long for inodes behind many that were just removed
 * (recently_deleted, for 35 s), which would be most of the time of the next run.
 */
function clean(work) {
  execFileSync('find', [work, '-type', 'f', '-size', '+1M', '-exec', 'truncate', '-s', '0', '{}', '+']);
  execFileSync('sync');
}

/** @param {{ rounds: number, gigabytes: number, files: number, only?: string }} options */
export async function benchRestore({ rounds, gigabytes, files, only }) {
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const backups = workDirectory('backups');
  const restored = workDirectory('restored');
  const work = restored.path;
  const rows = [];
  const add = async (name, goal, commands) => {
    if (only !== undefined && !name.includes(only)) return;
    const row = { ...(await compare(name, { rounds, clean: () => clean(work), ...commands })), goal };
    rows.push(row);
    process.stderr.write(
      `${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)}), CPU ${row.cpu.toFixed(2)}, ${row.peakMib.toFixed(0)} MiB\n`,
    );
  };
  const clusters = [];
  try {
    // The clusters are removed at the end only, for the reason that `clean` has.
    clusters.push(startCluster({ bin, gigabytes, files: 0 }));
    await addPair('', takeBoth(backups.path, clusters[0].port, 'ordinary'), work, add);
    clusters.push(startCluster({ bin, gigabytes: 0, files }));
    await addPair(`small files (${files}), `, takeBoth(backups.path, clusters[1].port, 'small'), work, add);
  } finally {
    for (const cluster of clusters) cluster.stop();
    restored.remove();
    backups.remove();
  }
  return table(rows);
}

/** One backup as compressed tars, one plain. */
function takeBoth(backups, port, name) {
  const take = (form, ...args) => {
    const directory = join(backups, `${name}-${form}`);
    const at = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-c', 'fast', '-N', '-X', 'fetch'];
    execFileSync(process.execPath, ['dist/gs_basebackup.js', ...at, '-D', directory, ...args], { stdio: 'ignore' });
    return directory;
  };
  return { tars: take('tars', '-Ft', '-Z', '1'), plain: take('plain') };
}

async function addPair(prefix, { tars, plain }, work, add) {
  const isSmall = prefix !== '';
  // Status 3: what belongs to root cannot be started, which is a warning.
  const ours = (backup) => `dist/gausskeep.cjs restore --from ${backup} --pgdata ${work}/ours-$$ -q || test $? = 3`;
  const to = `${work}/native-$$`;
  await add(`${prefix}tar.gz; tar xzf and sync -f`, isSmall ? 'report' : '≤ 0.5', {
    ours: ours(tars),
    native: `mkdir ${to} && tar xzf ${tars}/base.tar.gz -C ${to} && sync -f ${to}`,
  });
  await add(`${prefix}plain; cp -a and sync -f`, isSmall ? 'report' : '≤ 1.2', {
    ours: ours(plain),
    native: `cp -a ${plain} ${to} && sync -f ${to}`,
  });
}
