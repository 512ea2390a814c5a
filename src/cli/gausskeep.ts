#!/usr/bin/env node
import { version } from '../version.ts';
import { calledAs } from './program-name.ts';

const program = calledAs('gausskeep');
const [first] = process.argv.slice(2);

if (first === '--version' || first === '-V') {
  process.stdout.write(`${program} (gausskeep) ${version}\n`);
} else {
  const { gausskeepProgram } = await import('./gausskeep-program.ts');
  await gausskeepProgram(program, process.argv.slice(2));
}
