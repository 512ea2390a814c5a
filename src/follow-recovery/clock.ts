import { setTimeout as delay } from 'node:timers/promises';

/** Time as something that can be handed in: what waits for a server must be testable without waiting. */
export interface Clock {
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** @throws when `signal` is aborted */
  readonly wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
};
