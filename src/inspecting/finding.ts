import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { StoredObject } from '../storage/storage.ts';
import { clockToleranceMs } from '../repository/catalogue.ts';

/**
 * `damage`: something is lost or cannot be read. `warning`: somebody should look, nothing is lost by it. `note`: to be known, as what
 * a run that is under way looks like.
 */
export type FindingSeverity = 'note' | 'warning' | 'damage';

/** Something about the form of a repository. */
export interface RepositoryFinding {
  readonly severity: FindingSeverity;
  /** Undefined: it is about the repository as a whole. */
  readonly instance: string | undefined;
  /** Name of the object or folder, below the instance where there is one; of a backup its name. */
  readonly object: string;
  readonly what: Message;
  /** What to do; undefined: nothing. */
  readonly action: Message | undefined;
}

/** How many of each were looked at. */
export interface LookedAt {
  keys: number;
  instances: number;
  /** Commits, tombstones, marks and removals that were read. */
  catalogueObjects: number;
  /** Backups whose root was read. */
  roots: number;
  /** Packs that were listed. */
  packs: number;
  holds: number;
  /** Receipts of WAL that were read. */
  receipts: number;
  /** Objects that were listed, all of these included. */
  objects: number;
}

type Told = Omit<RepositoryFinding, 'instance' | 'severity'>;

/** Takes findings about one instance, or about the repository as a whole, and counts what was looked at. */
export class Findings {
  readonly lookedAt: LookedAt;
  readonly #onFinding: (finding: RepositoryFinding) => void;
  readonly #instance: string | undefined;
  /** By the clock of this host, ms since 1970. */
  readonly nowMs: number;

  constructor(
    onFinding: (finding: RepositoryFinding) => void,
    {
      lookedAt = nothingYet(),
      instance,
      nowMs = Date.now(),
    }: Partial<Pick<Findings, 'lookedAt' | 'nowMs'>> & {
      readonly instance?: string;
    } = {},
  ) {
    this.#onFinding = onFinding;
    this.lookedAt = lookedAt;
    this.#instance = instance;
    this.nowMs = nowMs;
  }

  /** The same, about an instance. */
  of(instance: string): Findings {
    const { lookedAt, nowMs } = this;
    return new Findings(this.#onFinding, { lookedAt, nowMs, instance });
  }

  note(object: string, what: Message, action?: Message): void {
    this.#tell('note', { object, what, action });
  }

  warn(object: string, what: Message, action: Message): void {
    this.#tell('warning', { object, what, action });
  }

  damage(object: string, what: Message, action: Message): void {
    this.#tell('damage', { object, what, action });
  }

  /** What an error says about an object that could not be read. @throws what is no statement about the object */
  unreadable(object: string, error: unknown, action: Message): void {
    if (error instanceof BackupError && error.code === 'REPOSITORY_VERSION') {
      this.warn(object, error.sentence, say('repo-check.newer.action'));
      return;
    }
    if (!(error instanceof BackupError) || (error.code !== 'CORRUPT' && error.code !== 'OBJECT_NOT_FOUND')) throw error;
    this.damage(object, error.sentence, action);
  }

  /** Counts an object that was listed, and judges what the listing says of it. */
  listed({ name, sizeBytes, storedAtMs }: StoredObject): void {
    this.lookedAt.objects += 1;
    if (sizeBytes < 0) {
      this.damage(name, say('repo-check.size', { name }), say('repo-check.put-back.action'));
    }
    if (storedAtMs === undefined || storedAtMs <= this.nowMs + clockToleranceMs) return;
    const at = new Date(storedAtMs).toISOString();
    this.warn(name, say('repo-check.future', { name, at }), say('repo-check.future.action'));
  }

  #tell(severity: FindingSeverity, told: Told): void {
    this.#onFinding({ severity, instance: this.#instance, ...told });
  }
}

function nothingYet(): LookedAt {
  return { keys: 0, instances: 0, catalogueObjects: 0, roots: 0, packs: 0, holds: 0, receipts: 0, objects: 0 };
}
