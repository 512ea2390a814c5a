import { BackupError } from '../errors/backup-error.ts';
import type { Language } from '../messages/languages.ts';
import { say } from '../messages/message.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions, OptionSpec } from './option-table.ts';

/** Every program and command has it. Not to be abbreviated: `--la` has always been `--label`. */
export const languageOption: OptionSpec = {
  long: 'lang',
  argument: 'en|zh',
  wholeNameOnly: true,
  help: 'cli.help.lang',
};

/**
 * The language of a process: what `--lang` said, else the first of LC_ALL, LC_MESSAGES and LANG that is set. LANGUAGE comes before
 * them as gettext has it: unless they say C. What is written is UTF-8: English, where the locale is of another character set.
 */
export function languageOf(told: Language | undefined, environment: Environment): Language {
  if (told !== undefined) return told;
  const first = (...names: readonly string[]): string =>
    names.map((name) => environment[name] ?? '').find((value) => value !== '') ?? '';
  const locale = first('LC_ALL', 'LC_MESSAGES', 'LANG');
  if (locale === '' || /^(?:C|POSIX)(?:[.@]|$)/.test(locale)) return 'en';
  if (![locale, first('LC_ALL', 'LC_CTYPE', 'LANG')].every(isUtf8)) return 'en';
  const wanted = [...(environment['LANGUAGE'] ?? '').split(':'), locale].find((name) => /^(?:en|zh)/i.test(name));
  return /^zh/i.test(wanted ?? '') ? 'zh' : 'en';
}

/** Whether a locale is of UTF-8, as it is where nothing is said (`zh_CN`). */
function isUtf8(locale: string): boolean {
  const codeset = /\.([^@]*)/.exec(locale)?.[1] ?? '';
  return codeset === '' || /^utf-?8$/i.test(codeset);
}

/** The value of `--lang`; undefined: not given. @throws BackupError `USAGE` */
export function languageGiven(given: GivenOptions): Language | undefined {
  return refuseLanguage(given.last('lang'));
}

/** @throws BackupError `USAGE` for a language that there is not */
export function refuseLanguage(text: string | undefined): Language | undefined {
  if (text === undefined || text === 'en' || text === 'zh') return text;
  throw new BackupError('USAGE', say('cli.bad-lang', { text }), { hint: say('cli.bad-lang.hint') });
}

/** The same of words that nobody has read yet, or that cannot be read: the language to say in what is wrong with them. */
export function languageIn(words: readonly string[]): Language | undefined {
  const text = wordOfLanguage(words);
  return text === 'en' || text === 'zh' ? text : undefined;
}

/** What such words say behind the last `--lang`, whatever it is. */
export function wordOfLanguage(words: readonly string[]): string | undefined {
  const options = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const at = options.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='));
  return options[at] === '--lang' ? options[at + 1] : options[at]?.slice('--lang='.length);
}
