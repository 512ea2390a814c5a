import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { parseStoredName } from '../wal-archive/wal-file-name.ts';
import { formatLsn } from '../wal/lsn.ts';
import { BackupWal, walFolders } from '../survey/backup-wal.ts';
import type { FoundBackup } from '../survey/backups.ts';
import { proveRecovery, type ProvedRecovery, type ProveOptions, type ProveRequest } from './prove-recovery.ts';

/** The WAL that lies inside a backup, proved. */
export interface ProvedOwnWal extends ProvedRecovery {
  /** Why the WAL ends where it ends, if that is no end that a server leaves: what lies behind is not replayed. */
  readonly brokenBehind: Message | undefined;
}

/**
 * Proves the WAL that lies inside a backup: all that a server replays that is given no other, from the begin of the backup to
 * its end and on to the end of that WAL.
 * @returns undefined where there is none in it
 * @throws BackupError `WAL_MISSING`, `CORRUPT`, `TARGET_UNREACHABLE` where the backup cannot become consistent with it
 */
export async function proveOwnWal(backup: FoundBackup, options: ProveOptions): Promise<ProvedOwnWal | undefined> {
  const { label, systemIdentifier } = backup.facts;
  const strays: string[] = [];
  const onStray = (name: string): void => void strays.push(name);
  const wal = new BackupWal([backup], undefined, { ...options, from: label.startLsn, systemIdentifier, onStray });
  const inventory = await wal.inventoryFor(backup, true);
  if (inventory?.segments.has(label.startSegment) !== true) {
    strays.push(...(await namedAsSegments(backup, options)));
    const first = inventory === undefined ? strays[0] : strays.find((name) => name === label.startSegment);
    if (first !== undefined) throw new BackupError('CORRUPT', say('survey.unsound', { name: first }));
    if (inventory === undefined || inventory.segments.size === 0) return undefined;
    const values = { backup: backup.name, start: formatLsn(label.startLsn) };
    throw new BackupError('WAL_MISSING', say('window.proof.no-wal', values), {
      hint: say('window.proof.no-wal.hint'),
    });
  }
  const request: ProveRequest = {
    backups: [backup],
    wal,
    generation: undefined,
    target: {
      target: { kind: 'latest' },
      inclusive: undefined,
      timeline: undefined,
      action: 'promote',
      time: undefined,
    },
    supply: 'copy',
    fetchesFrom: undefined,
    allWal: () => Promise.resolve(undefined),
    allowEndOfWal: false,
    isOwnWal: true,
  };
  try {
    return { ...(await proveRecovery(request, options)), brokenBehind: undefined };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'TARGET_UNREACHABLE') throw error;
    // It is consistent before that, or the second time says that it is not.
    const proved = await proveRecovery({ ...request, allowEndOfWal: true }, options);
    return { ...proved, brokenBehind: error.sentence };
  }
}

/** Names in the WAL directory of a plain backup that are those of segments. */
async function namedAsSegments(backup: FoundBackup, { signal }: StorageOptions): Promise<string[]> {
  const names: string[] = [];
  if (backup.facts.format === 'tar') return names;
  for (const { storage, folder } of await walFolders(backup)) {
    for await (const { name } of storage.list(folder, { signal, recursive: false })) {
      const file = parseStoredName(name.slice(folder.length))?.file;
      if (file?.kind === 'segment') names.push(file.name);
    }
  }
  return names;
}
