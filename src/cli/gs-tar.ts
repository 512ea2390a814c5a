#!/usr/bin/env node
// Imports nothing by itself: what cannot be loaded (open files, memory) becomes one sentence.

const words = process.argv.slice(2);
const [first] = words;

await start().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`gs_tar: error: could not load the program: ${reason.split('\n')[0] ?? ''}\n`);
  process.exitCode = 1;
});

async function start(): Promise<void> {
  const { calledAs } = await import('./program-name.ts');
  const program = calledAs('gs_tar');
  if (first !== '--version' && first !== '-V') {
    const { tarProgram } = await import('./tar-program.ts');
    await tarProgram(program, words);
    return;
  }
  // A reader that went away.
  process.stdout.on('error', () => {
    process.exitCode = 141;
  });
  const { version } = await import('../version.ts');
  process.stdout.write(`${program} (gausskeep) ${version}\n`);
}
