import { shellWord } from '../messages/message.ts';

/** A command with the directory of its program in front; undefined: its name is enough. */
export function placed(command: string, directory: string | undefined): string {
  if (directory === undefined) return command;
  const [program = '', ...rest] = command.split(' ');
  return [shellWord(`${directory}/${program}`), ...rest].join(' ');
}
