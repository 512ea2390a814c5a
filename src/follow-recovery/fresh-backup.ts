import { optionOfCommand, wordsOfCommand } from '../checks/archive-command-words.ts';
import { shellWord } from '../messages/message.ts';

/** Options of `wal push` that name a repository, beside those of the object store. */
const places = ['--repo', '--instance', '--password-file', '--password-command'];
const flag = '--s3-allow-http';

export interface FreshBackupPlace {
  /** The archive_command that the server has; '' or undefined: none that is known. */
  readonly archiveCommand?: string | undefined;
  /** Words that name the repository which it was restored from; undefined: it came from none. */
  readonly restoredFrom: readonly string[] | undefined;
}

/** The repository that the next backup belongs into: where the WAL goes, else where the copy came from. Undefined: none. */
function repositoryWords({ archiveCommand = '', restoredFrom = [] }: FreshBackupPlace): readonly string[] | undefined {
  const words = wordsOfCommand(archiveCommand);
  if (words.includes('push') && optionOfCommand(words, '--repo') !== undefined) return placeIn(words);
  return restoredFrom.includes('--repo') ? restoredFrom : undefined;
}

function placeIn(words: readonly string[]): string[] {
  const stores = words.flatMap((word) => /^(--s3-[a-z-]+)/.exec(word)?.[1] ?? []).filter((name) => name !== flag);
  const found = [...places, ...new Set(stores)].flatMap((name) => {
    const value = optionOfCommand(words, name);
    return value === undefined ? [] : [name, value];
  });
  return words.includes(flag) ? [...found, flag] : found;
}

/** The command of it. @param elsewhere options of one into a directory @param server where the server is */
export function freshBackup(place: FreshBackupPlace, server: string, elsewhere = ''): string {
  const words = repositoryWords(place);
  return words === undefined
    ? `gs_basebackup -D NEW_DIRECTORY${elsewhere}${server}`
    : `gausskeep backup ${words.map(shellWord).join(' ')}${server}`;
}
