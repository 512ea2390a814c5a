// Built into one file of its own, see wal-push-single.ts.
import { walGetCommand } from './commands/wal-get.ts';
import { calledAs } from './program-name.ts';
import { runCommand } from './run-command.ts';

export async function runWalGet(argv: readonly string[]): Promise<void> {
  await runCommand(`${calledAs('gausskeep')} wal get`, walGetCommand, argv);
}
