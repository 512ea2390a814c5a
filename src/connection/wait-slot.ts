export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** The wait fails with `onTimeout()` when `timeoutMs` pass without `touch`; without both it lasts for ever. */
  readonly timeoutMs?: number | undefined;
  readonly onTimeout?: (() => Error) | undefined;
}

interface Waiter {
  readonly options: WaitOptions;
  resolve(): void;
  reject(error: unknown): void;
}

/** A place to wait for an event; a wait is cancelled by a signal or by silence. */
export class WaitSlot {
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #timerDueAt = 0;
  #activeAt = 0;

  /** Notes activity: the silence is counted anew. */
  touch(): void {
    this.#activeAt = performance.now();
  }

  /** Ends every wait. */
  wake(): void {
    for (const waiter of this.#waiters) waiter.resolve();
  }

  /** Forgets the timer; for the end of the life of the owner. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Resolves at `wake`; rejects with the reason of the signal or with the time-out. The silence starts with the call. */
  async wait(options: WaitOptions): Promise<void> {
    const { signal } = options;
    signal?.throwIfAborted();
    let waiter: Waiter | undefined;
    const onAbort = () => waiter?.reject(signal?.reason);
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { options, resolve, reject };
        this.#waiters.add(waiter);
        signal?.addEventListener('abort', onAbort, { once: true });
        this.#watch(options);
      });
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** One timer is kept across waits and looks at the clock when it fires: arming one per wait would cost more than the wait. */
  #watch({ timeoutMs }: WaitOptions): void {
    if (timeoutMs === undefined) return;
    this.touch();
    if (this.#timer === undefined || this.#timerDueAt > this.#activeAt + timeoutMs) this.#startTimer(timeoutMs);
  }

  #startTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timerDueAt = performance.now() + delayMs;
    this.#timer = setTimeout(() => {
      this.#expire();
    }, Math.ceil(delayMs));
    // The socket keeps the process alive, not its timer.
    this.#timer.unref();
  }

  #expire(): void {
    this.#timer = undefined;
    let nextMs = Infinity;
    for (const waiter of this.#waiters) {
      const { timeoutMs, onTimeout } = waiter.options;
      if (timeoutMs === undefined || onTimeout === undefined) continue;
      const leftMs = this.#activeAt + timeoutMs - performance.now();
      if (leftMs <= 0) waiter.reject(onTimeout());
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs < Infinity) this.#startTimer(nextMs);
  }
}
