import { resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { readConfiguration } from './configuration-file.ts';
import type { Environment } from './environment.ts';
import { placeOf } from './object-store-settings.ts';
import type { GivenOptions } from './option-table.ts';
import { refuseStore } from './parse-options.ts';

/** The places that every command means by the same names. */
export interface Places {
  /** Directory of the WAL archive, absolute; or its place in an object store. */
  readonly archive: string | undefined;
  /** Folders of backups, absolute; undefined when none was named. */
  readonly backups: readonly string[] | undefined;
  readonly generation: number | undefined;
}

/**
 * Each place by its option (`--archive`, `--backups`, `--generation`), else from the environment (`GAUSSKEEP_ARCHIVE`,
 * `GAUSSKEEP_BACKUPS` separated by colons, `GAUSSKEEP_GENERATION`), else from the configuration file, which is read only
 * when something is left to it. The generation of the file is one of the archive of the file: it counts only with that.
 * @param wanted the places that the command has a use for
 * @throws BackupError `CONFIG_INVALID`
 */
export async function readPlaces(
  given: GivenOptions,
  environment: Environment,
  wanted: readonly (keyof Places)[] = ['archive', 'backups', 'generation'],
): Promise<Places> {
  const archive = given.last('archive') ?? nonEmpty(environment['GAUSSKEEP_ARCHIVE']);
  const variable = environment['GAUSSKEEP_BACKUPS'] ?? '';
  refuseStore('GAUSSKEEP_BACKUPS', variable);
  const listed = variable.split(':').filter((place) => place !== '');
  const backups = given.has('backups') ? given.all('backups') : listed;
  const named: Places = {
    archive: archive === undefined ? undefined : await placeOf(filled(archive), given, environment),
    backups: backups.length === 0 ? undefined : backups.map((path) => resolve(filled(path))),
    generation: readGeneration(given, environment),
  };
  const isLeft = (place: keyof Places): boolean =>
    named[place] === undefined && !(place === 'generation' && named.archive !== undefined);
  if (!wanted.some(isLeft)) return named;
  const file = await readConfiguration(environment);
  return {
    archive: named.archive ?? (file.archive && (await placeOf(file.archive, given, environment))),
    backups: named.backups ?? (file.backups?.length === 0 ? undefined : file.backups),
    generation: named.generation ?? (named.archive === undefined ? file.generation : undefined),
  };
}

/** By its option, else from the environment. @throws BackupError `CONFIG_INVALID` */
export function readGeneration(given: GivenOptions, environment: Environment): number | undefined {
  const text = given.last('generation') ?? nonEmpty(environment['GAUSSKEEP_GENERATION']);
  return text === undefined ? undefined : wholeNumber('--generation', text, 1, 999_999_999);
}

/** Where the WAL archive is. @throws BackupError `CONFIG_INVALID` when nothing names it */
export function archiveOf({ archive }: Places): string {
  if (archive !== undefined) return archive;
  throw new BackupError('CONFIG_INVALID', say('wal-commands.no-archive'), {
    hint: say('wal-commands.no-archive.hint'),
  });
}

/** An empty path is no path: the working directory is never meant by a variable that was not set. */
function filled(path: string): string {
  if (path !== '') return path;
  throw new BackupError('CONFIG_INVALID', say('wal-commands.empty-path'));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** @throws BackupError `CONFIG_INVALID` unless `text` is a whole number from `lowest` to `highest` */
export function wholeNumber(option: string, text: string, lowest: number, highest: number): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= lowest && value <= highest) return value;
  throw new BackupError('CONFIG_INVALID', say('wal-commands.bad-number', { option, text, lowest, highest }));
}

/** The value of `--system-identifier`. @throws BackupError `CONFIG_INVALID` */
export function systemIdentifierOption(given: GivenOptions): bigint | undefined {
  const text = given.last('system-identifier');
  if (text === undefined) return undefined;
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) < 1n << 64n) return BigInt(text);
  throw new BackupError('CONFIG_INVALID', say('wal-commands.bad-system-identifier', { text }));
}
