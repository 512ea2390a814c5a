// Built into one file of its own (scripts/build.mjs): a server runs this command for each segment, and loading one small
// file takes half the time of loading a dozen.
import { walPushCommand } from './commands/wal-push.ts';
import { runCommand } from './run-command.ts';

export async function runWalPush(program: string, argv: readonly string[]): Promise<void> {
  await runCommand(`${program} wal push`, walPushCommand, argv);
}
