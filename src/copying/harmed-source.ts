import type { Message } from '../messages/message.ts';
import { isDamage } from '../packs/damage.ts';
import type { Commit } from '../repository/commit.ts';
import { isCommitted } from '../repository/put-commit.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { DamageOfSource } from './copy-request.ts';

interface Harm {
  readonly reason: Message;
  readonly commits: Commit[];
}

/** What backups of the source need and it has no longer, as a copy meets it: also where the target has it, and nothing of it was to be copied. */
export class HarmedSource {
  /** By the name of the pack. */
  readonly #packs = new Map<string, Harm>();
  /** Roots that cannot be read, by the id of the backup. */
  readonly #roots = new Map<string, Harm>();

  add(pack: string, reason: Message, commit: Commit): void {
    const known = this.#packs.get(pack) ?? { reason, commits: [] };
    this.#packs.set(pack, known);
    if (!known.commits.includes(commit)) known.commits.push(commit);
  }

  addRoot(reason: Message, commit: Commit): void {
    this.#roots.set(commit.backup, { reason, commits: [commit] });
  }

  /** A backup that was removed since its commit was read lost its packs by that. A root that lies in a pack which is lost is told with that. */
  async named(source: Storage, options: StorageOptions): Promise<readonly DamageOfSource[]> {
    const told = new Set([...this.#packs.values()].flatMap(({ commits }) => commits.map(({ backup }) => backup)));
    const roots = [...this.#roots].filter(([backup]) => !told.has(backup)).map(([, harm]) => harm);
    const gone = new Map<string, boolean>();
    const named: DamageOfSource[] = [];
    for (const { reason, commits } of [...this.#packs.values(), ...roots]) {
      const backups: string[] = [];
      for (const { backup, name } of commits) {
        const isGone = gone.get(backup) ?? !(await isCommitted(source, backup, options).catch(trueIfDamaged));
        gone.set(backup, isGone);
        if (!isGone) backups.push(name);
      }
      if (backups.length > 0) named.push({ reason, backups });
    }
    return named;
  }
}

function trueIfDamaged(error: unknown): true {
  if (isDamage(error)) return true;
  throw error;
}
