import { encodeSealed } from '../storage/sealed-json.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { isCount, Members } from './members.ts';
import { commitObject, isId } from './names.ts';

/** Where a chunk is and what it takes, as in a root. */
export interface RootChunk {
  readonly pack: { readonly backup: string; readonly number: number };
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly codec: 0 | 1 | 2 | 3;
}

/** The small object that makes a backup one. Format: docs/design/repository.md, the commit. */
export interface Commit {
  readonly backup: string;
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
  /** The backup that it was compared with, for people. */
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
  readonly root: readonly RootChunk[];
  /** What it rests on. `read`: every byte passed the host that took it; a later version may know more. */
  readonly trust: string;
}

/** Says of a backup that it can never be committed: the run that announced it was declared dead. */
export interface Tombstone {
  readonly backup: string;
  /** Who says so: account and host, for people. */
  readonly declaredBy: string;
  readonly reason: string;
}

/** Largest commit that is read, in bytes. */
export const largestCommit = 1024 * 1024;

/** The same bytes for the same commit. */
export function encodeCommit(commit: Commit): Buffer {
  const { startLsn, endLsn, note = null, prior = null } = commit;
  const { product, release, timeline, startedAt, endedAt, label, source, generation } = commit;
  const { files, logicalBytes, newBytes, referencedBytes, trust } = commit;
  return encodeSealed({
    ...{ format: 1, backup: commit.backup, tombstone: false },
    ...{ systemIdentifier: commit.systemIdentifier.toString(), product, release, timeline },
    ...{ startLsn: formatLsn(startLsn), endLsn: formatLsn(endLsn), startedAt, endedAt },
    ...{ label, note, source, prior, generation, files, logicalBytes, newBytes, referencedBytes },
    root: commit.root.map(plainChunk),
    trust,
  });
}

function plainChunk({ pack, offset, storedBytes, rawBytes, codec }: RootChunk): readonly unknown[] {
  return [pack.backup, pack.number, offset, storedBytes, rawBytes, codec];
}

export function encodeTombstone({ backup, declaredBy, reason }: Tombstone): Buffer {
  return encodeSealed({ format: 1, backup, tombstone: true, declaredBy, reason });
}

/** What is stored as the commit of `backup`. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeCommit(bytes: Uint8Array, backup: string): Commit | Tombstone {
  const members = Members.of(bytes, commitObject(backup));
  if (members.text('backup') !== backup) members.refuse();
  if (members.flag('tombstone')) {
    return { backup, declaredBy: members.text('declaredBy'), reason: members.text('reason') };
  }
  const timeline = members.count('timeline');
  if (timeline < 1 || timeline > 0xffff_ffff) members.refuse();
  return {
    backup,
    systemIdentifier: members.bigNumber('systemIdentifier'),
    product: members.text('product'),
    release: members.text('release'),
    timeline,
    startLsn: members.position('startLsn'),
    endLsn: members.position('endLsn'),
    startedAt: members.time('startedAt'),
    endedAt: members.time('endedAt'),
    label: members.text('label'),
    note: members.textOrNull('note'),
    source: members.word('source'),
    prior: members.backupOrNull('prior'),
    generation: members.count('generation'),
    files: members.count('files'),
    logicalBytes: members.count('logicalBytes'),
    newBytes: members.count('newBytes'),
    referencedBytes: members.count('referencedBytes'),
    root: members.list('root', rootChunk),
    trust: members.word('trust'),
  };
}

export function isTombstone(stored: Commit | Tombstone): stored is Tombstone {
  return 'declaredBy' in stored;
}

function rootChunk(value: unknown): RootChunk | undefined {
  if (!Array.isArray(value) || value.length !== 6) return undefined;
  const [backup, number, offset, storedBytes, rawBytes, codec] = value as unknown[];
  if (!isId(backup) || !isCount(number) || !isCount(offset) || !isCount(storedBytes) || !isCount(rawBytes)) {
    return undefined;
  }
  if (codec !== 0 && codec !== 1 && codec !== 2 && codec !== 3) return undefined;
  return { pack: { backup, number }, offset, storedBytes, rawBytes, codec };
}
