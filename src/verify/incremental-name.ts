import { display, type ByteString } from '../bytes/byte-string.ts';
import { originalOf } from '../incremental/incremental-file.ts';

/** The path of an incremental file, for findings; undefined for any other file. */
export function incrementalName(path: ByteString): string | undefined {
  return originalOf(path) === undefined ? undefined : display(path);
}
