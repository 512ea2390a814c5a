import { relative, resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { LocalOrder } from './request.ts';

/** The directories that a backup fills and that must be empty or missing; tablespaces are known later. */
export function directoriesOf({ output }: LocalOrder): string[] {
  if (output.kind === 'stream' || output.kind === 'members') return [];
  const walDirectory = output.kind === 'plain' ? output.walDirectory : undefined;
  return walDirectory === undefined ? [output.directory] : [output.directory, walDirectory];
}

/**
 * The WAL cannot lie where the link to it is to be.
 * @throws BackupError `USAGE`
 */
export function checkWalDirectory({ output }: LocalOrder): void {
  if (output.kind !== 'plain' || output.walDirectory === undefined) return;
  const place = relative(resolve(output.directory), resolve(output.walDirectory));
  if (place !== 'pg_wal' && place !== 'pg_xlog') return;
  throw new BackupError('USAGE', say('backup.waldir-own-place', { path: output.walDirectory }), {
    hint: say('backup.waldir-own-place.hint'),
  });
}
