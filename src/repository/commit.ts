import type { ChunkRef } from '../packs/chunk-ref.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { isCount, Members } from './members.ts';
import { commitObject, isBackupName, isId } from './names.ts';

/** The small object that makes a backup one. Format: docs/design/repository.md, the commit. */
export interface Commit {
  /** Its id. */
  readonly backup: string;
  /** What people call it: `TIME-ID`. */
  readonly name: string;
  readonly systemIdentifier: bigint;
  /** `PostgreSQL`, `openGauss`, … and its release, as the server says it. */
  readonly product: string;
  readonly release: string;
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  /** ISO 8601 in UTC, by the clock of the host that took it. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly label: string;
  readonly note: string | undefined;
  /** How it came: `stream`, `import`; a later version may know more. */
  readonly source: string;
  /** Id of the backup that it was compared with, for people. */
  readonly prior: string | undefined;
  /** Generation of the WAL archive that it belongs to. */
  readonly generation: number;
  readonly files: number;
  /** Sum of the sizes of its files. */
  readonly logicalBytes: number;
  /** Bytes of the packs that it wrote. */
  readonly newBytes: number;
  /** Stored bytes of all packs that it uses. */
  readonly referencedBytes: number;
  /** The chunks of its root, in order. */
  readonly root: readonly ChunkRef[];
  /** The packs that those lie in. */
  readonly rootPacks: readonly StoredPack[];
  /** What it rests on. `read`: every byte passed the host that took it; a later version may know more. */
  readonly trust: string;
  /** Until when the packs of other backups that it uses are locked at least, ISO 8601 in UTC by the clock of the storage; undefined: they are not. */
  readonly lockedUntil?: string | undefined;
  /** Id of the repository where that holds: a copy of the commit elsewhere says nothing about the packs there. */
  readonly lockedIn?: string | undefined;
}

/** Says of a backup that it can never be committed: the run that announced it was declared dead. */
export interface Tombstone {
  readonly backup: string;
  /** Who says so: account and host, for people. */
  readonly by: string;
  readonly reason: string;
  /** ISO 8601 in UTC, by the clock of that host. */
  readonly at: string;
}

/** The same bytes for the same commit. */
export function encodeCommit(commit: Commit): Buffer {
  const { startLsn, endLsn, note = null, prior = null } = commit;
  const { product, release, timeline, startedAt, endedAt, label, source, generation } = commit;
  const { files, logicalBytes, newBytes, referencedBytes, trust } = commit;
  return encodeSealed({
    ...{ format: 1, backup: commit.backup, name: commit.name, tombstone: false },
    ...{ systemIdentifier: commit.systemIdentifier.toString(), product, release, timeline },
    ...{ startLsn: formatLsn(startLsn), endLsn: formatLsn(endLsn), startedAt, endedAt },
    ...{ label, note, source, prior, generation, files, logicalBytes, newBytes, referencedBytes },
    root: commit.root.map(plainChunk),
    rootPacks: commit.rootPacks.map(({ pack, sizeBytes }) => [pack.backup, pack.number, sizeBytes]),
    trust,
    ...(commit.lockedUntil === undefined ? {} : { lockedUntil: commit.lockedUntil, lockedIn: commit.lockedIn }),
  });
}

function plainChunk({ pack, offset, storedBytes, rawBytes, codec }: ChunkRef): readonly unknown[] {
  return [pack.backup, pack.number, offset, storedBytes, rawBytes, codec];
}

export function encodeTombstone({ backup, by, reason, at }: Tombstone): Buffer {
  return encodeSealed({ format: 1, backup, tombstone: true, by, reason, at });
}

/** What is stored as the commit of `backup`. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeCommit(bytes: Uint8Array, backup: string): Commit | Tombstone {
  const members = Members.of(bytes, commitObject(backup));
  if (members.id('backup') !== backup) members.refuse();
  if (members.flag('tombstone')) {
    return { backup, by: members.text('by'), reason: members.text('reason'), at: members.time('at') };
  }
  const name = members.text('name');
  if (!isBackupName(name) || !name.endsWith(backup)) members.refuse();
  return {
    backup,
    name,
    systemIdentifier: members.bigNumber('systemIdentifier'),
    product: members.text('product'),
    release: members.text('release'),
    timeline: members.timeline('timeline'),
    startLsn: members.position('startLsn'),
    endLsn: members.position('endLsn'),
    startedAt: members.time('startedAt'),
    endedAt: members.time('endedAt'),
    label: members.text('label'),
    note: members.textOrNull('note'),
    source: members.word('source'),
    prior: members.idOrNull('prior'),
    generation: members.count('generation'),
    files: members.count('files'),
    logicalBytes: members.count('logicalBytes'),
    newBytes: members.count('newBytes'),
    referencedBytes: members.count('referencedBytes'),
    root: members.list('root', rootChunk),
    rootPacks: members.list('rootPacks', rootPack),
    trust: members.word('trust'),
    lockedUntil: members.has('lockedUntil') ? members.time('lockedUntil') : undefined,
    lockedIn: members.has('lockedIn') ? members.id('lockedIn') : undefined,
  };
}

export function isTombstone(stored: Commit | Tombstone): stored is Tombstone {
  return 'by' in stored;
}

function rootChunk(value: unknown): ChunkRef | undefined {
  if (!Array.isArray(value) || value.length !== 6) return undefined;
  const [backup, number, offset, storedBytes, rawBytes, codec] = value as unknown[];
  if (!isId(backup) || !isCount(number) || !isCount(offset) || !isCount(storedBytes) || !isCount(rawBytes)) {
    return undefined;
  }
  if (codec !== 0 && codec !== 1 && codec !== 2 && codec !== 3) return undefined;
  return { pack: { backup, number }, offset, storedBytes, rawBytes, codec };
}

function rootPack(value: unknown): StoredPack | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [backup, number, sizeBytes] = value as unknown[];
  return isId(backup) && isCount(number) && isCount(sizeBytes) ? { pack: { backup, number }, sizeBytes } : undefined;
}
