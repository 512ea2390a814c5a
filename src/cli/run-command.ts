import { languageOption } from '../config/language.ts';
import type { OptionGroup } from '../config/option-table.ts';
import { say } from '../messages/message.ts';
import { readCommandLine } from './command-line.ts';
import type { Command } from './command.ts';
import type { StatusRule } from './exit-status.ts';
import { helpText } from './help-text.ts';
import { runProgram } from './program.ts';

const helpOption: OptionGroup = {
  title: 'cli.help.general',
  options: [languageOption, { long: 'help', short: '?', help: 'cli.help.help' }],
};

/** Runs a command with the words behind its name. @param rule instead of the command's own */
export async function runCommand(
  program: string,
  command: Command,
  argv: readonly string[],
  rule?: StatusRule,
): Promise<void> {
  const json = argv.includes('--json');
  const { statusRule = 'by-code', talkLimitBytes } = command;
  const options = { program, statusRule: rule ?? statusRule, json: () => json, talkLimitBytes };
  await runProgram(options, async (context) => {
    const given = readCommandLine(program, withHelp(command), argv);
    if (!given.has('help')) return command.run(given, context);
    const head = [command.summary, say('cli.usage', { program, synopsis: command.synopsis })];
    await context.terminal.data(helpText(head, withHelp(command), [], context.terminal.helpColumns));
    return 0;
  });
}

/** The options of a command; `--help` is one of every command's. */
function withHelp(command: Command): readonly OptionGroup[] {
  const has = command.options.some(({ options }) => options.some(({ long }) => long === 'help'));
  return has ? command.options : [...command.options, helpOption];
}
