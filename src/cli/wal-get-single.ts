// Built into one file of its own, see wal-push-single.ts.
import { walGetCommand } from './commands/wal-get.ts';
import { runCommand } from './run-command.ts';

export async function runWalGet(program: string, argv: readonly string[]): Promise<void> {
  await runCommand(`${program} wal get`, walGetCommand, argv);
}
