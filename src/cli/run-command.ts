import { say } from '../messages/message.ts';
import { readCommandLine } from './command-line.ts';
import type { Command } from './command.ts';
import type { StatusRule } from './exit-status.ts';
import { withHelp } from './help-option.ts';
import { helpText } from './help-text.ts';
import { runProgram } from './program.ts';

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
    const given = readCommandLine(program, withHelp(command.options), argv);
    if (!given.has('help')) return command.run(given, context);
    const head = [command.summary, say('cli.usage', { program, synopsis: command.synopsis })];
    await context.terminal.data(helpText(head, withHelp(command.options), [], context.terminal.helpColumns));
    return 0;
  });
}
