import { decodeSealed, encodeSealed, damaged } from '../sealed-json.ts';
import type { PutOnce } from './put-object.ts';

/** Name of the object that says what the store does. Format: docs/design/object-storage.md. */
export const recordName = 'gausskeep-storage.json';

/** Objects that nobody can delete before their time is over. */
export interface ObjectLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** How long each object is kept, in days; undefined: the bucket has no rule of its own. */
  readonly days: number | undefined;
}

/** What a store was found to do, for a place in it. */
export interface StorageRecord {
  readonly putOnce: PutOnce;
  /** The host that may write, where `putOnce` is `never`: its identity and its name for people. */
  readonly host: { readonly id: string; readonly name: string } | undefined;
  readonly lock: ObjectLock | undefined;
  /** ISO 8601, UTC. */
  readonly probedAt: string;
}

export function encodeRecord({ putOnce, host, lock, probedAt }: StorageRecord): Buffer {
  return encodeSealed({ format: 1, putOnce, host: host ?? null, lock: lock ?? null, probedAt });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeRecord(bytes: Uint8Array): StorageRecord {
  const { putOnce, host, lock, probedAt } = decodeSealed(bytes, recordName);
  if (putOnce !== 'always' && putOnce !== 'single' && putOnce !== 'never') throw damaged(recordName);
  if (typeof probedAt !== 'string') throw damaged(recordName);
  return { putOnce, host: hostOf(host), lock: lockOf(lock), probedAt };
}

function hostOf(value: unknown): StorageRecord['host'] {
  if (value === null) return undefined;
  const { id, name } = fieldsOf(value);
  if (typeof id !== 'string' || typeof name !== 'string') throw damaged(recordName);
  return { id, name };
}

function lockOf(value: unknown): ObjectLock | undefined {
  if (value === null) return undefined;
  const { mode, days } = fieldsOf(value);
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw damaged(recordName);
  if (days === undefined || days === null) return { mode, days: undefined };
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 1) throw damaged(recordName);
  return { mode, days };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw damaged(recordName);
  return value as Record<string, unknown>;
}
