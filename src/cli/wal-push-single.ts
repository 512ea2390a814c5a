// Built into one file of its own (scripts/build.mjs): a server runs this command for each segment, and loading one small
// file takes half the time of loading a dozen.
import { walPushCommand } from './commands/wal-push.ts';
import { calledAs } from './program-name.ts';
import { runCommand } from './run-command.ts';

export async function runWalPush(argv: readonly string[]): Promise<void> {
  await runCommand(`${calledAs('gausskeep')} wal push`, walPushCommand, argv);
}
