import { lstatSync, readdirSync } from 'node:fs';
import { BackupError } from '../errors/backup-error.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { say } from '../messages/message.ts';
import { parseArchiveName } from '../wal-archive/tar-set.ts';

/** The tars of a local backup that are links: what reads a backup follows none. */
export function linkedTars(root: ByteString): BackupError[] {
  const names = readdirSync(fsPath(root)).sort();
  const tars = names.filter((name) => name === 'backup_manifest' || parseArchiveName(name) !== undefined);
  return tars
    .filter((name) => lstatSync(fsPath(joinPath(root, fromText(name)))).isSymbolicLink())
    .map(
      (path) =>
        new BackupError('CORRUPT', say('content.tar-is-link', { path }), { hint: say('content.tar-is-link.hint') }),
    );
}
