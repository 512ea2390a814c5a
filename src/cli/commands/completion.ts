import { completionOptions } from '../../config/completion-options.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from '../completion/bash-completion.ts';
import { completedCommands, type CompletedCommand } from '../completion/completed-programs.ts';
import { fishCompletion } from '../completion/fish-completion.ts';
import { zshCompletion } from '../completion/zsh-completion.ts';

const writers: ReadonlyMap<string, (commands: readonly CompletedCommand[]) => string> = new Map([
  ['bash', bashCompletion],
  ['zsh', zshCompletion],
  ['fish', fishCompletion],
]);

export const completionCommand: Command = {
  synopsis: say('completion.synopsis'),
  summary: say('completion.what'),
  options: completionOptions,
  run: async (given, { program, terminal }) => {
    const [shell, further] = given.operands;
    if (shell === undefined) throw usage(program, say('completion.no-shell'));
    if (further !== undefined) throw extraWord(program, further);
    const write = writers.get(shell);
    if (write === undefined) throw usage(program, say('completion.unknown-shell', { word: shell }));
    await terminal.data(write(completedCommands()));
    return 0;
  },
};
