import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

const operators = new Set(['&&', '||', ';', '|', '&', '>', '>>', '<', '2>', '2>>', '2>&1', '1>&2', '>&2', 'test', '!']);

/**
 * The first argument that only a shell would have taken away: openGauss splits its commands at blanks and runs them without
 * one, so quotes, pipes and redirections arrive as arguments. Undefined when there is none.
 */
export function findShellRemains(operands: readonly string[]): string | undefined {
  return operands.find(
    (operand) =>
      operators.has(operand) ||
      /^["']|["']$/.test(operand) ||
      /^[0-9]?>>?[^\s]/.test(operand) ||
      /^\$[A-Za-z_{(]/.test(operand) ||
      /^%[pfr]$/.test(operand) ||
      operand.endsWith(';'),
  );
}

/** What to put into a server's archive_command. */
export interface ArchiveCommand {
  /** Absolute path of the program. */
  readonly program: string;
  /** Absolute path of the archive directory, or the words that name the archive otherwise. */
  readonly archive: string | readonly string[];
  readonly generation?: number | undefined;
  /** Further words of the command line, for example `--compress=lz4`. */
  readonly options?: readonly string[] | undefined;
}

/**
 * The line for postgresql.conf. It has no quotes inside, so that it means the same with a shell (PostgreSQL) and without
 * one (openGauss); for that no path in it may hold a blank or anything that a shell treats specially.
 * @throws BackupError `USAGE` for a path that does
 */
export function archiveCommandLine({ program, archive, generation, options = [] }: ArchiveCommand): string {
  const named = generation === undefined ? [] : ['--generation', String(generation)];
  const place = typeof archive === 'string' ? ['--archive', archive] : archive;
  const words = [program, 'wal', 'push', '%p', ...place, ...named, ...options];
  return `archive_command = '${words.map((word) => (word === '%p' ? word : plainWord(word))).join(' ')}'`;
}

/** The restore_command that calls a generated wrapper. @throws BackupError `USAGE` as above, or when it exceeds 1023 bytes */
export function restoreCommandLine(wrapper: string): string {
  const command = `${plainWord(wrapper)} %f %p`;
  if (Buffer.byteLength(command) > 1023)
    throw new BackupError('USAGE', say('archive.command-too-long', { path: wrapper }));
  return `restore_command = '${command}'`;
}

/** `word`, if a server can run it without quoting, with or without a shell. @throws BackupError `USAGE` */
export function plainWord(word: string): string {
  if (/^[A-Za-z0-9_./:=,@+-]+$/.test(word)) return word;
  throw new BackupError('USAGE', say('archive.no-plain-word', { word }), { hint: say('archive.no-plain-word.hint') });
}

/** The error for a command line that was written for a shell. */
export function shellRemainsError(found: string, line: string): BackupError {
  return new BackupError('USAGE', say('archive.shell-remains', { found }), {
    hint: say('archive.shell-remains.hint', { line }),
  });
}
