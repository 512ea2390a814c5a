import { chmodSync } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { claimDirectory, type ClaimedDirectory } from '../files/claim-directory.ts';
import { directoryState, requireEmpty } from '../files/directory-state.ts';
import { fileFailure } from '../files/failure.ts';
import { isLockName } from '../files/lock-directory.ts';
import { revealFile, type HeldFile } from '../files/held-file.ts';
import { fsPath } from '../files/path.ts';
import { syncFileSystem } from '../files/sync-file-system.ts';
import { syncDirectory, syncTree } from '../files/sync-tree.ts';
import { say } from '../messages/message.ts';
import type { BackupNews } from './events.ts';
import type { SyncMethod } from '../files/sync-file-system.ts';

export interface PublishOptions {
  readonly sync: boolean;
  /** Default `fsync`. */
  readonly syncMethod?: SyncMethod | undefined;
  readonly signal: AbortSignal;
  /** Files that are on disk already. */
  readonly isFlushed?: ((path: ByteString) => boolean) | undefined;
}

/**
 * The directories that one backup fills: claimed for this run alone, made durable and published together at its end, or
 * emptied and removed together when it fails.
 */
export class ClaimedPlaces {
  readonly #claims: ClaimedDirectory[] = [];

  /** Refuses a directory with something in it before anything else is done. @throws BackupError `TARGET_NOT_EMPTY` */
  static async check(path: string): Promise<void> {
    requireEmpty(fromText(path), await directoryState(fromText(path), isLockName));
  }

  async claim(path: string): Promise<void> {
    this.#claims.push(await claimDirectory(fromText(path)));
  }

  /** The same for the directory of a tablespace, with the advice that fits. */
  async claimTablespace(path: string): Promise<void> {
    if (this.#claims.some((claim) => claim.path === fromText(path))) {
      throw new BackupError('USAGE', say('backup.directory-twice', { path }), {
        hint: say('backup.directory-twice.hint'),
      });
    }
    try {
      await this.claim(path);
    } catch (error) {
      if (!(error instanceof BackupError) || error.kind !== 'not-empty') throw error;
      const old = path.replaceAll('=', '\\=');
      throw error.with({
        sentence: say('backup.tablespace-not-empty', { path }),
        hint: say('backup.tablespace-not-empty.hint', { mapping: `${old}=${old}_backup` }),
      });
    }
  }

  /** Lets the group read the directories, where the source lets it. */
  allowGroup(): void {
    for (const { path } of this.#claims) {
      try {
        chmodSync(fsPath(path), 0o750);
      } catch (error) {
        throw fileFailure('mode', path, error);
      }
    }
  }

  /**
   * Publishes: releases the locks, makes every file durable, then gives the held files their names, then makes the names
   * durable. After a crash anywhere before the end, at least one held file still has its provisional name.
   */
  async publish(held: readonly HeldFile[], { sync, syncMethod, signal, isFlushed }: PublishOptions): Promise<void> {
    for (const claim of this.#claims) claim.release();
    if (sync) {
      for (const { path, changedAbove } of this.#claims) {
        const isSynced = syncMethod === 'syncfs' && (await syncFileSystem(path));
        if (!isSynced) await syncTree(path, { signal, isFlushed });
        for (const directory of changedAbove ?? []) await syncDirectory(directory);
      }
    }
    signal.throwIfAborted();
    for (const file of held) await revealFile(file, { sync });
  }

  /** After a failure: removes everything, or says that it stays. Never throws. */
  async discard({ clean, tell }: { clean: boolean; tell: (news: BackupNews) => void }): Promise<void> {
    for (const claim of this.#claims.splice(0).reverse()) {
      const path = display(claim.path);
      try {
        if (!clean) {
          claim.release();
          tell({ type: 'removal', sentence: say('backup.not-removed', { path }), isKept: true });
          continue;
        }
        tell({
          type: 'removal',
          sentence: claim.existedBefore ? say('backup.removing-contents', { path }) : say('backup.removing', { path }),
          isKept: false,
        });
        await claim.discard();
      } catch (error) {
        if (error instanceof BackupError) tell({ type: 'warning', sentence: error.sentence });
      }
    }
  }
}
