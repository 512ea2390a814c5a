import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass } from './failures.ts';

/** How long failures in a row are borne. */
export interface PatiencePlan {
  /** In ms, from the first of failures in a row; 0: never. */
  readonly forMs: number;
  /** The same, as long as the store never answered anything: a wrong endpoint is to be told soon. */
  readonly untilFirstAnswerMs: number;
  /** Without a byte for so long, in ms, a connection counts as lost. */
  readonly silenceMs: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** For tests: waits. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** In ms, never going back. */
  readonly now: () => number;
  /** 0 … 1 */
  readonly random: () => number;
}

export const usualPatience: PatiencePlan = {
  forMs: 60_000,
  untilFirstAnswerMs: 10_000,
  silenceMs: 30_000,
  firstPauseMs: 100,
  longestPauseMs: 5_000,
  pause: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
  now: () => performance.now(),
  random: Math.random,
};

/** Failures in a row of one thing that is wanted. */
export class Patience {
  readonly #plan: PatiencePlan;
  #failedAt: number | undefined;
  #failures = 0;

  constructor(plan: PatiencePlan) {
    this.#plan = plan;
  }

  /** The row is over: it got further. */
  progressed(): void {
    this.#failedAt = undefined;
    this.#failures = 0;
  }

  /**
   * Waits before it is tried again: a random part of a time that doubles, so that many do not come back at once.
   * @param hasAnswered whether the store ever answered
   * @throws `error` itself when it does not pass, or the time is over; the signal's reason
   */
  async bear(error: unknown, hasAnswered: boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { forMs, untilFirstAnswerMs, firstPauseMs, longestPauseMs, now, pause, random } = this.#plan;
    this.#failedAt ??= now();
    const leftMs = this.#failedAt + Math.min(forMs, hasAnswered ? forMs : untilFirstAnswerMs) - now();
    if (!mayPass(error) || leftMs <= 0) throw error;
    const longestMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
    this.#failures += 1;
    await pause(Math.min(leftMs, random() * longestMs), signal);
  }
}
