import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Start of the last part of a name under which an unfinished object lies. */
export const unfinishedPrefix = '.gausskeep-';

/** Largest name, in bytes of UTF-8: what S3 allows. */
const longestName = 1024;
/** Largest part of a name, in bytes: NAME_MAX of the usual file systems. */
const longestPart = 255;

/** Whether `name` may name an object, as `Storage` says. */
export function isObjectName(name: string): boolean {
  if (name.length === 0 || Buffer.byteLength(name) > longestName || /\p{Surrogate}/u.test(name)) return false;
  return name.split('/').every(isNamePart);
}

/** Whether `part` may stand between two slashes of a name. */
export function isNamePart(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.startsWith(unfinishedPrefix)) return false;
  // A control character would make listings ambiguous and is never in a name of ours.
  return Buffer.byteLength(part) <= longestPart && !/[\u0000-\u001f\u007f]/.test(part);
}

/** @throws BackupError `USAGE` */
export function checkObjectName(name: string): string {
  if (isObjectName(name)) return name;
  throw new BackupError('USAGE', say('storage.bad-name', { name }), { hint: say('storage.bad-name.hint') });
}

/** Orders names by their bytes in UTF-8, as `list` yields them. */
export function compareNames(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
