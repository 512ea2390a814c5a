import { resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatS3Place, isS3Place, parseS3Place } from '../storage/s3/location.ts';
import { readConfiguration, type S3Configuration } from './configuration-file.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions } from './option-table.ts';
import { refuseMisspeltStore } from './place-words.ts';

/** What the name of a place calls it, what options and the configuration file call it, and the variables of other tools that say it. */
const settings = [
  { word: 'endpoint', option: 's3-endpoint', others: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] },
  { word: 'region', option: 's3-region', others: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
  { word: 'style', option: 's3-style', others: [] },
  { word: 'ca', option: 's3-ca-file', others: ['AWS_CA_BUNDLE'] },
  { word: 'credentials', option: 's3-credentials-file', others: [] },
  { word: 'profile', option: 's3-profile', others: [] },
  { word: 'http', option: 's3-allow-http', others: [] },
] as const;
const files: readonly string[] = ['ca', 'credentials'];

/** The options that name how an object store is asked. */
export const s3OptionNames: readonly string[] = settings.map(({ option }) => option);

/**
 * A place as a word of a command line, of the environment or of the configuration file names it: of a directory its absolute path; of one in an object store its
 * one text, with what options (`--s3-endpoint` …), else the environment (`GAUSSKEEP_S3_ENDPOINT` …), else the configuration file, else the variables of AWS tools say of the store.
 * @throws BackupError `CONFIG_INVALID`, as well for one that is misspelt, or a URL: a directory of the name `s3:` or `https:` is hardly meant
 */
export async function placeOf(text: string, given: GivenOptions, environment: Environment): Promise<string> {
  refuseMisspeltStore(text);
  if (!isS3Place(text)) return resolve(text);
  const [name = '', query = ''] = text.split('?', 2);
  const words = new URLSearchParams(query);
  const file = (await readConfiguration(environment)).s3 ?? {};
  for (const { word, option, others } of settings) {
    if (words.has(word)) continue;
    const value =
      (word === 'http' ? (given.has(option) ? 'yes' : undefined) : given.last(option)) ??
      variableValue(word, `GAUSSKEEP_${option.toUpperCase().replaceAll('-', '_')}`, environment) ??
      fileValue(file, option) ??
      others.map((variable) => nonEmpty(environment[variable])).find((found) => found !== undefined);
    if (value !== undefined) words.set(word, files.includes(word) ? resolve(value) : value);
  }
  // What AWS_CA_BUNDLE says to all tools is of no use where there is no certificate to check.
  const isPlain = words.get('endpoint')?.startsWith('http:') === true;
  if (isPlain && !given.has('s3-ca-file') && !new URLSearchParams(query).has('ca')) words.delete('ca');
  const left = words.toString();
  return formatS3Place(parseS3Place(left === '' ? name : `${name}?${left}`));
}

/** @throws BackupError `CONFIG_INVALID` for options of object stores where none of the places is in one */
export function refuseUnusedS3Options(given: GivenOptions, places: readonly (string | undefined)[]): void {
  const unused = s3OptionNames.find((option) => given.has(option));
  if (unused === undefined || places.some((place) => place !== undefined && isS3Place(place))) return;
  throw new BackupError('CONFIG_INVALID', say('s3-help.unused', { option: `--${unused}` }), {
    hint: say('s3.place.hint'),
  });
}

/** The words of a command line that name a place, whatever the environment is. */
export function wordsOfPlace(option: string, place: string): string[] {
  if (!isS3Place(place)) return [`--${option}`, place];
  const [name = '', query = ''] = place.split('?', 2);
  const words = new URLSearchParams(query);
  const others = settings.flatMap(({ word, option: named }) => {
    const value = words.get(word);
    if (value === null) return [];
    return word === 'http' ? [`--${named}`] : [`--${named}`, value];
  });
  return [`--${option}`, name, ...others];
}

/** @throws BackupError `CONFIG_INVALID` for a word that is neither yes nor no, where it must be */
function variableValue(word: string, variable: string, environment: Environment): string | undefined {
  const text = nonEmpty(environment[variable]);
  if (word !== 'http' || text === undefined) return text;
  if (/^(?:yes|true|1)$/i.test(text)) return 'yes';
  if (/^(?:no|false|0)$/i.test(text)) return 'no';
  throw new BackupError('CONFIG_INVALID', say('s3-help.bad-switch', { variable, text }));
}

function fileValue(file: S3Configuration, option: string): string | undefined {
  const value = file[option];
  if (option !== 's3-allow-http') return typeof value === 'string' ? value : undefined;
  return value === true ? 'yes' : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
