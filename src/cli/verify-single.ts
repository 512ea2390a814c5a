// Built into one file of its own, see wal-push-single.ts: monitoring verifies backups often, and small ones start for long.
import { verifyCommand } from './commands/verify.ts';
import { runCommand } from './run-command.ts';

export async function runVerify(program: string, argv: readonly string[]): Promise<void> {
  await runCommand(`${program} verify`, verifyCommand, argv);
}

/** Under the name of pg_verifybackup. */
export async function runVerifyBackup(program: string, argv: readonly string[]): Promise<void> {
  await runCommand(program, verifyCommand, argv, 'always-one');
}
