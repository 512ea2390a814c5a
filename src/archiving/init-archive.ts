import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { findArchive, initArchive, type Archive } from '../wal-archive/archive.ts';
import { refuseNested } from '../repository/refuse-nested.ts';
import type { Storage } from '../storage/storage.ts';
import { instanceOfWal } from './instance-of-wal.ts';

export interface InitRequest {
  readonly storage: Storage;
  /** What `storage` was opened by, to see what it lies in. */
  readonly place?: string | undefined;
  /** The data directory of the instance, its WAL directory, or a segment of it. */
  readonly source: string;
}

/**
 * Makes an empty storage the WAL archive of an instance. That it is one already is no error.
 * @throws BackupError `TARGET_NOT_EMPTY` inside a repository or another archive; `USAGE` when `source` holds no WAL; as `initArchive`
 */
export async function initWalArchive(
  { storage, place, source }: InitRequest,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly archive: Archive; readonly created: boolean }> {
  for (const directory of [join(source, 'pg_wal'), join(source, 'pg_xlog'), source, dirname(source)]) {
    if (!existsSync(directory)) continue;
    const facts = await instanceOfWal(directory, options.signal).catch(() => undefined);
    if (facts === undefined) continue;
    const created = (await findArchive(storage, options)) === undefined;
    if (created) await refuseNested(place ?? storage, options);
    return { archive: await initArchive(storage, facts, { ...options, reason: 'by hand' }), created };
  }
  throw new BackupError('USAGE', say('archive.no-instance', { source }), { hint: say('archive.no-instance.hint') });
}
