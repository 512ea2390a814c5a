import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** A line of tablespace_map: where a tablespace of the backed-up server was. Paths are bytes, as the server had them. */
export interface TablespaceMapEntry {
  readonly oid: number;
  readonly path: ByteString;
}

/**
 * How the writer of the file treats line feeds, carriage returns and backslashes in a path.
 * - `none`: as they are (openGauss); a path with a line feed cannot be told from two lines
 * - `newlines`: a backslash before line feed and carriage return (PostgreSQL up to 13)
 * - `all`: the same before backslashes (PostgreSQL 14 on)
 */
export type TablespaceMapEscape = 'none' | 'newlines' | 'all';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const backslash = 0x5c;

/**
 * Reads tablespace_map: `oid path`, one line each. With `none` and `newlines` a backslash that does not stand before a
 * line end is itself. Source: read_tablespace_map, access/transam/xlogrecovery.c and xlog.cpp.
 * @throws BackupError `CORRUPT`
 */
export function parseTablespaceMap(bytes: Uint8Array, escape: TablespaceMapEscape): TablespaceMapEntry[] {
  return logicalLines(bytes, escape).map((line) => {
    const text = fromBytes(line);
    const match = /^(\d{1,10}) ([^]+)$/.exec(text);
    const oid = Number(match?.[1]);
    if (match === null || oid === 0 || oid > 0xffff_ffff) {
      throw new BackupError('CORRUPT', say('wal.tablespace-map.bad-line', { text }));
    }
    return { oid, path: (match[2] ?? '') as ByteString };
  });
}

/** Lines without their ends and escapes. Every server ends a line at LF and, as it reads, at CR. */
function logicalLines(bytes: Uint8Array, escape: TablespaceMapEscape): Uint8Array[] {
  const lines: number[][] = [[]];
  let isEscaped = false;
  for (const [position, byte] of bytes.entries()) {
    const next = bytes[position + 1];
    const isLineEnd = byte === lineFeed || byte === carriageReturn;
    if (isLineEnd && !isEscaped) lines.push([]);
    else if (isEscaped || byte !== backslash || !escapes(next, escape)) lines.at(-1)?.push(byte);
    isEscaped = !isEscaped && byte === backslash && escapes(next, escape);
  }
  return lines.filter((line) => line.length > 0).map((line) => Uint8Array.from(line));
}

/** Whether a backslash before `next` is not part of the path. */
function escapes(next: number | undefined, escape: TablespaceMapEscape): boolean {
  if (escape === 'none') return false;
  return next === lineFeed || next === carriageReturn || (escape === 'all' && next === backslash);
}
