import type { BackendMessage } from './backend-messages.ts';

const frontendNames: Readonly<Record<string, string>> = {
  Q: 'Query',
  X: 'Terminate',
  c: 'CopyDone',
  d: 'CopyData',
  p: 'PasswordMessage',
};
const requestNames: Readonly<Record<number, string>> = { 80877102: 'CancelRequest', 80877103: 'SSLRequest' };

/**
 * A line about a message that a client sends, as encoded: `F`, its length, its name and what it says, tab-separated.
 * The content of password messages and the key of a cancel request are never shown.
 */
export function traceFrontend(message: Uint8Array): string {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const type = String.fromCharCode(bytes[0] ?? 0);
  const name = frontendNames[type];
  if (name === undefined) return line('F', bytes.readUInt32BE(0), ...describeStartup(bytes));
  const length = bytes.readUInt32BE(1);
  if (type === 'Q') return line('F', length, name, quote(bytes.toString('utf8', 5, bytes.length - 1)));
  if (type === 'p') return line('F', length, name, '(hidden)');
  return line('F', length, name);
}

function describeStartup(bytes: Buffer): string[] {
  const code = bytes.readUInt32BE(4);
  const request = requestNames[code];
  if (request !== undefined) return [request];
  const parameters = bytes.toString('utf8', 8, bytes.length - 2).split('\0');
  return ['StartupMessage', `${code >>> 16}.${code & 0xffff}`, ...parameters.map(quote)];
}

/** A line about a message of a server. The challenge of an authentication request and secret keys are not shown. */
export function traceBackend(message: BackendMessage): string {
  switch (message.type) {
    case 'CopyData':
      return line('B', message.bytes.length, message.type, `of ${message.messageLength}`);
    case 'Authentication':
      return line('B', message.body.length + 8, message.type, String(message.code));
    case 'BackendKeyData':
      return line('B', message.secretKey.length + 8, message.type, String(message.processId), '(hidden)');
    case 'CommandComplete':
      return line('B', undefined, message.type, quote(message.tag));
    case 'DataRow':
      return line(
        'B',
        undefined,
        message.type,
        ...message.values.map((value) => (value === null ? 'NULL' : quote(value))),
      );
    case 'ErrorResponse':
    case 'NoticeResponse':
      return line(
        'B',
        undefined,
        message.type,
        ...Object.entries(message.fields).map(([code, text]) => `${code} ${quote(text)}`),
      );
    case 'NegotiateProtocolVersion':
      return line('B', undefined, message.type, String(message.newestMinor), ...message.unrecognized.map(quote));
    case 'NotificationResponse':
      return line('B', undefined, message.type, quote(message.channel), quote(message.payload));
    case 'ParameterStatus':
      return line('B', undefined, message.type, quote(message.name), quote(message.value));
    case 'ReadyForQuery':
      return line('B', undefined, message.type, message.status);
    case 'RowDescription':
      return line(
        'B',
        undefined,
        message.type,
        ...message.columns.map(({ name, typeOid }) => `${quote(name)} ${typeOid}`),
      );
    case 'CopyBothResponse':
    case 'CopyDone':
    case 'CopyInResponse':
    case 'CopyOutResponse':
    case 'EmptyQueryResponse':
      return line('B', undefined, message.type);
  }
}

function line(direction: 'B' | 'F', length: number | undefined, ...words: readonly string[]): string {
  return [direction, length === undefined ? '-' : String(length), ...words].join('\t');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
