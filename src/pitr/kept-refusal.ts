import type { BackupError } from '../errors/backup-error.ts';
import type { RecoveryTarget } from '../server/recovery-target.ts';

/**
 * Which of two refusals is told, of a newer backup and of an older one: the oldest's, for it reaches farthest back. But the newest backup
 * before a target that retention made unreachable says which range that is, and the newest before damaged or missing WAL where that is.
 * What is named by number or name may lie before that backup as well.
 */
export function keptRefusal(
  newer: BackupError | undefined,
  older: BackupError,
  { kind }: Pick<RecoveryTarget, 'kind'>,
): BackupError {
  if (newer?.kind === 'pruned-before-target') return newer;
  if (newer?.kind !== 'gap-before-target') return older;
  const isPlace = kind === 'latest' || kind === 'time' || kind === 'lsn';
  return isPlace || older.kind !== 'pruned-before-target' ? newer : older;
}
