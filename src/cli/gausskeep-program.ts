import type { OptionGroup } from '../config/option-table.ts';
import { parseOptions, usage } from '../config/parse-options.ts';
import { render, say, type Message } from '../messages/message.ts';
import { commandList, commandsByProgramName } from './command-list.ts';
import type { Command, CommandEntry } from './command.ts';
import type { StatusRule } from './exit-status.ts';
import { helpText } from './help-text.ts';
import { runProgram } from './program.ts';

const helpOption: OptionGroup = {
  title: 'cli.help.general',
  options: [{ long: 'help', short: '?', help: 'cli.help.help' }],
};

/** `gausskeep COMMAND …`, or a command under the name of the tool that it stands in for. */
export async function gausskeepProgram(program: string, argv: readonly string[]): Promise<void> {
  const standsFor = commandsByProgramName[program];
  if (standsFor !== undefined) {
    const entry = commandList.find(({ name }) => name === standsFor);
    if (entry !== undefined) return runCommand(program, entry, argv, 'always-one');
  }
  const entry = entryOf(argv);
  if (entry !== undefined) {
    const words = entry.name.split(' ').length;
    return runCommand(`${program} ${entry.name}`, entry, argv.slice(words), undefined);
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

async function runCommand(
  program: string,
  entry: CommandEntry,
  argv: readonly string[],
  rule: StatusRule | undefined,
): Promise<void> {
  const command = await entry.load();
  const json = argv.includes('--json');
  const options = { program, statusRule: rule ?? command.statusRule ?? 'by-code', json: () => json };
  await runProgram(options, async (context) => {
    const given = parseOptions(program, withHelp(command), argv);
    if (!given.has('help')) return command.run(given, context);
    const head = [command.summary, say('cli.usage', { program, synopsis: render(command.synopsis) })];
    await context.terminal.data(helpText(head, withHelp(command)));
    return 0;
  });
}

/** The options of a command; `--help` is one of every command's. */
function withHelp(command: Command): readonly OptionGroup[] {
  const has = command.options.some(({ options }) => options.some(({ long }) => long === 'help'));
  return has ? command.options : [...command.options, helpOption];
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
