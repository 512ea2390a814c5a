import type { GivenOptions, OptionGroup } from '../config/option-table.ts';
import type { Message, MessageKey } from '../messages/message.ts';
import type { StatusRule } from './exit-status.ts';
import type { ProgramContext } from './program.ts';

/** One command of `gausskeep`, in a file of `commands/` that is loaded when it is called. */
export interface Command {
  /** Behind the program's name in the usage line, for example `verify [OPTION]... BACKUP`. */
  readonly synopsis: Message;
  readonly summary: Message;
  readonly options: readonly OptionGroup[];
  /** Default `by-code`. */
  readonly statusRule?: StatusRule | undefined;
  /** Most that goes to stderr, in bytes; default no limit. */
  readonly talkLimitBytes?: number | undefined;
  /** @returns the exit status */
  readonly run: (given: GivenOptions, context: ProgramContext) => Promise<number>;
}

/** A command in the list of `gausskeep --help`. */
export interface CommandEntry {
  /** The words after `gausskeep`, for example `wal push`. */
  readonly name: string;
  readonly summary: MessageKey;
  readonly load: () => Promise<Command>;
  /** The command under the name of the tool that it stands in for, where that has other options. */
  readonly loadOriginal?: () => Promise<Command>;
}
