import { decodersWith, type Decoder, type Decoders } from './codecs.ts';
import { readCommit, type Commit } from './commit.ts';
import { ObjectStore } from './object-store.ts';
import { must, Refusal } from './refusal.ts';
import { textOf } from './small-object.ts';
import { StoredBackup } from './stored-backup.ts';
import { WalOfInstance } from './wal.ts';

export interface OpenOptions {
  /** Of an encrypted repository. */
  readonly password?: string | undefined;
  /** What this Node lacks. */
  readonly decoders?: Partial<Record<'lz4' | 'zstd', Decoder>> | undefined;
}

/**
 * A reader of a repository of format 1 that knows nothing but docs/design/repository.md and docs/design/wal-archive.md: it shares no
 * code with src/. It puts no hold, so nothing may be removed while it reads.
 */
export class OtherRepository {
  readonly #store: ObjectStore;
  readonly #decoders: Decoders;

  /** @throws Refusal */
  constructor(directory: string, { password, decoders }: OpenOptions = {}) {
    this.#store = new ObjectStore(directory, password);
    this.#decoders = decodersWith(decoders);
  }

  /** Names of the instances, each with the system identifier that all of its backups have. */
  instances(): { readonly name: string; readonly systemIdentifier: string }[] {
    const names = this.#store
      .list('instances')
      .filter((name) => /^(?!.*\.$)[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name));
    return names
      .filter((name) => this.#store.has(`instances/${name}/instance.json`))
      .map((name) => {
        const object = `instances/${name}/instance.json`;
        const members = this.#store.smallObject(object);
        must(members['name'] === name, `${object} is of another instance`);
        return { name, systemIdentifier: textOf(members, 'systemIdentifier', object, /^\d{1,20}$/) };
      });
  }

  /** The catalogue, oldest first: commits that are no tombstones and have no removal. */
  commits(instance: string): Commit[] {
    const owner = this.instances().find(({ name }) => name === instance);
    if (owner === undefined) throw new Refusal('NOT_FOUND', `instance ${instance}`);
    const prefix = `instances/${instance}`;
    const removed = new Set(this.#idsIn(`${prefix}/removals`));
    const commits = this.#idsIn(`${prefix}/commits`).flatMap((backup) => {
      const object = `${prefix}/commits/${backup}.json`;
      const commit = readCommit(this.#store.smallObject(object), backup, object);
      if (commit === undefined || removed.has(backup)) return [];
      must(commit.systemIdentifier === owner.systemIdentifier, `${object} is of another server`);
      return [commit];
    });
    return commits.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  backup(instance: string, commit: Commit): StoredBackup {
    return new StoredBackup(this.#store, instance, commit, this.#decoders);
  }

  wal(instance: string): WalOfInstance {
    return new WalOfInstance(this.#store, instance, this.#decoders);
  }

  #idsIn(folder: string): string[] {
    return this.#store.list(folder).flatMap((name) => /^([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? []);
  }
}
