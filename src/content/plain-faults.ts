import { lstatSync, statSync, type Stats } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say, type Message } from '../messages/message.ts';
import { contentMissing, noteLimit, notedFiles } from './backup-identity.ts';
import { serverDirectories, serverFiles } from './content-names.ts';

/** A file or directory that no server can do with, or without. */
export interface PlainFault {
  readonly member: string;
  readonly isMissing: boolean;
  readonly error: BackupError;
}

/**
 * What makes a data directory one that no server can be started on, whatever its other files hold: something else in the
 * place of a file or directory that every server needs. As `ContentNames` of archives; what is merely absent and can be
 * made is no fault.
 */
export function plainFaults(root: ByteString): PlainFault[] {
  const faults: PlainFault[] = [];
  const wrong = (member: string, sentence: Message): void => {
    faults.push({ member, isMissing: false, error: new BackupError('CORRUPT', sentence) });
  };
  for (const member of serverFiles) {
    if (stats(root, member) !== undefined) continue;
    faults.push({ member, isMissing: true, error: contentMissing(member, display(root)) });
  }
  for (const member of notedFiles) {
    const found = stats(root, member);
    if (found === undefined || found === 'unreadable') continue;
    if (!found.isFile()) {
      wrong(member, say('content.not-a-file', { member, type: typeOf(found) }));
    } else if (found.size > noteLimit) {
      wrong(member, say('restore.note-too-large', { name: member, limit: noteLimit }));
    }
  }
  for (const member of serverDirectories) {
    const found = stats(root, member);
    if (found === undefined || found === 'unreadable' || found.isDirectory()) continue;
    wrong(member, say('content.not-a-directory', { member, type: typeOf(found) }));
  }
  return faults;
}

/** Those of `names` that are no directories of the data directory. */
export function lackingDirectories(root: ByteString, names: readonly string[]): string[] {
  return names.filter((name) => stats(root, name) === undefined);
}

/** Links are followed; one that leads nowhere is there all the same. What cannot be read is not absent: whoever reads it says so. */
function stats(root: ByteString, name: string): Stats | 'unreadable' | undefined {
  const path = fsPath(joinPath(root, name));
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // Below something that is no directory.
    return systemCodeOf(error) === 'ENOTDIR' ? undefined : 'unreadable';
  }
}

function typeOf(found: Stats): Message {
  if (found.isDirectory()) return say('files.type.directory');
  if (found.isFile()) return say('files.type.file');
  return say(found.isSymbolicLink() ? 'files.type.dangling-link' : 'files.type.special');
}
