import { hostname } from 'node:os';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { putIfAbsent } from '../storage/small-object.ts';
import { surelyLockedUntil } from '../storage/object-lock.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { clockToleranceMs } from './catalogue.ts';
import { encodeHold, holdObject, type HeldPosition, type HeldThings, type Hold } from './hold.ts';
import { newId } from './names.ts';
import { deleteHold } from './read-holds.ts';
import { refuseRemoved } from './refuse-removed.ts';

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
  /** Which one it is. */
  readonly name: Pick<Hold, 'backup' | 'run'>;
  /** Aborted, with the error that `check` throws, when it is found out that it could not be renewed for too long. */
  readonly signal: AbortSignal;
  /** When it was put, ms since 1970 by the clock of the storage; undefined where that tells none. */
  readonly storedAtMs: number | undefined;
  /** Renews it at once. @returns when that was stored, as `storedAtMs` */
  touch(options?: StorageOptions): Promise<number | undefined>;
  /** Says where the WAL begins that is needed: durable when it resolves. */
  begin(position: HeldPosition, options?: StorageOptions): Promise<void>;
  /** @throws BackupError `LOCKED` when it could not be renewed for so long that others may count this run as dead */
  check(): void;
  /** Renews it no longer. It stays: with the commit of its backup there it is void, else it dies by itself. */
  leave(): Promise<void>;
  /** Renews it no longer, and removes it. */
  release(options?: StorageOptions): Promise<void>;
}

/**
 * Says what a run needs, and goes on saying so.
 * @throws BackupError `BACKUP_NOT_FOUND` when that is off the catalogue: nothing is held then; `CLOCK` when the clock of this host
 * is not that of the storage, for who makes a backup
 */
export async function putHold(storage: Storage, things: HeldThings, options: HoldOptions = {}): Promise<KeptHold> {
  const hold = new RenewedHold(storage, things, options);
  try {
    await hold.renew(options);
    await hold.look(options);
  } catch (error) {
    // What is stored of it would keep others waiting; that it cannot be taken away changes nothing about the reason.
    await hold.release().catch(() => undefined);
    throw error;
  }
  hold.renewLater();
  return hold;
}

class RenewedHold implements KeptHold {
  readonly #run = newId();
  readonly #storage: Storage;
  readonly #things: HeldThings;
  readonly #every: number;
  readonly #lostAfter: number;
  readonly #now: () => number;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  #renewals = 0;
  #timer: NodeJS.Timeout | undefined;
  #position: HeldPosition | undefined;
  /** The renewal under way: they come one after another. */
  #renewing: Promise<void> = Promise.resolve();
  /** When the newest renewal was begun, by the clock and by the count of ms, which stands still while a machine sleeps. */
  #renewedAt = { clock: 0, count: 0 };
  storedAtMs: number | undefined;

  constructor(storage: Storage, things: HeldThings, options: HoldOptions) {
    const { renewEveryMs = hourMs, lostAfterMs = 12 * hourMs, now = Date.now } = options;
    this.#storage = storage;
    this.#things = things;
    this.#every = renewEveryMs;
    this.#lostAfter = lostAfterMs;
    this.#now = now;
  }

  get name(): KeptHold['name'] {
    return { backup: this.#things.backup, run: this.#run };
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async renew({ signal }: StorageOptions): Promise<void> {
    const begun = { clock: this.#now(), count: performance.now() };
    const at = new Date(begun.clock).toISOString();
    const hold = { ...this.#things, run: this.#run, host: hostname(), pid: process.pid, at, position: this.#position };
    const name = holdObject(hold, this.#renewals);
    // Counted before: what is stored although the answer was lost is taken away as well.
    this.#renewals += 1;
    await putIfAbsent(this.#storage, name, encodeHold(hold), { signal });
    this.#renewedAt = begun;
  }

  /** Whether what the hold is for is there, now that others can see it. */
  async look(options: StorageOptions): Promise<void> {
    const { kind, backup, prior } = this.#things;
    const { clock } = this.#renewedAt;
    this.storedAtMs = await this.#stored(0, options);
    if (kind === 'backup') this.#checkClock(clock);
    const needed = kind === 'backup' ? prior : backup;
    if (needed !== undefined && kind !== 'expire') await refuseRemoved(this.#storage, needed, options);
  }

  /** @param begun when the hold was about to be put */
  #checkClock(begun: number): void {
    const storage = this.storedAtMs;
    if (storage === undefined) return;
    if (storage > begun - clockToleranceMs && storage < this.#now() + clockToleranceMs) return;
    const [here, there] = [begun, storage].map((ms) => new Date(ms).toISOString());
    throw new BackupError('CLOCK', say('repo.clock', { here: here ?? '', there: there ?? '' }), {
      hint: say('repo.clock.hint'),
    });
  }

  renewLater(afterMs = this.#every): void {
    if (this.#ended.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renewing.then(() => this.#renewNow());
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

  async begin(position: HeldPosition, options: StorageOptions = {}): Promise<void> {
    this.#position = position;
    await this.touch(options);
  }

  async touch(options: StorageOptions = {}): Promise<number | undefined> {
    this.check();
    const renewal = this.#renewing.then(async () => {
      await this.renew(options);
      return this.#stored(this.#renewals - 1, options);
    });
    this.#renewing = renewal.then(
      () => undefined,
      () => undefined,
    );
    return renewal;
  }

  /** @throws BackupError `LOCKED` when the renewal is not there: whoever slept for a day was taken for dead */
  async #stored(renewal: number, options: StorageOptions): Promise<number | undefined> {
    const name = holdObject(this.name, renewal);
    const found = await this.#storage.stat(name, options);
    if (found === undefined) throw this.#error();
    return found.storedAtMs;
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
    const { backup } = this.#things;
    const since = new Date(this.#renewedAt.clock).toISOString();
    return new BackupError('LOCKED', say('repo.hold-lost', { backup, since }), { hint: say('repo.hold-lost.hint') });
  }

  async leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#ended.abort();
    await this.#renewing;
  }

  async release(options: StorageOptions = {}): Promise<void> {
    await this.leave();
    // Just put: nothing of it can be deleted, and it dies by itself.
    if (surelyLockedUntil(this.#storage, this.storedAtMs) !== undefined) return;
    const objects = Array.from({ length: this.#renewals }, (_, renewal) => holdObject(this.name, renewal));
    await deleteHold(this.#storage, objects, options);
  }
}
