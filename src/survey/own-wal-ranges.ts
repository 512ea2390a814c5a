import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatLsn, lsn, type Lsn } from '../wal/lsn.ts';
import { findTarSet } from '../wal-archive/tar-set.ts';
import { findWindow } from '../window/find-window.ts';
import type { BackupRange, LineWindow } from '../window/recovery-window.ts';
import { BackupWal } from './backup-wal.ts';
import { windowBackup, type FoundBackup } from './backups.ts';
import type { WalInventory } from './inventory.ts';
import { nameOnLine, readLine, type ReadLineOptions } from './read-line.ts';

/**
 * The backups of a line once more where the WAL of the archive alone does not serve them: with the WAL that lies inside of
 * backups, as a restore takes it. WAL in the same tar as the data is not read for it, which would be a pass over all data.
 */
export async function rangesWithOwnWal(
  { line, backups: ranges }: LineWindow,
  backups: readonly FoundBackup[],
  named: WalInventory,
  options: ReadLineOptions,
): Promise<BackupRange[]> {
  const from = backups.map(({ facts }) => facts.label.startLsn).reduce<Lsn | undefined>(earlier, undefined);
  const { systemIdentifier } = named;
  const wal = new BackupWal(backups, named, { ...options, from, systemIdentifier });
  const again: BackupRange[] = [];
  for (const range of ranges) {
    const backup = range.problem && backups.find(({ name }) => name === range.backup.name);
    again.push(backup === undefined ? range : await rangeWithOwnWal(backup, range));
  }
  return again;

  async function rangeWithOwnWal(backup: FoundBackup, range: BackupRange): Promise<BackupRange> {
    const { label, format } = backup.facts;
    if (format === 'tar' && (await isWithData(backup))) {
      if (named.segments.has(label.startSegment)) return range;
      return { ...range, problem: say('window.own-wal-unread', { lsn: formatLsn(label.startLsn) }) };
    }
    const inventory = await wal.inventoryFor(backup);
    if (inventory === undefined) return range;
    const segments = readLine(inventory, line, { ...options, from: label.startLsn });
    const found = await rangeOf(backup, findWindow(line, segments, [windowBackup(backup)]));
    if (found?.endLsn === undefined || found.problem !== undefined) return range;
    // Its own WAL alone does not tell that it is of a generation which began after it was made.
    const isOfFirst = line.generation === undefined || line.generation === 1;
    return isOfFirst || named.segments.has(lastSegmentBefore(found.endLsn, line, inventory)) ? found : range;
  }
}

async function rangeOf(backup: FoundBackup, window: Promise<LineWindow>): Promise<BackupRange | undefined> {
  try {
    return (await window).backups.find(({ backup: { name } }) => name === backup.name);
  } catch (error) {
    // Its WAL is not that of the archive.
    if (error instanceof BackupError && error.code === 'CORRUPT') return undefined;
    throw error;
  }
}

function lastSegmentBefore(end: Lsn, line: LineWindow['line'], { segmentSizeBytes }: WalInventory): string {
  return nameOnLine(line, lsn(end - 1n), segmentSizeBytes);
}

async function isWithData({ storage, folder }: FoundBackup): Promise<boolean> {
  return (await findTarSet(storage, folder))?.wal === undefined;
}

function earlier(a: Lsn | undefined, b: Lsn): Lsn {
  return a === undefined || b < a ? b : a;
}
