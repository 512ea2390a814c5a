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
  #waiters: Waiter[] = [];
  /** Signals that are listened to: those of the waiters, and the last one, which is that of the next wait as a rule. */
  readonly #signals = new Map<AbortSignal, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #timerDueAt = 0;
  #activeAt = 0;

  /** Notes activity: the silence is counted anew. */
  touch(): void {
    this.#activeAt = performance.now();
  }

  /** Ends every wait. */
  wake(): void {
    if (this.#waiters.length === 0) return;
    const woken = this.#waiters;
    this.#waiters = [];
    for (const waiter of woken) waiter.resolve();
  }

  /** Forgets the timer and the signals; for the end of the life of the owner, who has woken all. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forgetSignals();
  }

  /** Resolves at `wake`; rejects with the reason of the signal or with the time-out. The silence starts with the call. */
  wait(options: WaitOptions): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      options.signal?.throwIfAborted();
      this.#listen(options.signal);
      this.#waiters.push({ options, resolve, reject });
      this.#watch(options);
    });
  }

  /** A listener is kept across waits: adding and removing one for each would cost more than the wait. */
  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined || this.#signals.has(signal)) return;
    this.#forgetSignals();
    const onAbort = (): void => this.#end(({ options }) => options.signal === signal, signal.reason);
    this.#signals.set(signal, onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
  }

  /** Stops listening to signals that no waiter has. */
  #forgetSignals(): void {
    for (const [signal, onAbort] of this.#signals) {
      if (this.#waiters.some(({ options }) => options.signal === signal)) continue;
      signal.removeEventListener('abort', onAbort);
      this.#signals.delete(signal);
    }
  }

  #end(isMeant: (waiter: Waiter) => boolean, reason: unknown): void {
    const ended = this.#waiters.filter(isMeant);
    this.#waiters = this.#waiters.filter((waiter) => !isMeant(waiter));
    for (const waiter of ended) waiter.reject(reason);
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
    for (const waiter of [...this.#waiters]) {
      const { timeoutMs, onTimeout } = waiter.options;
      if (timeoutMs === undefined || onTimeout === undefined) continue;
      const leftMs = this.#activeAt + timeoutMs - performance.now();
      if (leftMs <= 0) this.#end((one) => one === waiter, onTimeout());
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (nextMs < Infinity) this.#startTimer(nextMs);
  }
}
