// Stands in for gs_ctl: `gs_ctl start -D DIR -M normal`. Starts the stand-in gaussdb of the same directory, waits until it
// is consistent or has ended, and ends with the recorded status.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const home = process.env.STAND_IN_HOME;
const args = process.argv.slice(2);
const { GAUSSHOME, LD_LIBRARY_PATH } = process.env;
appendFileSync(join(home, 'calls'), `${JSON.stringify({ args, GAUSSHOME, LD_LIBRARY_PATH, cwd: process.cwd() })}\n`);
const directory = args[args.indexOf('-D') + 1];
if (args[0] !== 'start' || args[args.indexOf('-M') + 1] !== 'normal' || directory === undefined) {
  process.stdout.write('gs_ctl: the stand-in knows start -D DIR -M normal\n');
  process.exit(1);
}
const up = join(home, 'up');
rmSync(up, { force: true });
const server = spawn(process.execPath, [join(dirname(process.argv[1]), 'gaussdb.mjs'), directory], {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
});
server.unref();
let ended = false;
server.once('exit', () => (ended = true));
const { exit } = JSON.parse(readFileSync(join(home, 'outcome.json'), 'utf8'));
setInterval(() => {
  if (existsSync(up)) process.exit(0);
  if (ended) process.exit(exit === 0 ? 1 : exit);
}, 10);
