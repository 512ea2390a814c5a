import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { claimDirectory, type ClaimedDirectory } from '../files/claim-directory.ts';
import { fileFailure } from '../files/failure.ts';
import { tryGive } from '../files/give-tree.ts';
import { lockDirectory } from '../files/lock-directory.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import { removeTree } from '../files/remove-tree.ts';
import { isOursInRestore } from './marker.ts';
import type { Owner } from '../files/directory-owner.ts';

/** The directories that one restore fills: held for this run alone, and emptied again when it fails. */
export class RestoreTarget {
  readonly #held: ClaimedDirectory[] = [];
  /** Directories made above those, the topmost first. */
  readonly #parents: ByteString[] = [];

  /** Takes a directory that is missing, empty, or was begun and not filled; what is made for it goes to `owner`. */
  async claim(path: ByteString, owner: Owner | undefined): Promise<void> {
    const missing: ByteString[] = [];
    for (let above = parentPath(path); !existsSync(fsPath(above)); above = parentPath(above)) missing.push(above);
    this.#held.push(await claimDirectory(path, { isOurs: isOursInRestore, owner }));
    this.#parents.push(...missing.reverse());
  }

  /** Takes a directory of a mount point whose old content lies in a directory of its own. */
  share(path: ByteString, kept: (name: string) => boolean): void {
    const lock = lockDirectory(path);
    this.#held.push({
      path,
      existedBefore: true,
      release: () => lock.release(),
      discard: async () => {
        const ours: ByteString[] = [];
        for await (const { name } of entriesOf(path)) {
          if (isOursInRestore(name)) ours.push(joinPath(path, name));
          else if (!kept(name)) await removeAny(joinPath(path, name));
        }
        for (const one of ours) await removeAny(one);
        lock.release();
      },
    });
  }

  /** Takes a directory for a delta: what a failed run leaves in it stays. */
  hold(path: ByteString): void {
    const lock = lockDirectory(path);
    const release = (): void => lock.release();
    const discard = async (): Promise<void> => {
      await Promise.resolve();
      release();
    };
    this.#held.push({ path, existedBefore: true, release, discard });
  }

  get directories(): readonly ByteString[] {
    return this.#held.map(({ path }) => path);
  }

  /** Gives the directories that were made above those to fill to their owner, who must be able to pass through them. */
  giveParents({ uid, gid }: Owner): void {
    // A refusal was told of already, by what lies in them.
    for (const path of this.#parents) tryGive(path, uid, gid);
  }

  setModes(mode: number): void {
    for (const path of this.directories) {
      try {
        chmodSync(fsPath(path), mode);
      } catch (error) {
        throw fileFailure('mode', path, error);
      }
    }
  }

  release(): void {
    for (const held of this.#held) held.release();
  }

  /** After a failure. Never throws: the failure itself is what to tell. */
  async discard(): Promise<void> {
    for (const held of this.#held.splice(0).reverse()) await held.discard().catch(() => undefined);
  }
}

async function removeAny(path: ByteString): Promise<void> {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EISDIR' || code === 'EPERM') await removeTree(path, { keepRoot: false });
    else if (code !== 'ENOENT') throw fileFailure('remove', path, error);
  }
}
