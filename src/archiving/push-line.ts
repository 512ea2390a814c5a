import type { LinkedSegment, PushAhead, PushTurn } from '../wal-archive/push-turn.ts';

/** The places of pushes that are on their way at once, in the order in which they were begun. */
export class PushLine {
  #last: (PushAhead & { failed: boolean }) | undefined;
  #isBroken = false;

  /** One failed, and others that were begun may still be on their way: what is begun now would fail with it. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Begins a push behind all that were begun.
   * @returns its turn, and the two ways to end it. `fail` tells whether the failure is its own: else one before it failed, and it with that.
   */
  begin(): { readonly turn: PushTurn; readonly stored: () => void; readonly fail: (error: unknown) => boolean } {
    const before = this.#last;
    const linked = withResolvers<LinkedSegment | undefined>();
    const stored = withResolvers<undefined>();
    // Whoever comes behind may come never.
    for (const { promise } of [linked, stored]) promise.catch(() => undefined);
    const own = { linked: linked.promise, stored: stored.promise, failed: false };
    this.#last = own;
    return {
      turn: { before, onLinked: linked.resolve, onStored: () => stored.resolve(undefined) },
      stored: () => {
        linked.resolve(undefined);
        stored.resolve(undefined);
      },
      fail: (error) => {
        own.failed = true;
        this.#isBroken = true;
        linked.reject(error);
        stored.reject(error);
        return before?.failed !== true;
      },
    };
  }

  /** When nothing is on its way: what failed keeps nobody any more. */
  reset(): void {
    this.#last = undefined;
    this.#isBroken = false;
  }
}

function withResolvers<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
