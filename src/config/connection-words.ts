import { homedir } from 'node:os';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { connectionKeywords, type ConnectionKeyword, type ConnectionWords } from './connection-keywords.ts';
import { parseConnectionString } from './connection-string.ts';
import type { Environment } from './environment.ts';
import { readService } from './service-file.ts';

/** Nearer ones win. Options and the connection string are both words of the command line. */
const ranks = { environment: 0, service: 1, command: 2 } as const;

/** What is said about a connection, from all sources, with the nearest for each keyword. An empty value is none. */
export class SaidWords {
  readonly #words: ReadonlyMap<ConnectionKeyword, { readonly value: string; readonly from: keyof typeof ranks }>;

  constructor(sources: readonly (readonly [keyof typeof ranks, ConnectionWords])[]) {
    const words = new Map<ConnectionKeyword, { value: string; from: keyof typeof ranks }>();
    for (const [from, said] of sources) {
      for (const [keyword, value] of Object.entries(said) as [ConnectionKeyword, string | undefined][]) {
        if (value === undefined || (value === '' && from !== 'service')) continue;
        words.set(keyword, { value, from });
      }
    }
    this.#words = words;
  }

  /** @throws BackupError where the value has a zero byte, which would end it on the way to the server: a file can have one */
  get(keyword: ConnectionKeyword): string | undefined {
    const value = this.#words.get(keyword)?.value;
    if (value?.includes('\0') === true)
      throw new BackupError(this.code(keyword), say('settings.zero-byte', { option: keyword }));
    return value === '' ? undefined : value;
  }

  /** How near `keyword` was said; -1: not at all. */
  rank(keyword: ConnectionKeyword): number {
    const word = this.#words.get(keyword);
    return word === undefined ? -1 : ranks[word.from];
  }

  /** The code of an error about the value of `keyword`. */
  code(keyword: ConnectionKeyword): 'USAGE' | 'CONFIG_INVALID' {
    return this.#words.get(keyword)?.from === 'command' ? 'USAGE' : 'CONFIG_INVALID';
  }

  /** @throws BackupError where the value is none of `choices` */
  choice<Choice extends string>(keyword: ConnectionKeyword, choices: readonly Choice[]): Choice | undefined {
    const text = this.get(keyword);
    if (text === undefined) return undefined;
    const choice = choices.find((word) => word === text);
    if (choice !== undefined) return choice;
    throw new BackupError(this.code(keyword), say('settings.bad-word', { option: keyword, text }), {
      hint: say('settings.bad-word-hint', { words: choices.join(', ') }),
    });
  }

  /** @throws BackupError where the value is no whole number of 32 bits */
  integer(keyword: ConnectionKeyword): number | undefined {
    const text = this.get(keyword);
    if (text === undefined) return undefined;
    const value = /^\s*[+-]?\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN;
    if (Math.abs(value) <= 2_147_483_647) return value;
    throw new BackupError(this.code(keyword), say('settings.bad-integer', { option: keyword, text }));
  }
}

/**
 * Gathers what the command line, its connection string, the service and the environment say, in this order.
 * @param options words of options of their own, which win over the same in the connection string
 * @throws BackupError `USAGE`, `CONFIG_INVALID`
 */
export async function gatherWords(
  options: ConnectionWords,
  connectionString: string | undefined,
  environment: Environment,
): Promise<SaidWords> {
  const said = connectionString === undefined ? {} : parseConnectionString(connectionString);
  const variables = wordsOfEnvironment(environment);
  const near = new SaidWords([
    ['environment', variables],
    ['command', said],
  ]);
  const service = near.get('service');
  const words =
    service === undefined
      ? {}
      : await readService({
          service,
          file: near.get('servicefile'),
          home: homeOf(environment),
          systemDirectory: environment['PGSYSCONFDIR'],
        });
  return new SaidWords([
    ['environment', variables],
    ['service', words],
    ['command', said],
    ['command', options],
  ]);
}

export function homeOf(environment: Environment): string {
  const home = environment['HOME'];
  return home === undefined || home === '' ? homedir() : home;
}

function wordsOfEnvironment(environment: Environment): ConnectionWords {
  const pairs = (Object.entries(connectionKeywords) as [ConnectionKeyword, string | undefined][]).map(
    ([keyword, variable]) => [keyword, variable === undefined ? undefined : environment[variable]] as const,
  );
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
