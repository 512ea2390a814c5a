import { chmodSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { claimDirectory, type ClaimedDirectory } from '../files/claim-directory.ts';
import { fileFailure } from '../files/failure.ts';
import { revealFile, type HeldFile } from '../files/held-file.ts';
import { fsPath } from '../files/path.ts';
import { syncDirectory, syncTree } from '../files/sync-tree.ts';

export interface FillOptions {
  /** Permission bits of the directories; default: those that they have, 0700 of what is made. */
  readonly mode?: number | undefined;
  readonly signal: AbortSignal;
}

/** What was put into directories, and the files that get their names when all of it is durable, in this order. */
export interface Filled<Result> {
  readonly result: Result;
  readonly held: readonly HeldFile[];
}

/**
 * Takes directories that are missing or empty, fills them, and makes all of it durable. When it rejects each is as it was.
 * @throws BackupError `TARGET_NOT_EMPTY`, `LOCKED`, `STORAGE_UNAVAILABLE`; what `fill` throws
 */
export async function fillDirectories<Result>(
  paths: readonly ByteString[],
  { mode, signal }: FillOptions,
  fill: () => Promise<Filled<Result>>,
): Promise<Result> {
  const claims: ClaimedDirectory[] = [];
  try {
    for (const path of paths) claims.push(await claimDirectory(path));
    const { result, held } = await fill();
    // Not before: after a failure they have the permissions that they had.
    if (mode !== undefined) for (const path of paths) setMode(path, mode);
    for (const claim of claims) claim.release();
    for (const { path, changedAbove = [] } of claims) {
      await syncTree(path, { signal });
      for (const above of changedAbove) await syncDirectory(above);
    }
    signal.throwIfAborted();
    for (const file of held) await revealFile(file, { sync: true });
    return result;
  } catch (error) {
    // The failure itself is what to tell; what could not be removed is still there to see.
    for (const claim of claims.reverse()) await claim.discard().catch(() => undefined);
    throw error;
  }
}

function setMode(path: ByteString, mode: number): void {
  try {
    chmodSync(fsPath(path), mode);
  } catch (error) {
    throw fileFailure('mode', path, error);
  }
}
