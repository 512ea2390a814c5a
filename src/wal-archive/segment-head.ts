import { BackupError } from '../errors/backup-error.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { WalObject } from './wal-source.ts';

/** As `startsAsNamed`; false also where it cannot be decompressed. */
export async function isNamedRight(...[object, instance, options]: Parameters<typeof startsAsNamed>): Promise<boolean> {
  try {
    return await startsAsNamed(object, instance, options);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/** Whether the first page of a segment is of this instance and of the position that the name says. */
export async function startsAsNamed(
  object: Pick<WalObject, 'file' | 'read'>,
  instance: { readonly systemIdentifier: bigint; readonly segmentSizeBytes: number },
  options?: StorageOptions,
): Promise<boolean> {
  if (object.file.kind === 'history' || object.file.kind === 'backup-history') return true;
  const named = parseSegmentName(object.file.segment, instance.segmentSizeBytes);
  for await (const piece of object.read({ ...options, headOnly: true })) {
    const header = decodePageHeader(piece);
    const { segment } = header ?? {};
    return (
      header?.format !== undefined &&
      header.address === named?.startLsn &&
      segment?.systemIdentifier === instance.systemIdentifier &&
      segment.segmentSizeBytes === instance.segmentSizeBytes
    );
  }
  return false;
}
