import { join } from 'node:path';
import { readRegular } from '../files/open-regular.ts';
import { dataDirectoryOf } from './instance-of-target.ts';

/**
 * What tells one run of a server from every other: its data directory, and number and start of its first process, as it writes them into `postmaster.pid`.
 * @param target where it wants its WAL; may lead into no data directory, and then it is one run for ever
 */
export function serverRunOf(target: string, workingDirectory: string): string {
  const directory = dataDirectoryOf(target, workingDirectory);
  return directory === undefined ? '' : `${directory}\n${firstLines(join(directory, 'postmaster.pid'))}`;
}

/** Whether a run of a server has ended, or has come out of recovery: it asks for no WAL any more. So it is of whom nothing is known. */
export async function isRecoveryOver(run: string, target: string, workingDirectory: string): Promise<boolean> {
  if (serverRunOf(target, workingDirectory) !== run) return true;
  const directory = dataDirectoryOf(target, workingDirectory);
  if (directory === undefined) return true;
  // Only here: a restore_command does not load it.
  const { readControlFile } = await import('../server/control-file.ts');
  try {
    return readControlFile(readRegular(join(directory, 'global/pg_control'))).state === 'in production';
  } catch {
    // Nothing is known: what waits stays.
    return false;
  }
}

function firstLines(path: string): string {
  try {
    return readRegular(path, 64 * 1024)
      .toString('latin1')
      .split('\n')
      .slice(0, 3)
      .join('\n');
  } catch {
    return '';
  }
}
