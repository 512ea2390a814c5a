import { fromText } from '../bytes/byte-string.ts';
import { readPieces } from '../files/read-file.ts';
import type { BaseBackupRequest } from '../replication/base-backup.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { BackupOrder } from './request.ts';

/** What is asked of BASE_BACKUP for `order`. */
export function commandOf(order: BackupOrder, { baseBackup }: Capabilities): BaseBackupRequest {
  return {
    label: order.label,
    progress: order.estimateSize,
    checkpoint: order.checkpoint,
    includeWal: order.wal === 'fetch',
    // The server waits for its archiver only where the WAL comes from nowhere else.
    noWait: order.wal !== 'none',
    maxRateKib: order.maxRateKib,
    tablespaceMap: order.output.kind !== 'plain' && baseBackup.tablespaceMap,
    verifyChecksums: order.verifyChecksums,
    compression: order.serverCompression,
    incremental: order.incrementalTo === undefined ? undefined : readPieces(fromText(order.incrementalTo)),
    manifest:
      order.manifest === undefined || !baseBackup.manifest
        ? undefined
        : { checksums: order.manifest, forceEncode: order.manifestForceEncode },
  };
}
