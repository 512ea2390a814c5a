import type { ByteString } from '../bytes/byte-string.ts';
import { memberFault, type MemberFault } from './faults.ts';

/** Longest path that Linux takes in one call, less its NUL (PATH_MAX). */
const pathLimit = 4095;
/** Longest single name of every Linux file system that a database lives on (NAME_MAX). */
const partLimit = 255;

/**
 * The name of a member as it is used here: leading `./` and trailing `/` removed. '' is the root directory itself (`./`).
 * @throws BackupError `CORRUPT` for a name that could leave the target or name nothing: absolute, `..`, `.` or an empty
 *   part within, NUL, too long
 */
export function checkedName(raw: ByteString): ByteString {
  const name = stripped(raw);
  const fault = name === '' && isRoot(raw) ? undefined : nameFault(name);
  if (fault !== undefined) throw memberFault(fault, raw);
  return name;
}

/**
 * The link target of a member. Absolute targets and `..` are for the writer to judge; what no link can hold is refused here.
 * @throws BackupError `CORRUPT` when empty, too long or with a NUL
 */
export function checkedLink(member: ByteString, target: ByteString): ByteString {
  if (target === '') throw memberFault('tar.member-link-empty', member);
  if (target.length > pathLimit) throw memberFault('tar.member-link-too-long', member);
  if (target.includes('\0')) throw memberFault('tar.member-link-nul', member);
  return target;
}

function isRoot(raw: ByteString): boolean {
  return /^\.(\/+\.)*\/*$/.test(raw);
}

function stripped(raw: ByteString): ByteString {
  let start = 0;
  while (raw.startsWith('./', start)) {
    start += 2;
    while (raw[start] === '/') start += 1;
  }
  if (raw.length === start + 1 && raw[start] === '.') start += 1;
  let end = raw.length;
  while (end > start && raw[end - 1] === '/') end -= 1;
  return (start === 0 && end === raw.length ? raw : raw.slice(start, end)) as ByteString;
}

function nameFault(name: string): MemberFault | undefined {
  if (name === '') return 'tar.member-name-empty';
  if (name.startsWith('/')) return 'tar.member-name-absolute';
  if (name.length > pathLimit) return 'tar.member-name-too-long';
  if (name.includes('\0')) return 'tar.member-name-nul';
  for (const part of name.split('/')) {
    if (part === '') return 'tar.member-name-empty-part';
    if (part === '.' || part === '..') return 'tar.member-name-dots';
    if (part.length > partLimit) return 'tar.member-name-too-long';
  }
  return undefined;
}
