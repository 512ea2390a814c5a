import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import type { S3Client } from './client.ts';

/** What may come once or several times. */
export function many(value: unknown): readonly unknown[] {
  if (value === undefined || value === '') return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** The members of an element. @throws BackupError `STORAGE_UNAVAILABLE` where it has none */
export function record(value: unknown, client: S3Client): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw strange(client);
}

/** @throws BackupError `STORAGE_UNAVAILABLE` for what is no XML */
export function parsed(parse: () => unknown, client: S3Client): Readonly<Record<string, unknown>> {
  try {
    return record(parse(), client);
  } catch {
    throw strange(client);
  }
}

/** A key as a listing with `encoding-type=url` has it. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** An answer that no S3 gives. */
export function strange({ words }: S3Client): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('s3.strange', { endpoint: words.endpoint }), {
    hint: say('s3.strange.hint'),
    retryable: false,
  });
}
