#!/usr/bin/env node
import { version } from '../version.ts';
import { calledAs } from './program-name.ts';

const program = calledAs('gs_tar');
const [first] = process.argv.slice(2);

if (first === '--version' || first === '-V') {
  // A reader that went away.
  process.stdout.on('error', () => {
    process.exitCode = 141;
  });
  process.stdout.write(`${program} (gausskeep) ${version}\n`);
} else {
  const { tarProgram } = await import('./tar-program.ts');
  await tarProgram(program, process.argv.slice(2));
}
