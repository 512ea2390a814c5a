#!/usr/bin/env node
import { version } from '../version.ts';
import { calledAs } from './program-name.ts';

const program = calledAs('gs_basebackup');
const [first] = process.argv.slice(2);

// Nothing is loaded for the version: monitoring asks for it often.
if (first === '--version' || first === '-V') {
  // A reader that went away.
  process.stdout.on('error', () => {
    process.exitCode = 141;
  });
  process.stdout.write(`${program} (gausskeep) ${version}\n`);
} else {
  const { basebackupProgram } = await import('./basebackup-program.ts');
  await basebackupProgram(program, process.argv.slice(2));
}
