// Built into one file of its own, see wal-push-single.ts.
import { restoreCommand } from './commands/restore.ts';
import { runCommand } from './run-command.ts';

export async function runRestore(program: string, argv: readonly string[]): Promise<void> {
  await runCommand(`${program} restore`, restoreCommand, argv);
}
