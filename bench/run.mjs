// npm run bench [-- archive backup] [--rounds N] [--gigabytes N] [--files N] [--only TEXT]: prints Markdown tables on stdout.
// npm run bench -- soak [--seconds N] [--steps N] [--seed N] [--server 11|14|15|17|18] [--recoveries N]: the long haul, only where it is named.
import { parseArgs } from 'node:util';
import { benchArchive } from './archive.mjs';
import { benchBackup } from './backup.mjs';
import { benchEventLoop } from './event-loop.mjs';
import { benchObjectStore } from './object-store.mjs';
import { benchOpengauss } from './opengauss.mjs';
import { benchPlan } from './plan.mjs';
import { benchReceive } from './receive.mjs';
import { benchRepository } from './repository.mjs';
import { benchRestore } from './restore.mjs';
import { benchSoak } from './soak.mjs';
import { benchVerify } from './verify.mjs';
import { benchWal } from './wal.mjs';

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    gigabytes: { type: 'string', default: '2' },
    files: { type: 'string', default: '20000' },
    only: { type: 'string' },
    seconds: { type: 'string' },
    steps: { type: 'string' },
    seed: { type: 'string' },
    server: { type: 'string' },
    recoveries: { type: 'string' },
  },
  allowPositionals: true,
});
const { seconds, steps, seed, server, recoveries } = values;
const options = {
  soak: { seconds, steps, seed, server, recoveries },
  rounds: Number(values.rounds),
  gigabytes: Number(values.gigabytes),
  files: Number(values.files),
  only: values.only,
};
const suites = {
  archive: benchArchive,
  backup: benchBackup,
  loop: benchEventLoop,
  'object-store': benchObjectStore,
  opengauss: benchOpengauss,
  plan: benchPlan,
  receive: benchReceive,
  repository: benchRepository,
  restore: benchRestore,
  soak: benchSoak,
  verify: benchVerify,
  wal: benchWal,
};
for (const name of positionals.length > 0 ? positionals : Object.keys(suites).filter((name) => name !== 'soak')) {
  const suite = suites[name];
  if (suite === undefined) throw new Error(`no benchmark named ${name}; there are: ${Object.keys(suites).join(', ')}`);
  process.stdout.write(`## ${name}\n\n${await suite(options)}\n\n`);
}
