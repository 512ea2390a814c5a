import type { BackendMessage, Column, ErrorFields } from './backend-messages.ts';
import { BodyReader } from './body-reader.ts';

type MessageType = Exclude<BackendMessage['type'], 'CopyData'>;
type WholeMessage = Exclude<BackendMessage, { readonly type: 'CopyData' }>;

const mebibyte = 1024 * 1024;

/**
 * The type bytes that a server may send to a client of the simple query protocol, and how long such a message may be.
 * Source: PostgreSQL documentation, "Message Formats". CopyData (`d`) is not here: it is never held as a whole.
 */
const kinds: ReadonlyMap<number, { readonly type: MessageType; readonly limitBytes: number }> = new Map([
  kind('R', 'Authentication', mebibyte),
  kind('K', 'BackendKeyData', mebibyte),
  kind('C', 'CommandComplete', mebibyte),
  kind('W', 'CopyBothResponse', mebibyte),
  kind('G', 'CopyInResponse', mebibyte),
  kind('H', 'CopyOutResponse', mebibyte),
  kind('c', 'CopyDone', mebibyte),
  kind('D', 'DataRow', 16 * mebibyte),
  kind('I', 'EmptyQueryResponse', mebibyte),
  kind('E', 'ErrorResponse', 16 * mebibyte),
  kind('N', 'NoticeResponse', 16 * mebibyte),
  kind('v', 'NegotiateProtocolVersion', mebibyte),
  kind('A', 'NotificationResponse', mebibyte),
  kind('S', 'ParameterStatus', mebibyte),
  kind('Z', 'ReadyForQuery', mebibyte),
  kind('T', 'RowDescription', mebibyte),
]);

function kind(letter: string, type: MessageType, limitBytes: number) {
  return [letter.charCodeAt(0), { type, limitBytes }] as const;
}

/** What a type byte stands for, and the longest body accepted; undefined for a byte that no server sends here. */
export function messageKind(typeByte: number) {
  return kinds.get(typeByte);
}

/**
 * Decodes the body (what follows the length) of one message. What the message keeps is copied out of `body`.
 * @throws BackupError `PROTOCOL_VIOLATION`
 */
export function decodeMessage(type: MessageType, body: Uint8Array): WholeMessage {
  const reader = new BodyReader(body, type);
  const message = decodeFields(type, reader);
  reader.end();
  return message;
}

function decodeFields(type: MessageType, reader: BodyReader): WholeMessage {
  switch (type) {
    case 'Authentication':
      return { type, code: reader.int32(), body: reader.bytes(reader.remaining) };
    case 'BackendKeyData':
      // 4 bytes of key up to protocol 3.1, 4 to 256 from 3.2 on (PostgreSQL 18).
      return { type, processId: reader.uint32(), secretKey: reader.bytes(reader.remaining) };
    case 'CommandComplete':
      return { type, tag: reader.cString() };
    case 'CopyBothResponse':
    case 'CopyInResponse':
    case 'CopyOutResponse':
      decodeCopyFormats(reader);
      return { type };
    case 'CopyDone':
    case 'EmptyQueryResponse':
      return { type };
    case 'DataRow':
      return { type, values: decodeValues(reader) };
    case 'ErrorResponse':
    case 'NoticeResponse':
      return { type, fields: decodeErrorFields(reader) };
    case 'NegotiateProtocolVersion':
      return decodeNegotiation(reader);
    case 'NotificationResponse':
      reader.int32();
      return { type, channel: reader.cString(), payload: reader.cString() };
    case 'ParameterStatus':
      return { type, name: reader.cString(), value: reader.cString() };
    case 'ReadyForQuery':
      return { type, status: reader.text(1) };
    case 'RowDescription':
      return { type, columns: decodeColumns(reader) };
  }
}

/** An overall format and one per column: of no use to us, as every copy here is bytes. */
function decodeCopyFormats(reader: BodyReader): void {
  reader.uint8();
  const count = reader.uint16();
  for (let index = 0; index < count; index += 1) reader.uint16();
}

function decodeValues(reader: BodyReader): (string | null)[] {
  const count = reader.uint16();
  const values: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = reader.int32();
    values.push(length === -1 ? null : reader.text(length));
  }
  return values;
}

function decodeColumns(reader: BodyReader): Column[] {
  const count = reader.uint16();
  const columns: Column[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = reader.cString();
    reader.uint32(); // table
    reader.uint16(); // number of the column in it
    const typeOid = reader.uint32();
    reader.uint16(); // length of the type
    reader.int32(); // type modifier
    reader.uint16(); // format, always text after a simple query
    columns.push({ name, typeOid });
  }
  return columns;
}

function decodeErrorFields(reader: BodyReader): ErrorFields {
  // No prototype: a field is named by a byte of the server's choice.
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let code = reader.uint8(); code !== 0; code = reader.uint8()) {
    fields[String.fromCharCode(code)] = reader.cString();
  }
  return fields;
}

/** The documentation says "newest minor version"; servers up to 18 send the whole version number (3 << 16 | minor). */
function decodeNegotiation(reader: BodyReader): WholeMessage {
  const newestMinor = reader.uint32() & 0xffff;
  const count = reader.uint32();
  const unrecognized: string[] = [];
  for (let index = 0; index < count; index += 1) unrecognized.push(reader.cString());
  return { type: 'NegotiateProtocolVersion', newestMinor, unrecognized };
}
