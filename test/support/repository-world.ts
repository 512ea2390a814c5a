import { expect } from 'vitest';
import type { ExpireResult } from '../../src/expire/expire-request.ts';
import { performExpire } from '../../src/expire/perform-expire.ts';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import { priorCandidates } from '../../src/repository/choose-backup.ts';
import type { Commit } from '../../src/repository/commit.ts';
import { putHold } from '../../src/repository/keep-hold.ts';
import { backupName, newId } from '../../src/repository/names.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { deleteVoidHolds } from '../../src/repository/void-holds.ts';
import type { RetentionRules } from '../../src/retention/rules.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { MemoryStorage } from './memory-storage.ts';
import { plainInstance, sampleCommit } from './repository-instance.ts';
import { load, store } from './stored-content.ts';

export const minuteMs = 60_000;

/** One instance of a repository, with a clock that goes when it is told to, and backups of one file each. */
export class RepositoryWorld {
  nowMs = Date.parse('2026-11-01T03:00:00Z');
  /** One clock for storage and hosts: a ms later at each look. */
  readonly now = (): number => (this.nowMs += 1);
  readonly storage = new MemoryStorage(this.now);
  /** What each backup that was begun is to hold. */
  readonly #contents = new Map<string, Uint8Array>();

  async backup(content: string, storage: Storage = this.storage): Promise<string> {
    const { id, commit } = await this.begin(content, storage);
    await commit();
    return id;
  }

  /** A backup in the steps of docs/design/repository.md, up to its commit. It never looks whether its hold is lost, nor for its packs: it was suspended just then. */
  async begin(
    content: string,
    storage: Storage = this.storage,
  ): Promise<{ readonly id: string; readonly commit: () => Promise<void> }> {
    const id = newId();
    const bytes = contentOf(content);
    this.#contents.set(id, bytes);
    const prior = await this.#holdWithPrior(id, storage);
    const startedAt = new Date(this.nowMs).toISOString();
    const written = await store(storage, new Map([['file', bytes]]), { backup: id, prior: prior?.root });
    const { root, rootPacks, files, logicalBytes, newBytes, referencedBytes } = written;
    const numbers = { root, rootPacks, files, logicalBytes, newBytes, referencedBytes, prior: prior?.backup };
    const commit = async () => {
      const endedAt = new Date(this.nowMs).toISOString();
      const whole = { backup: id, name: backupName(startedAt, id), endedAt, ...numbers };
      await putCommit(storage, sampleCommit(whole, startedAt));
    };
    return { id, commit };
  }

  async #holdWithPrior(id: string, storage: Storage): Promise<Commit | undefined> {
    for (;;) {
      const catalogue = await readCatalogue(storage);
      const prior = priorCandidates(catalogue)[0]?.commit;
      await deleteVoidHolds(storage, catalogue);
      try {
        await putHold(storage, { kind: 'backup', backup: id, prior: prior?.backup }, { now: this.now });
        return prior;
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }

  expire(rules: RetentionRules, storage: Storage = this.storage, graceMs?: number): Promise<ExpireResult> {
    return performExpire({ instance: plainInstance(storage), rules, graceMs });
  }

  /** Every backup of the catalogue holds what it is to hold. @returns their ids */
  async checkAll(): Promise<string[]> {
    const { backups } = await readCatalogue(this.storage);
    for (const { commit } of backups) {
      const loaded = await load(this.storage, commit.root);
      expect(loaded.get('file')?.equals(this.#contents.get(commit.backup) ?? new Uint8Array(0))).toBe(true);
    }
    return backups.map(({ commit }) => commit.backup);
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.storage.list('')) if (!name.startsWith('reserve/')) names.push(name);
    return names;
  }
}

/** Eight blocks: the first is that of all texts of a family (`family:word`), the others its own. */
function contentOf(text: string): Uint8Array {
  const block = (word: string) => Buffer.alloc(16 * 1024, `${word} `);
  const [family = ''] = text.split(':');
  return Buffer.concat([block(family), ...Array.from({ length: 7 }, (_, at) => block(`${text}${at}`))]);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'BACKUP_NOT_FOUND';
}
