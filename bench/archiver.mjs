// Does what a server's archiver does: while files are marked .ready, the oldest by name is given to the command, by sh, and marked .done when that ends with 0.
// archiver.mjs DATA COMMAND
import { spawnSync } from 'node:child_process';
import { readdirSync, renameSync } from 'node:fs';

const [data = '', command = ''] = process.argv.slice(2);
process.chdir(data);
const marks = 'pg_wal/archive_status';
for (;;) {
  const [mark] = readdirSync(marks)
    .filter((name) => name.endsWith('.ready'))
    .sort();
  if (mark === undefined) break;
  const name = mark.slice(0, -'.ready'.length);
  const line = command.replace('%p', () => `pg_wal/${name}`);
  const { status } = spawnSync('sh', ['-c', line], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(1);
  renameSync(`${marks}/${mark}`, `${marks}/${name}.done`);
}
