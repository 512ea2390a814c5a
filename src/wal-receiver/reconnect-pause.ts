/** The first pause after a failure, and the longest, in ms. */
const firstMs = 500;
const longestMs = 30_000;

/** How long to wait before connecting again: longer from failure to failure, and never the same for many receivers at once. */
export class ReconnectPause {
  readonly #random: () => number;
  #failures = 0;

  /** @param random 0 … 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** A connection came to stream. */
  reset(): void {
    this.#failures = 0;
  }

  /** @param isFarewell the server said that it goes: it may be back at once, or its successor is there already. @returns ms */
  next(isFarewell: boolean): number {
    this.#failures += 1;
    if (isFarewell && this.#failures === 1) return 0;
    const whole = Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures - 1, 10));
    return Math.round(whole * (0.5 + this.#random() / 2));
  }
}
