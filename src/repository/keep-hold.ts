import { hostname } from 'node:os';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { encodeHold, holdObject, type Hold } from './hold.ts';
import type { Instance } from './instance.ts';
import { newId } from './names.ts';
import { deleteHold } from './read-holds.ts';

const hourMs = 60 * 60 * 1000;

export interface HoldOptions extends StorageOptions {
  /** In ms, default one hour. */
  readonly renewEveryMs?: number | undefined;
  /** Without a renewal for so long the run has to end; in ms, default 12 hours: half of what others wait. */
  readonly lostAfterMs?: number | undefined;
  /** For tests: ms since 1970. */
  readonly now?: (() => number) | undefined;
}

/** A hold that is renewed while the process lives. It keeps no process alive. */
export interface KeptHold {
  /** Aborted, with the error that `check` throws, when it is found out that it could not be renewed for too long. */
  readonly signal: AbortSignal;
  /** @throws BackupError `LOCKED` when it could not be renewed for so long that others may count this run as dead */
  check(): void;
  /** Ends it: it is no longer renewed, and removed. */
  release(options?: StorageOptions): Promise<void>;
}

/** Says what a run needs, and goes on saying so. Durable when it resolves: rely on what it names only then, and look again whether that is still there. */
export async function putHold(
  { storage }: Pick<Instance, 'storage'>,
  what: Pick<Hold, 'kind' | 'backup' | 'prior'>,
  options: HoldOptions = {},
): Promise<KeptHold> {
  const hold = new RenewedHold(storage, what, options);
  await hold.renew(options);
  hold.renewLater();
  return hold;
}

class RenewedHold implements KeptHold {
  readonly #id = newId();
  readonly #storage: Storage;
  readonly #what: Pick<Hold, 'kind' | 'backup' | 'prior'>;
  readonly #every: number;
  readonly #lostAfter: number;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #objects: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();
  /** When the newest renewal was begun, by the clock and by the count of ms, which stands still while a machine sleeps. */
  #renewedAt = { clock: 0, count: 0 };

  constructor(storage: Storage, what: Pick<Hold, 'kind' | 'backup' | 'prior'>, options: HoldOptions) {
    const { renewEveryMs = hourMs, lostAfterMs = 12 * hourMs, now = Date.now } = options;
    this.#storage = storage;
    this.#what = what;
    this.#every = renewEveryMs;
    this.#lostAfter = lostAfterMs;
    this.#now = now;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async renew({ signal }: StorageOptions): Promise<void> {
    const begun = { clock: this.#now(), count: performance.now() };
    const at = new Date(begun.clock).toISOString();
    const name = holdObject(this.#id, this.#objects.length);
    const hold = { ...this.#what, id: this.#id, host: hostname(), pid: process.pid, at };
    // Nobody else writes below this id: what is there is ours, of an answer that was lost.
    await putIfAbsent(this.#storage, name, encodeHold(hold), { signal });
    this.#objects.push(name);
    this.#renewedAt = begun;
  }

  renewLater(afterMs = this.#every): void {
    if (this.#ended.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renewNow();
    }, afterMs).unref();
  }

  async #renewNow(): Promise<void> {
    // A machine that slept may find that it is too late: then a renewal must not hide it.
    if (this.#isLost()) {
      this.#lost.abort(this.#error());
      return;
    }
    try {
      await this.renew({ signal: this.#ended.signal });
      this.renewLater();
    } catch {
      // It may succeed next time; for how long it did not is what counts.
      this.renewLater(this.#every / 60);
    }
  }

  #isLost(): boolean {
    const { clock, count } = this.#renewedAt;
    return Math.max(this.#now() - clock, performance.now() - count) > this.#lostAfter;
  }

  check(): void {
    if (this.#isLost()) this.#lost.abort(this.#error());
    this.#lost.signal.throwIfAborted();
  }

  #error(): BackupError {
    const { backup } = this.#what;
    const since = new Date(this.#renewedAt.clock).toISOString();
    return new BackupError('LOCKED', say('repo.hold-lost', { backup, since }), { hint: say('repo.hold-lost.hint') });
  }

  async release(options: StorageOptions = {}): Promise<void> {
    clearTimeout(this.#timer);
    this.#ended.abort();
    await this.#renewing;
    // A renewal that was under way may have been stored.
    await deleteHold(this.#storage, [...this.#objects, holdObject(this.#id, this.#objects.length)], options);
  }
}
