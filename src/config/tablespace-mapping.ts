import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Where the content of a tablespace directory goes instead: both absolute, without trailing `/`, in canonical form. */
export interface TablespaceMapping {
  readonly oldDirectory: string;
  readonly newDirectory: string;
}

/**
 * Reads one `-T OLDDIR=NEWDIR`; `\=` is a `=` of a path. Manual: `-T, --tablespace-mapping`.
 * @throws BackupError `USAGE`
 */
export function parseTablespaceMapping(text: string): TablespaceMapping {
  const sides: string[] = [];
  let side = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\' && text.charAt(index + 1) === '=') {
      side += '=';
      index += 1;
    } else if (character === '=') {
      sides.push(side);
      side = '';
    } else {
      side += character;
    }
  }
  sides.push(side);
  if (sides.length > 2) {
    throw new BackupError('USAGE', say('backup.mapping-many-equals'), { hint: say('backup.mapping-many-equals.hint') });
  }
  const [oldDirectory = '', newDirectory = ''] = sides;
  if (sides.length !== 2 || oldDirectory === '' || newDirectory === '') {
    throw new BackupError('USAGE', say('backup.mapping-format', { text }));
  }
  if (!oldDirectory.startsWith('/'))
    throw new BackupError('USAGE', say('backup.mapping-old-relative', { path: oldDirectory }));
  if (!newDirectory.startsWith('/'))
    throw new BackupError('USAGE', say('backup.mapping-new-relative', { path: newDirectory }));
  return { oldDirectory: canonical(oldDirectory), newDirectory: canonical(newDirectory) };
}

/** All mappings of a command line. @throws BackupError `USAGE` for a directory that is mapped twice */
export function parseTablespaceMappings(texts: readonly string[]): TablespaceMapping[] {
  const mappings = texts.map(parseTablespaceMapping);
  const seen = new Set<string>();
  for (const { oldDirectory } of mappings) {
    if (seen.has(oldDirectory)) throw new BackupError('USAGE', say('backup.mapping-twice', { path: oldDirectory }));
    seen.add(oldDirectory);
  }
  return mappings;
}

/** Without repeated and trailing slashes, as canonicalize_path does; `.` and `..` are left to the file system. */
function canonical(path: string): string {
  const folded = path.replace(/\/{2,}/g, '/');
  return folded.length > 1 ? folded.replace(/\/$/, '') : folded;
}
