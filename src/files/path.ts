import { toBytes, type ByteString } from '../bytes/byte-string.ts';

/**
 * `path` as `fs` wants it. Paths are byte strings in this folder, because file names need not be UTF-8; make one of a
 * path from the command line with `fromText`.
 */
export function fsPath(path: ByteString): string | Buffer {
  // The bytes of ASCII text are the same in every encoding, and strings are what fs handles fastest.
  return /^[\0-\x7f]*$/.test(path) ? path : toBytes(path);
}

/** `name` below `directory`; '' is the directory itself. */
export function joinPath(directory: ByteString, name: string): ByteString {
  if (name === '') return directory;
  return (directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`) as ByteString;
}

/** The directory that holds `path`: `/` for `/x`, `.` for `x`. Trailing slashes do not count. */
export function parentPath(path: ByteString): ByteString {
  const trimmed = path.replace(/\/+$/, '');
  const slash = trimmed.lastIndexOf('/');
  if (slash === -1) return (trimmed === '' ? '/' : '.') as ByteString;
  return (slash === 0 ? '/' : trimmed.slice(0, slash)) as ByteString;
}

/** The last part of `path`; trailing slashes do not count. */
export function lastPart(path: ByteString): ByteString {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('/') + 1) as ByteString;
}
