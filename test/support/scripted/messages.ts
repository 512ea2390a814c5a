/**
 * Messages of the frontend/backend protocol 3 as a server writes them, for the test servers of this folder and of
 * `../opengauss`. Written apart from `src/protocol` on purpose: a wrong idea there must not be confirmed here.
 * Source: PostgreSQL documentation, "Message Formats".
 */

export type Fields = Readonly<Record<string, string>>;

export interface ColumnShape {
  readonly name: string;
  /** 25 text, 23 int4, 20 int8, 26 oid, 16 bool, 19 name */
  readonly oid: number;
  /** Position in its table, 0 for none. */
  readonly attribute?: number;
  readonly typeModifier?: number;
}

const typeLengths: Readonly<Record<number, number>> = { 16: 1, 19: 64, 20: 8, 23: 4, 25: -1, 26: 4 };

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8');
}

/** A message: type, length (which counts itself), body. */
export function message(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(length), ...parts]);
}

export function authentication(code: number, ...parts: readonly Uint8Array[]): Buffer {
  return message('R', int32(code), ...parts);
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', cstring(name), cstring(value));
}

export function backendKeyData(processId: number, secret: number): Buffer {
  return message('K', int32(processId), int32(secret));
}

export function readyForQuery(status = 'I'): Buffer {
  return message('Z', Buffer.from(status, 'latin1'));
}

export function commandComplete(tag: string): Buffer {
  return message('C', cstring(tag));
}

export function rowDescription(columns: readonly ColumnShape[]): Buffer {
  const parts: Buffer[] = [int16(columns.length)];
  for (const column of columns) {
    parts.push(
      cstring(column.name),
      int32(0),
      int16(column.attribute ?? 0),
      int32(column.oid),
      int16(typeLengths[column.oid] ?? -1),
      int32(column.typeModifier ?? 0),
      int16(0),
    );
  }
  return message('T', ...parts);
}

export function dataRow(values: readonly (string | Uint8Array | null)[]): Buffer {
  const parts: Buffer[] = [int16(values.length)];
  for (const value of values) {
    if (value === null) {
      parts.push(int32(-1));
      continue;
    }
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
    parts.push(int32(bytes.length), bytes);
  }
  return message('D', ...parts);
}

function response(type: 'E' | 'N', fields: Fields): Buffer {
  const parts = Object.entries(fields).map(([code, value]) => Buffer.concat([Buffer.from(code), cstring(value)]));
  return message(type, ...parts, Buffer.alloc(1));
}

/** Fields are sent in the order of the object. */
export function errorResponse(fields: Fields): Buffer {
  return response('E', fields);
}

export function noticeResponse(fields: Fields): Buffer {
  return response('N', fields);
}

export function copyOutResponse(): Buffer {
  return message('H', Buffer.alloc(1), int16(0));
}

export function copyBothResponse(): Buffer {
  return message('W', Buffer.alloc(1), int16(0));
}

/** The first five bytes of a CopyData message whose body is sent apart. */
export function copyDataHead(bodyLength: number): Buffer {
  return Buffer.concat([Buffer.from('d'), int32(bodyLength + 4)]);
}

export function copyData(...parts: readonly Uint8Array[]): Buffer {
  return message('d', ...parts);
}

export function copyDone(): Buffer {
  return message('c');
}
