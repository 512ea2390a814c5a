// node scripts/run.mjs bench/soak/main.ts [--seconds N] [--steps N] [--seed N] [--server VERSION] [--recoveries N]
import { parseArgs } from 'node:util';
import { isServerVersion } from '../../test/support/postgres/binaries.ts';
import { stopAllServers } from '../../test/support/postgres/server.ts';
import { runDirectory } from '../../test/support/run-directory.ts';
import { judge, type Judged } from './judge.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    steps: { type: 'string', default: '9' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    server: { type: 'string', default: '17' },
    recoveries: { type: 'string', default: '8' },
  },
});
const number = (name: keyof typeof values): number => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name}: "${values[name]}" is no whole number`);
  return value;
};
const [seed, version] = [number('seed'), number('server')];
if (!isServerVersion(version)) throw new Error(`there is no server ${values.server}`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);
say(`seed ${seed}, PostgreSQL ${version}: npm run bench -- soak --seed ${seed} --server ${version} repeats it`);
try {
  const begun = Date.now();
  const run = await soak({ version, seed, steps: number('steps'), seconds: number('seconds'), onStep: say });
  const hauled = (Date.now() - begun) / 1000;
  say(`the haul took ${hauled.toFixed(0)} s; judging`);
  process.stdout.write(`${table(await judge(run, number('recoveries')), version, hauled)}\n`);
} catch (error) {
  await stopAllServers();
  runDirectory().keep();
  say(`seed ${seed} failed; everything is left in ${runDirectory().path}`);
  throw error;
}
await stopAllServers();

function table(judged: Judged, version: number, hauled: number): string {
  const { receiver } = judged;
  const megabytes = (mib: number): string => `${mib.toFixed(0)} MiB`;
  return [
    '| | |',
    '|---|---|',
    `| seed, server, time | ${judged.seed}, PostgreSQL ${version}, ${hauled.toFixed(0)} s |`,
    `| steps | ${[...judged.counts].map(([name, count]) => `${count} ${name}`).join(', ')} |`,
    `| transactions, broken connections of writers | ${judged.transactions}, ${judged.brokenConnections} |`,
    `| segments, backups verified | ${judged.segments}, ${judged.backups} |`,
    `| memory of the receiver: first third, last third, peak | ${[receiver.firstMib, receiver.lastMib, receiver.peakMib].map(megabytes).join(', ')} |`,
    `| its descriptors: first third, last third | ${receiver.firstDescriptors}, ${receiver.lastDescriptors} |`,
    ...judged.recovered.map((text) => `| recovered, every row compared | ${text} |`),
  ].join('\n');
}
