import { readEnvironment } from '../config/environment.ts';
import { languageGiven, languageIn, languageOf } from '../config/language.ts';
import type { GivenOptions, OptionGroup } from '../config/option-table.ts';
import { parseOptions } from '../config/parse-options.ts';
import { speakIn } from './speech.ts';

/** From now on the process speaks the language that `words` or the environment ask for. */
export function speakAsAsked(words: readonly string[]): void {
  speakIn(languageOf(languageIn(words), readEnvironment()));
}

/** Reads the options of a program, which has `--lang`, and what is wrong with them is said in that language already. @throws BackupError `USAGE` */
export function readCommandLine(
  program: string,
  groups: readonly OptionGroup[],
  words: readonly string[],
): GivenOptions {
  speakAsAsked(words);
  const given = parseOptions(program, groups, words);
  // Now it is known which words were options, and which were values.
  speakIn(languageOf(languageGiven(given), readEnvironment()));
  return given;
}
