import { encodeSealed } from '../storage/sealed-json.ts';
import { Members } from './members.ts';

/** What a run says that it needs, before it relies on it. Format: docs/design/repository.md, holds. */
export interface Hold {
  readonly id: string;
  readonly kind: 'backup' | 'restore' | 'verify';
  /** Of a backup its own name to be; else the one that is read. */
  readonly backup: string;
  /** The backup that a new one is compared with. */
  readonly prior: string | undefined;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601 in UTC, by the clock of that host, of this renewal. */
  readonly at: string;
}

export const holdsFolder = 'holds/';

/** @param renewal 0, 1, 2 … */
export function holdObject(id: string, renewal: number): string {
  return `${holdsFolder}${id}/${renewal.toString().padStart(6, '0')}.json`;
}

export function encodeHold({ id, kind, backup, prior, host, pid, at }: Hold): Buffer {
  return encodeSealed({ format: 1, hold: id, kind, backup, prior: prior ?? null, host, pid, at });
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeHold(bytes: Uint8Array, name: string, id: string): Hold {
  const members = Members.of(bytes, name);
  if (members.id('hold') !== id) members.refuse();
  return {
    id,
    kind: members.oneOf('kind', ['backup', 'restore', 'verify']),
    backup: members.backup('backup'),
    prior: members.backupOrNull('prior'),
    host: members.text('host'),
    pid: members.count('pid'),
    at: members.time('at'),
  };
}
