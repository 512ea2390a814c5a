#!/usr/bin/env node
// Built into one file that loads nothing by itself: what cannot be loaded (open files, memory) becomes one sentence.
import { loadPart } from './load-part.ts';
import { printVersion } from './print-version.ts';
import { calledAs } from './program-name.ts';

const words = process.argv.slice(2);
const [first] = words;

await start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`gs_basebackup: error: could not load the program: ${reason.split('\n')[0] ?? ''}\n`);
  process.exitCode = 1;
});

async function start(): Promise<void> {
  const program = calledAs('gs_basebackup');
  // Nothing is loaded for the version: monitoring asks for it often.
  if (first !== '--version' && first !== '-V') {
    await loadPart('basebackup-single').runBasebackup(program, words);
    return;
  }
  printVersion(program);
}
