// npm run bench [-- archive backup] [--rounds N] [--gigabytes N] [--files N] [--only TEXT]: prints Markdown tables on stdout.
import { parseArgs } from 'node:util';
import { benchArchive } from './archive.mjs';
import { benchBackup } from './backup.mjs';
import { benchEventLoop } from './event-loop.mjs';
import { benchOpengauss } from './opengauss.mjs';
import { benchPlan } from './plan.mjs';
import { benchReceive } from './receive.mjs';
import { benchRestore } from './restore.mjs';
import { benchVerify } from './verify.mjs';
import { benchWal } from './wal.mjs';

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    gigabytes: { type: 'string', default: '2' },
    files: { type: 'string', default: '20000' },
    only: { type: 'string' },
  },
  allowPositionals: true,
});
const options = {
  rounds: Number(values.rounds),
  gigabytes: Number(values.gigabytes),
  files: Number(values.files),
  only: values.only,
};
const suites = {
  archive: benchArchive,
  backup: benchBackup,
  loop: benchEventLoop,
  opengauss: benchOpengauss,
  plan: benchPlan,
  receive: benchReceive,
  restore: benchRestore,
  verify: benchVerify,
  wal: benchWal,
};
for (const name of positionals.length > 0 ? positionals : Object.keys(suites)) {
  const suite = suites[name];
  if (suite === undefined) throw new Error(`no benchmark named ${name}; there are: ${Object.keys(suites).join(', ')}`);
  process.stdout.write(`## ${name}\n\n${await suite(options)}\n\n`);
}
