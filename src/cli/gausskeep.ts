#!/usr/bin/env node
// Imports nothing until it knows what for: what cannot be loaded must not end `wal get` with node's status 1. Built behind a
// few lines of sh, see launcher.sh.

const words = process.argv.slice(2);
const [first, second] = words;

if (first === '--version' || first === '-V') {
  // A reader that went away.
  process.stdout.on('error', () => {
    process.exitCode = 141;
  });
  const { version } = await import('../version.ts');
  const { calledAs, releaseStoodInFor } = await import('./program-name.ts');
  const program = calledAs('gausskeep');
  const release = program === 'gausskeep' ? undefined : releaseStoodInFor();
  const behind = release === undefined ? '' : `, in the words of PostgreSQL ${release}`;
  process.stdout.write(`${program} (gausskeep) ${version}${behind}\n`);
} else if (first === 'wal' && second === 'push') {
  await (await import('./wal-push-single.ts')).runWalPush(words.slice(2));
} else if (first === 'wal' && second === 'get') {
  failWith126();
  await (await import('./wal-get-single.ts')).runWalGet(words.slice(2));
} else {
  await startProgram().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`gausskeep: error: could not load the program: ${reason.split('\n')[0] ?? ''}\n`);
    process.exitCode = 1;
  });
}

async function startProgram(): Promise<void> {
  const [{ gausskeepProgram }, { calledAs }] = await Promise.all([
    import('./gausskeep-program.ts'),
    import('./program-name.ts'),
  ]);
  await gausskeepProgram(calledAs('gausskeep'), words);
}

/**
 * A server takes the statuses 1 to 125 of its restore_command for "the archive ends here" and opens the database. Node ends
 * with 1 for whatever nobody caught and with 13 when it waits for what never comes; both become 126.
 */
function failWith126(): void {
  process.exitCode = 126;
  process.on('uncaughtException', (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`gausskeep wal get: error: ${reason.split('\n')[0] ?? ''}\n`);
    // Nothing that goes on now may give another answer.
    // eslint-disable-next-line no-restricted-properties
    process.exit(126);
  });
}
