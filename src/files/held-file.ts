import { renameSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, parentPath } from './path.ts';
import { syncDirectory } from './sync-tree.ts';

/** A file that has a provisional name until everything else is durable. */
export interface HeldFile {
  readonly from: ByteString;
  readonly to: ByteString;
}

/** Gives a held file its name, durably with `sync`. @throws BackupError `STORAGE_UNAVAILABLE` */
export async function revealFile({ from, to }: HeldFile, { sync }: { readonly sync: boolean }): Promise<void> {
  try {
    renameSync(fsPath(from), fsPath(to));
  } catch (error) {
    throw fileFailure('rename', to, error);
  }
  if (sync) await syncDirectory(parentPath(to));
}
