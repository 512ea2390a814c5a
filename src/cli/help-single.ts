// Built into one file of its own, see wal-push-single.ts: `gausskeep --help` loads no more than its words.
import { speakAsAsked } from './command-line.ts';
import { commandNames } from './command-names.ts';
import { firstScreen } from './first-screen.ts';
import { runProgram } from './program.ts';

export async function runHelp(program: string, words: readonly string[]): Promise<void> {
  await runProgram({ program, statusRule: 'by-code' }, async ({ terminal }) => {
    speakAsAsked(words);
    await terminal.data(firstScreen(program, commandNames, terminal.helpColumns));
    return 0;
  });
}
