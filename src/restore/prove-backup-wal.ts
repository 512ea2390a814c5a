import { realpathSync } from 'node:fs';
import type { Message } from '../messages/message.ts';
import { openBackup, type FoundBackup } from '../survey/backups.ts';
import type { IndexCache } from '../survey/index-cache.ts';
import { proveOwnWal } from '../pitr/prove-own-wal.ts';
import type { SurveyListener } from '../survey/events.ts';
import { SegmentReader } from '../survey/read-whole.ts';
import { WalKnowledge } from '../survey/wal-knowledge.ts';
import { readBackupFacts } from '../wal-archive/backup-facts.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { BackupLocation } from '../backup-source/open-backup.ts';

/** What is known of the WAL inside a backup that is restored without any other. */
export type OwnWal =
  | {
      /** Every byte that the server will replay was read. */
      readonly kind: 'proved';
      readonly first: string;
      readonly last: string;
      readonly count: number;
      /** How many of them an earlier run read, and are unchanged since by size and time. */
      readonly remembered: number;
      readonly endLsn: Lsn;
      /** Why it ends before the end of the files, behind the end of the backup. */
      readonly brokenBehind: Message | undefined;
    }
  /** There is none. */
  | { readonly kind: 'absent' }
  /** Good for a plan only. */
  | { readonly kind: 'unread' };

export interface BackupWalOptions {
  readonly cache?: IndexCache | undefined;
  /** A plan only: the WAL is not read. */
  readonly quick?: boolean | undefined;
  /** Told while the WAL is read. */
  readonly onEvent?: SurveyListener | undefined;
}

/**
 * Proves the WAL inside a backup, with which a copy starts that is given no other. Changes nothing.
 * @throws BackupError `WAL_MISSING`, `CORRUPT`, `SYSTEM_MISMATCH`
 */
export async function proveBackupWal(
  from: BackupLocation,
  { cache, quick, onEvent }: BackupWalOptions,
  signal: AbortSignal,
): Promise<OwnWal> {
  if (quick === true) return { kind: 'unread' };
  const knowledge = new WalKnowledge(cache);
  const reader = new SegmentReader(knowledge, { signal, onEvent });
  try {
    const proved = await proveOwnWal(await backupAt(from, signal), { knowledge, reader, signal });
    if (proved === undefined) return { kind: 'absent' };
    const { segments, proof, brokenBehind } = proved;
    const remembered = segments.filter(({ isReadNow }) => isReadNow !== true).length;
    const [first, last] = [segments[0]?.name ?? '-', segments.at(-1)?.name ?? '-'];
    return { kind: 'proved', first, last, count: segments.length, remembered, endLsn: proof.endLsn, brokenBehind };
  } finally {
    await reader.end();
    await knowledge.save();
  }
}

async function backupAt(from: BackupLocation, signal: AbortSignal): Promise<FoundBackup> {
  if (from.kind === 'directory') return openBackup(realpathSync(from.path), { signal, depth: 'quick' });
  const { storage, folder } = from;
  const facts = await readBackupFacts(storage, folder, { signal, depth: 'quick' });
  return { directory: undefined, storage, folder, name: `${storage.description}: ${folder}`, facts };
}
