#!/usr/bin/env node
import { version } from '../version.ts';
import { calledAs, releaseStoodInFor } from './program-name.ts';

const program = calledAs('gausskeep');
const words = process.argv.slice(2);
const [first, second] = words;

if (first === '--version' || first === '-V') {
  const release = program === 'gausskeep' ? undefined : releaseStoodInFor();
  const words = release === undefined ? '' : `, in the words of PostgreSQL ${release}`;
  process.stdout.write(`${program} (gausskeep) ${version}${words}\n`);
} else if (first === 'wal' && second === 'push') {
  await (await import('./wal-push-single.ts')).runWalPush(program, words.slice(2));
} else if (first === 'wal' && second === 'get') {
  await (await import('./wal-get-single.ts')).runWalGet(program, words.slice(2));
} else {
  const { gausskeepProgram } = await import('./gausskeep-program.ts');
  await gausskeepProgram(program, words);
}
