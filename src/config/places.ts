import { resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions } from './option-table.ts';

/** The directory of the WAL archive, absolute: `--archive`, else `GAUSSKEEP_ARCHIVE`. @throws BackupError `CONFIG_INVALID` when neither is there */
export function archivePlace(given: GivenOptions, environment: Environment): string {
  const place = given.last('archive') ?? environment['GAUSSKEEP_ARCHIVE'];
  if (place !== undefined && place !== '') return resolve(place);
  throw new BackupError('CONFIG_INVALID', say('wal-commands.no-archive'), {
    hint: say('wal-commands.no-archive.hint'),
  });
}

/** `--generation`, else `GAUSSKEEP_GENERATION`. @throws BackupError `CONFIG_INVALID` */
export function generationPlace(given: GivenOptions, environment: Environment): number | undefined {
  const text = given.last('generation') ?? environment['GAUSSKEEP_GENERATION'];
  return text === undefined || text === '' ? undefined : wholeNumber('--generation', text, 1, 999_999_999);
}

/** Every `--backups`, else the directories of `GAUSSKEEP_BACKUPS`, separated by colons; undefined when neither is there. */
export function backupPlaces(given: GivenOptions, environment: Environment): readonly string[] | undefined {
  const listed = environment['GAUSSKEEP_BACKUPS']?.split(':').filter((place) => place !== '');
  const places = given.has('backups') ? given.all('backups') : listed;
  return places === undefined || places.length === 0 ? undefined : places.map((place) => resolve(place));
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
