import { createHash } from 'node:crypto';
import type { LockTimes, StorageLock, StorageOptions } from '../storage.ts';
import { objectNotFound } from '../failures.ts';
import type { S3Client } from './client.ts';
import { dropBody } from './exchange.ts';
import type { ObjectLock } from './storage-record.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** A put may take a while from when its headers are made: until the object is there, its time must not be shorter than was promised. */
const slackMs = 60 * 60 * 1000;

interface Retention {
  readonly mode: string;
  /** -Infinity: a legal hold alone holds it. */
  readonly untilMs: number;
  /** Somebody has put a legal hold on it, which has no date. */
  readonly isLegalHold: boolean;
}

/** The headers with which each object is put. */
export function lockHeaders(client: S3Client, lock: ObjectLock | undefined): Record<string, string> {
  if (lock?.days === undefined) return {};
  return {
    'x-amz-object-lock-mode': lock.mode,
    'x-amz-object-lock-retain-until-date': timeText(client.storeNowMs + lock.days * dayMs + slackMs),
  };
}

/** What holds an object; undefined: nothing does, or the store does not tell it to these credentials. @throws BackupError `OBJECT_NOT_FOUND` */
export async function retentionOf(
  client: S3Client,
  name: string,
  { versionId, signal }: StorageOptions & { readonly versionId?: string | undefined } = {},
): Promise<Retention | undefined> {
  const request = { method: 'HEAD', name, query: { versionId }, answers: [200, 404, 405] } as const;
  const { result } = await client.run(request, (answer) => Promise.resolve(answer), signal);
  await dropBody(result);
  // 405: a delete marker, which nothing holds.
  if (result.status === 405) return undefined;
  if (result.status === 404) throw objectNotFound(name, client.words.place);
  const { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': until } = result.headers;
  const isLegalHold = result.headers['x-amz-object-lock-legal-hold'] === 'ON';
  const untilMs = Date.parse(String(until));
  if (typeof mode === 'string' && !Number.isNaN(untilMs)) return { mode, untilMs, isLegalHold };
  return isLegalHold ? { mode: '', untilMs: -Infinity, isLegalHold } : undefined;
}

/** The lock of a place whose objects are put with `lockHeaders`. Undefined: none. */
export function lockOf(client: S3Client, rule: ObjectLock | undefined): StorageLock | undefined {
  if (rule?.days === undefined) return undefined;
  return {
    lockedForMs: rule.days * dayMs,
    get nowMs() {
      return client.storeNowMs;
    },
    lockedUntil: async (name, { signal } = {}) => {
      const held = await retentionOf(client, name, { signal }).catch(undefinedWhereNone);
      return held !== undefined && held.untilMs > client.storeNowMs ? held.untilMs : undefined;
    },
    extend: async (name, times, { signal } = {}) => extend(client, rule, { name, times }, signal),
  };
}

function undefinedWhereNone(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'OBJECT_NOT_FOUND') return undefined;
  throw error;
}

async function extend(
  client: S3Client,
  rule: ObjectLock,
  { name, times }: { readonly name: string; readonly times: LockTimes },
  signal?: AbortSignal,
): Promise<void> {
  const held = await retentionOf(client, name, { signal });
  if (held !== undefined && held.untilMs >= times.leastMs) return;
  // A stricter mode is not given up, nor one that an administrator chose for this object.
  const mode = held === undefined || held.untilMs <= client.storeNowMs ? rule.mode : held.mode;
  const text = `<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>${mode}</Mode><RetainUntilDate>${timeText(times.untilMs)}</RetainUntilDate></Retention>`;
  const bytes = Buffer.from(text);
  const body = { sizeBytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex'), pieces: [bytes] };
  const headers = { 'Content-Type': 'application/xml' };
  await client.text({ method: 'PUT', name, query: { retention: '' }, headers, body, answers: [200] }, signal);
}

/** In whole seconds, not before: not every store reads fractions. */
function timeText(ms: number): string {
  return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000', '');
}
