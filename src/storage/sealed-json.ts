import { crc32c } from '../bytes/crc32c.ts';
import { BackupError, type ErrorContext } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Largest sealed object that is read, in bytes. */
export const largestSealedObject = 64 * 1024;

export type JsonFields = Readonly<Record<string, unknown>>;

function sealOf(text: string): string {
  return crc32c(Buffer.from(text)).toString(16).padStart(8, '0');
}

/** One line of JSON with its CRC-32C as last member. Format: docs/design/wal-archive.md, small objects. */
export function encodeSealed(fields: JsonFields): Buffer {
  const text = JSON.stringify(fields).slice(0, -1);
  return Buffer.from(`${text},"crc32c":"${sealOf(text)}"}\n`);
}

/**
 * The members of a sealed object whose seal is right.
 * @param name names it in the error
 * @throws BackupError `CORRUPT`; `REPOSITORY_VERSION` when its `format` is newer than 1
 */
export function decodeSealed(bytes: Uint8Array, name: string): JsonFields {
  const text = Buffer.from(bytes).toString('utf8');
  const match = /^(\{.*),"crc32c":"([0-9a-f]{8})"\}\n$/s.exec(text);
  if (match?.[1] === undefined || sealOf(match[1]) !== match[2]) throw damaged(name);
  let fields: unknown;
  try {
    fields = JSON.parse(`${match[1]}}`);
  } catch {
    throw damaged(name);
  }
  if (!isFields(fields)) throw damaged(name);
  const format = fields['format'];
  if (typeof format === 'number' && format > 1) {
    throw new BackupError('REPOSITORY_VERSION', say('archive.newer-format', { name, format }), {
      hint: say('archive.newer-format.hint'),
    });
  }
  if (format !== 1) throw damaged(name);
  return fields;
}

/** What reads an object that everything else hangs on says where it lies and what to do. @returns what is to be thrown */
export function damagedIn(error: unknown, place: ErrorContext, hint: Message): unknown {
  if (!(error instanceof BackupError) || error.code !== 'CORRUPT') return error;
  return error.with({ context: place, hint });
}

export function damaged(name: string): BackupError {
  return new BackupError('CORRUPT', say('archive.damaged-object', { name }));
}

export function isFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
