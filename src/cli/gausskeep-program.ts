import { usage } from '../config/parse-options.ts';
import { render, say, type Message } from '../messages/message.ts';
import { commandList, commandsByProgramName } from './command-list.ts';
import type { CommandEntry } from './command.ts';
import { helpText } from './help-text.ts';
import { runProgram } from './program.ts';
import { runCommand } from './run-command.ts';

/** `gausskeep COMMAND …`, or a command under the name of the tool that it stands in for. */
export async function gausskeepProgram(program: string, argv: readonly string[]): Promise<void> {
  const standsFor = commandsByProgramName[program];
  if (standsFor !== undefined) {
    const entry = commandList.find(({ name }) => name === standsFor);
    if (entry !== undefined) return runCommand(program, await entry.load(), argv, 'always-one');
  }
  const entry = entryOf(argv);
  if (entry !== undefined) {
    const words = entry.name.split(' ').length;
    return runCommand(`${program} ${entry.name}`, await entry.load(), argv.slice(words));
  }
  await runProgram({ program, statusRule: 'by-code' }, async ({ terminal }) => {
    const [first] = argv;
    if (first === '--help' || first === '-?' || first === 'help') {
      await terminal.data(overview(program));
      return 0;
    }
    throw usage(program, first === undefined ? say('cli.no-command') : say('cli.unknown-command', { word: first }));
  });
}

function entryOf(argv: readonly string[]): CommandEntry | undefined {
  return commandList.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
}

function overview(program: string): string {
  const lines: Message[] = [
    say('cli.what', { program }),
    say('cli.usage', { program, synopsis: 'COMMAND [OPTION]...' }),
  ];
  const width = Math.max(0, ...commandList.map(({ name }) => name.length)) + 2;
  const commands = commandList.map(
    ({ name, summary }) => `  ${name.padEnd(width)}${render(say(summary as 'cli.no-command'))}`,
  );
  return `${helpText(lines, [])}\n${render(say('cli.commands'))}\n${commands.join('\n')}\n\n${render(say('cli.foot', { program }))}\n`;
}
