import { isAbsolute } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { aheadLines } from './ahead-script.ts';

/** The status by which `wal get` tells its wrapper that a name is proved absent. No failure of node has it. */
export const absentStatus = 99;

/** What would add to the words of a place in an object store. */
const storeVariables = ['ENDPOINT', 'REGION', 'STYLE', 'CA_FILE', 'CREDENTIALS_FILE', 'PROFILE', 'ALLOW_HTTP']
  .map((name) => ` GAUSSKEEP_S3_${name}`)
  .join('');

const controlCharacters = /[\u0000-\u001f\u007f]/;

export interface RestoreWrapper {
  /** Absolute path of node. */
  readonly node: string;
  /** Absolute path of gausskeep's program file. */
  readonly program: string;
  /** Absolute path of the archive, or the words that name it otherwise. */
  readonly archive: string | readonly string[];
  readonly generation: number | undefined;
  readonly systemIdentifier: bigint | undefined;
  /** Further words for `wal get`. */
  readonly options?: readonly string[] | undefined;
}

/**
 * Text of a `sh` script for restore_command: called with `%f %p` (a third word, `%r`, is passed on). A server takes the
 * statuses 1 to 125 for "the archive ends here" and opens the database; node itself ends with 1, 9, 13 and others when it
 * fails. So only our 0 is 0 and only our 99 is 1; everything else, a program that is gone included, is 126.
 * @throws BackupError `USAGE` for a path that is not absolute or holds a control character
 */
export function restoreCommandWrapper(wrapper: RestoreWrapper): string {
  const { node, program, archive, generation, systemIdentifier, options = [] } = wrapper;
  const place = typeof archive === 'string' ? ['--archive', archive] : archive;
  for (const path of [node, program, ...(typeof archive === 'string' ? [archive] : [])]) checkPath(path);
  const garbled = place.find((word) => controlCharacters.test(word));
  if (garbled !== undefined) checkPath(garbled);
  const inStore = place.some((word) => word.startsWith('--s3-'));
  const more = [
    ...place.map(quoted),
    ...(generation === undefined ? [] : ['--generation', generation.toString()].map(quoted)),
    ...(systemIdentifier === undefined ? [] : ['--system-identifier', systemIdentifier.toString()].map(quoted)),
    ...['--absent-status', absentStatus.toString(), ...options].map(quoted),
  ];
  const spool = options[options.indexOf('--spool') + 1];
  const isAhead = options.includes('--spool') && spool !== undefined;
  return [
    '#!/bin/sh',
    "# Made by gausskeep. In the server: restore_command = 'THIS-FILE %f %p'",
    '# 0: the file was delivered. 1: the archive was read and the file is not in it. 126: anything else; recovery stops.',
    // What a server has in its environment may be of another repository.
    `unset NODE_OPTIONS GAUSSKEEP_PASSWORD_FILE GAUSSKEEP_PASSWORD_COMMAND${inStore ? storeVariables : ''}`,
    ...(isAhead ? aheadLines(quoted(spool)) : []),
    `set -- "$@" ${more.join(' ')}`,
    ...(isAhead ? ['ahead "$@" 2>/dev/null && exit 0'] : []),
    `${[node, program, 'wal', 'get'].map(quoted).join(' ')} "$@"`,
    'case $? in',
    '  0) exit 0 ;;',
    `  ${absentStatus}) exit 1 ;;`,
    '  *) exit 126 ;;',
    'esac',
    '',
  ].join('\n');
}

function checkPath(path: string): void {
  if (isAbsolute(path) && !controlCharacters.test(path)) return;
  throw new BackupError('USAGE', say('archive.wrapper-path', { path }), { hint: say('archive.wrapper-path.hint') });
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
