import { fromBytes, isUtf8, toBytes, type ByteString } from '../bytes/byte-string.ts';

/** What the extended header records of a member may override; '' in `linkpath`/`path` cannot occur. */
export interface PaxRecords {
  path?: ByteString | undefined;
  linkpath?: ByteString | undefined;
  size?: string | undefined;
  mtime?: string | undefined;
  /** Set when a record of a sparse-file dialect is present (`GNU.sparse.*`, `SCHILY.realsize`): the content is not the file. */
  sparse?: boolean | undefined;
}

/**
 * Reads extended header records `LENGTH KEY=VALUE\n` (POSIX.1-2001 pax, "Extended Header") into `records`; later ones
 * win, an empty value removes. Returns false when the bytes are not a whole sequence of such records.
 */
export function readPaxRecords(bytes: Uint8Array, records: PaxRecords): boolean {
  let position = 0;
  while (position < bytes.length) {
    // Some writers fill the rest of the header's block with NUL and count it in its size.
    if (bytes[position] === 0) return bytes.subarray(position).every((byte) => byte === 0);
    const space = bytes.indexOf(0x20, position);
    if (space === -1 || space - position > 8) return false;
    const digits = fromBytes(bytes.subarray(position, space));
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const end = position + length;
    const equals = bytes.indexOf(0x3d, space + 1);
    if (end > bytes.length || equals === -1 || equals >= end - 1 || bytes[end - 1] !== 0x0a) return false;
    take(records, fromBytes(bytes.subarray(space + 1, equals)), fromBytes(bytes.subarray(equals + 1, end - 1)));
    position = end;
  }
  return true;
}

function take(records: PaxRecords, key: string, value: ByteString): void {
  switch (key) {
    case 'path':
    case 'linkpath':
      records[key] = value === '' ? undefined : value;
      break;
    case 'size':
    case 'mtime':
      records[key] = value === '' ? undefined : value;
      break;
    default:
      if (key.startsWith('GNU.sparse.') || key === 'SCHILY.realsize') records.sparse = true;
  }
}

/** The records as bytes, in the order given; `hdrcharset=BINARY` goes first when a value is not UTF-8. */
export function encodePaxRecords(records: readonly (readonly [key: string, value: ByteString])[]): Buffer {
  const binary = records.some(([, value]) => !isUtf8(value));
  const all = binary ? [['hdrcharset', 'BINARY'] as const, ...records] : records;
  return Buffer.concat(all.map(([key, value]) => encodeRecord(key, value)));
}

function encodeRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  // The length counts its own digits.
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return toBytes(`${length}${rest}` as ByteString);
}
