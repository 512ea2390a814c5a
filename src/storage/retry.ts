import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';

/** How long and how often to try again. */
export interface RetryPlan {
  /** In ms, from the first of failures in a row; 0: never. */
  readonly forMs: number;
  readonly firstPauseMs?: number | undefined;
  readonly longestPauseMs?: number | undefined;
  /** For tests: waits, and tells the time in ms, which never goes back. */
  readonly pause?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * Repeats `attempt` while it fails with a retryable error, with pauses that double. `progressed` tells whether an attempt got
 * further than the one before: then the time begins anew. @throws what the last attempt threw
 */
export async function retrying<Result>(
  attempt: () => Promise<Result>,
  plan: RetryPlan,
  { signal, progressed }: { readonly signal?: AbortSignal | undefined; readonly progressed?: () => boolean } = {},
): Promise<Result> {
  const { forMs, firstPauseMs = 250, longestPauseMs = 5000, now = () => performance.now(), pause = pauseFor } = plan;
  let failedAt: number | undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (progressed?.() === true) {
        failedAt = undefined;
        pauseMs = firstPauseMs;
      }
      failedAt ??= now();
      const left = failedAt + forMs - now();
      if (!(error instanceof BackupError) || !error.retryable || left <= 0) throw error;
      await pause(Math.min(pauseMs, left), signal);
    }
  }
}

async function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, { signal });
}
