import { expect } from 'vitest';
import { copyRepository } from '../../src/copying/copy-repository.ts';
import type { CopiedInstance } from '../../src/copying/copy-request.ts';
import { performExpire } from '../../src/expire/perform-expire.ts';
import { render } from '../../src/messages/message.ts';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import { initRepository } from '../../src/repository/init-repository.ts';
import { openKnownInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import type { Repository } from '../../src/repository/repository.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { ReadAmount } from '../../src/verify/choose-packs.ts';
import { verifyStored } from '../../src/verify/verify-stored.ts';
import { MemoryStorage } from './memory-storage.ts';
import { SmallRepository } from './small-repository.ts';
import { load } from './stored-content.ts';

const hourMs = 60 * 60 * 1000;

/** A repository with one instance, and another one to copy into, both in memory, with one clock that goes when it is told to. */
export class CopyWorld {
  /** As they are stored. */
  readonly root: MemoryStorage;
  targetRoot: MemoryStorage;
  readonly small: SmallRepository;
  target: Repository;
  readonly #targetPassword: string | undefined;
  readonly #clock: { nowMs: number };

  private constructor(
    world: { readonly root: MemoryStorage; readonly targetRoot: MemoryStorage; readonly clock: { nowMs: number } },
    small: SmallRepository,
    target: Repository,
    targetPassword: string | undefined,
  ) {
    this.root = world.root;
    this.targetRoot = world.targetRoot;
    this.small = small;
    this.target = target;
    this.#targetPassword = targetPassword;
    this.#clock = world.clock;
  }

  static async make(password?: string, targetPassword?: string): Promise<CopyWorld> {
    const clock = { nowMs: Date.now() };
    const now = (): number => (clock.nowMs += 1);
    const [root, targetRoot] = [new MemoryStorage(now), new MemoryStorage(now)];
    const small = await SmallRepository.make(root, password);
    const given = targetPassword === undefined ? {} : { password: () => Promise.resolve(targetPassword) };
    return new CopyWorld({ root, targetRoot, clock }, small, await initRepository(targetRoot, given), targetPassword);
  }

  /** Time goes on by so many hours. */
  wait(hours: number): void {
    this.#clock.nowMs += hours * hourMs;
  }

  /** Another target, as new. */
  async anew(): Promise<void> {
    this.targetRoot = new MemoryStorage(() => (this.#clock.nowMs += 1));
    this.target = await initRepository(this.targetRoot, {});
  }

  /** So many more, each with a file as before and one of its own. */
  async backups(count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) {
      const seed = this.small.backups.length;
      await this.small.backup(
        new Map([
          ['base/1/1', Buffer.alloc(100_000, 'the same')],
          ['base/1/2', Buffer.alloc(60_000, `of backup ${seed}`)],
        ]),
      );
    }
  }

  get ids(): string[] {
    return this.small.backups.map(({ commit }) => commit.backup);
  }

  /** The target by another way to its storage. */
  openTarget(storage: Storage): Promise<Repository> {
    const password = this.#targetPassword;
    return openRepository(storage, password === undefined ? {} : { password: () => Promise.resolve(password) });
  }

  /** As `copy`, of the source by another way to its storage. */
  async copyFrom(storage: Storage): Promise<CopiedInstance> {
    return this.#copied(await openRepository(storage), this.target, false);
  }

  /** As `copy`, and what the target has is read. */
  copyReading(read: ReadAmount): Promise<CopiedInstance> {
    return this.#copied(this.small.repository, this.target, false, read);
  }

  copy(into: Repository = this.target, dryRun = false): Promise<CopiedInstance> {
    return this.#copied(this.small.repository, into, dryRun);
  }

  async #copied(
    source: Repository,
    target: Repository,
    dryRun: boolean,
    read: ReadAmount = 'none',
  ): Promise<CopiedInstance> {
    const { instances } = await copyRepository({ source, target, dryRun, read });
    const [only] = instances;
    if (only === undefined || instances.length > 1) throw new Error('not one instance');
    if (only.failure !== undefined) throw only.failure;
    return only;
  }

  /** Retention comes so often that what it takes off is gone. */
  async expire(repository: Repository, keepLast = 1): Promise<void> {
    const instance = await openKnownInstance(repository, 'orders');
    for (let run = 0; run < 3; run += 1) {
      await performExpire({ instance, rules: { keepLast, keepWithinMs: 0 } });
      this.wait(25);
    }
  }

  /** All that the target holds is read, and every file of each backup is as it was. @returns ids of the backups there */
  async checkTarget(story = ''): Promise<string[]> {
    const instance = await openKnownInstance(this.target, 'orders');
    for await (const verdict of verifyStored({ instances: [instance], read: 'all' })) {
      if (verdict.kind !== 'verdict') continue;
      const faults = verdict.faults.map(({ sentence }) => render(sentence)).join('; ');
      expect(verdict.state, `${story} ${faults}`).toBe('sound');
    }
    const { backups } = await readCatalogue(instance.storage);
    for (const { commit } of backups) {
      const made = this.small.backups.find((one) => one.commit.backup === commit.backup);
      const loaded = await load(instance.storage, commit.root);
      for (const [name, content] of made?.files ?? []) expect(loaded.get(name)?.equals(content)).toBe(true);
    }
    return backups.map(({ commit }) => commit.backup);
  }
}

export function outcomesOf({ backups }: CopiedInstance): string[] {
  return backups.map(({ outcome }) => outcome);
}
