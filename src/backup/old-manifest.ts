import { closeSync, existsSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegularSync } from '../files/open-regular.ts';
import { fsPath } from '../files/path.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';

/** The version stands in the first line of every manifest. */
const headBytes = 4096;
const versionOne = /^\s*\{\s*"PostgreSQL-Backup-Manifest-Version"\s*:\s*1\s*,/;

/**
 * Refuses the manifest that an incremental backup is to build on before anything is asked of the server, where it cannot be read
 * or is one that no server takes. Everything else about it the server judges.
 * @throws BackupError `STORAGE_UNAVAILABLE`, `USAGE`
 */
export function checkOldManifest(path: string): void {
  const head = Buffer.alloc(headBytes);
  let length: number;
  try {
    const descriptor = openRegularSync(fsPath(fromText(path)));
    try {
      length = readSync(descriptor, head, 0, headBytes, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const failure = fileFailure('read', fromText(path), error);
    const inside = join(path, manifestFileName);
    if (!(failure instanceof BackupError) || !existsSync(inside)) throw failure;
    throw failure.with({ hint: say('backup.manifest-of-directory.hint', { path: inside }) });
  }
  if (!versionOne.test(head.toString('latin1', 0, length))) return;
  throw new BackupError('USAGE', say('backup.manifest-too-old', { path }), {
    hint: say('backup.manifest-too-old.hint'),
  });
}
