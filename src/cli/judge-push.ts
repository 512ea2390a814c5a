import type { Environment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { parseOptions } from '../config/parse-options.ts';
import { readGeneration, readPlaces } from '../config/places.ts';
import { repositoryIfNamed } from '../config/repository-settings.ts';
import { walPushOptions } from '../config/wal-options.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { CommandJudgement } from '../index.ts';
import { say } from '../messages/message.ts';
import { isS3Place } from '../wal-archive.ts';
import { commandNames } from './command-names.ts';
import { withHelp } from './help-option.ts';
import { readPushWords } from './push-words.ts';

/** What stands for %p where words are read. */
const anyPath = 'pg_wal/FILE';

/** Everything that the environment of a server can say: what is refused with it is refused with any. */
const everythingSaid: Environment = {
  GAUSSKEEP_CONFIG: '/dev/null',
  GAUSSKEEP_REPO: '/repository',
  GAUSSKEEP_INSTANCE: 'instance',
  GAUSSKEEP_S3_ENDPOINT: 'https://store.example.org',
  GAUSSKEEP_S3_REGION: 'region',
  GAUSSKEEP_S3_ALLOW_HTTP: 'yes',
};

/** The words behind `wal push` in a command, `%p` filled in, up to a redirection; undefined where there are none, or a shell would make others of them. */
export function wordsOfPush(commandWords: readonly string[]): string[] | undefined {
  const at = commandWords.findIndex((word, index) => word === 'wal' && commandWords[index + 1] === 'push');
  return at === -1 ? undefined : plainWords(commandWords.slice(at + 2));
}

function plainWords(words: readonly string[]): string[] | undefined {
  const end = words.findIndex((word) => /^(?:\d?[<>]|[;&|])/.test(word));
  const plain = (end === -1 ? words : words.slice(0, end)).map((word) => word.replaceAll('%p', anyPath));
  return plain.some((word) => /[$`*?;&|<>\\]/.test(word)) ? undefined : plain;
}

/**
 * What is wrong with the words of an archive_command that begins with `gausskeep`, whatever the environment of the server is: what `wal push` itself refuses, before
 * it looks at any place. Undefined: nothing, or it begins with something else, or is not plainly to be read.
 */
export async function judgePush(
  commandWords: readonly string[],
  program: string,
): Promise<CommandJudgement | undefined> {
  const [first = '', ...rest] = commandWords;
  if (!/^(?:.*\/)?gausskeep(?:\.js)?$/.test(first)) return undefined;
  const words = plainWords(rest);
  if (words === undefined) return undefined;
  const [group = '', verb = '', ...argv] = words;
  if (group !== 'wal' || verb !== 'push') return ofOtherCommand(group, verb);
  try {
    const given = parseOptions(program, withHelp(walPushOptions), argv);
    const { path } = readPushWords(program, given);
    await readPlacesOf(given, program);
    // The path of a file of each name; of a file without one, or of always the same, nothing is archived.
    if (!path.includes(anyPath) && !/\/.*%f/.test(path))
      return { refused: say('wal-commands.not-the-path', { word: path }) };
    const relative = [given.last('repo'), given.last('archive')].find(
      (place) => place !== undefined && !isS3Place(place) && !place.startsWith('/'),
    );
    return relative === undefined ? undefined : { relative };
  } catch (error) {
    if (error instanceof BackupError) return { refused: error.sentence };
    throw error;
  }
}

/** As `wal push` reads them. @throws BackupError `USAGE`, `CONFIG_INVALID` */
async function readPlacesOf(given: GivenOptions, program: string): Promise<void> {
  const repository = await repositoryIfNamed(program, given, everythingSaid, ['archive']);
  if (repository === undefined) await readPlaces(given, everythingSaid, ['archive', 'generation']);
  else readGeneration(given, everythingSaid);
}

/** As `gausskeep` answers a command that it does not have. What another one of its commands does is not judged. */
function ofOtherCommand(group: string, verb: string): CommandJudgement | undefined {
  const isKnown = commandNames.some(({ name }) => name === group || name === `${group} ${verb}`);
  if (isKnown || group.startsWith('-')) return undefined;
  if (group === '') return { refused: say('cli.no-command') };
  const isGroup = commandNames.some(({ name }) => name.startsWith(`${group} `));
  return { refused: say('cli.unknown-command', { word: isGroup ? `${group} ${verb}` : group }) };
}
