// gs_basebackup against Debian's pg_basebackup on the same server, in the same run.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, table } from './measure.mjs';
import { nativeBinaries, startCluster } from './cluster.mjs';
import { workDirectory } from './work-directory.mjs';

/** @param {{ rounds: number, gigabytes: number, files: number, only?: string }} options */
export async function benchBackup(options) {
  const home = workDirectory('backup');
  try {
    return await benchIn(join(home.path, 'out'), options);
  } finally {
    home.remove();
  }
}

/** @param {string} work the target of every backup */
async function benchIn(work, { rounds, gigabytes, files, only }) {
  const clean = () => rmSync(work, { recursive: true, force: true });
  const bin = nativeBinaries();
  if (bin === undefined) throw new Error('the benchmark needs Debian’s PostgreSQL packages (pg_config is not there)');
  const ours = `${process.execPath} dist/gs_basebackup.js`;
  const native = `${bin}/pg_basebackup`;
  const rows = [];
  const wanted = (name) => only === undefined || name.includes(only);
  const add = async (name, goal, commands) => {
    if (!wanted(name)) return;
    const row = { ...(await compare(name, { rounds, clean, ...commands })), goal };
    rows.push(row);
    process.stderr.write(
      `${name}: ${row.ratio.toFixed(2)} (${row.low.toFixed(2)} … ${row.high.toFixed(2)}), CPU ${row.cpu.toFixed(2)}, ${row.peakMib.toFixed(0)} MiB\n`,
    );
  };
  await add('start: --version against node -e 0', '≤ 1.10', {
    ours: `${ours} --version`,
    native: `${process.execPath} -e 0`,
  });

  await add('start: gausskeep --help against node -e 0', '≤ 1.10', {
    ours: 'dist/gausskeep.cjs --help',
    native: `${process.execPath} -e 0`,
  });

  const big = startCluster({ bin, gigabytes, files: 0 });
  try {
    const at = `-h 127.0.0.1 -p ${big.port} -U postgres -c fast`;
    await add('tar to nowhere', '≤ 1.00, CPU ≤ 0.85', {
      ours: `${ours} ${at} -D - -Ft -X none >/dev/null`,
      native: `${native} ${at} -D - -Ft -X none >/dev/null`,
    });
    await add('plain with sync', '≤ 0.85', { ours: `${ours} ${at} -D ${work}`, native: `${native} ${at} -D ${work}` });
    await add('gzip 1 to a file', '≤ 0.55', {
      ours: `${ours} ${at} -D ${work} -Ft -Z 1 -X fetch`,
      native: `${native} ${at} -D ${work} -Ft -Z client-gzip:1 -X fetch`,
    });
    await add('zstd 3 to a file', '≤ 0.85', {
      ours: `${ours} ${at} -D ${work} -Ft -Z zstd:3 -X fetch`,
      native: `${native} ${at} -D ${work} -Ft -Z client-zstd:3 -X fetch`,
    });
  } finally {
    big.stop();
  }
  if (wanted('small files')) {
    const small = startCluster({ bin, gigabytes: 0, files });
    try {
      const at = `-h 127.0.0.1 -p ${small.port} -U postgres -c fast`;
      await add(`small files (${files}), plain with sync`, '≤ 0.75', {
        // Each run has a directory of its own: ext4 without a journal searches long for inodes behind so many that were just removed
        // (recently_deleted, for 35 s), which was most of the time of such a run.
        clean: () => undefined,
        ours: `mkdir -p ${work} && ${ours} ${at} -D ${work}/ours-$$`,
        native: `mkdir -p ${work} && ${native} ${at} -D ${work}/native-$$`,
      });
    } finally {
      clean();
      small.stop();
    }
  }
  return table(rows);
}
