#!/usr/bin/env node
// Built into one file that loads nothing until it knows what for: what cannot be loaded must not end `wal get` with node's status 1.
// Behind a few lines of sh, see launcher.sh. Built twice: as CommonJS, which starts 10 ms sooner, for who calls it by its name, and as an
// ES module for who names the file.
import { loadPart } from './load-part.ts';
import { printVersion } from './print-version.ts';
import { calledAs, releaseStoodInFor } from './program-name.ts';

/** As Node itself ends where a module waits for what never comes. */
const neverEndedStatus = 13;

const program = calledAs('gausskeep');
const words = process.argv.slice(2);
const [first, second] = words;

if (first === '--version' || first === '-V') {
  const release = program === 'gausskeep' ? undefined : releaseStoodInFor();
  printVersion(program, release === undefined ? '' : `, in the words of PostgreSQL ${release}`);
} else {
  process.exitCode = neverEndedStatus;
  // What rejects here is nobody's to catch: Node ends with it.
  void run();
}

async function run(): Promise<void> {
  if (first === 'wal' && second === 'push') {
    await loadPart('wal-push-single').runWalPush(words.slice(2));
  } else if (first === 'wal' && second === 'get') {
    failWith126();
    await loadPart('wal-get-single').runWalGet(words.slice(2));
  } else {
    await startProgram().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`gausskeep: error: could not load the program: ${reason.split('\n')[0] ?? ''}\n`);
      process.exitCode = 1;
    });
  }
}

async function startProgram(): Promise<void> {
  if (program === 'pg_verifybackup') {
    await loadPart('verify-single').runVerifyBackup(program, words);
  } else if (program.startsWith('pg_')) {
    await (await import('./gausskeep-program.ts')).gausskeepProgram(program, words);
  } else if (first === 'verify') {
    await loadPart('verify-single').runVerify(program, words.slice(1));
  } else if (first === 'restore') {
    await loadPart('restore-single').runRestore(program, words.slice(1));
  } else if (first === '--help' || first === '-?' || (first === 'help' && second === undefined)) {
    await loadPart('help-single').runHelp(program, words);
  } else {
    await (await import('./gausskeep-program.ts')).gausskeepProgram(program, words);
  }
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
