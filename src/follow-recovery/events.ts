import type { Message } from '../messages/message.ts';
import type { RecoveryLogEvent } from '../server/recovery-log.ts';
import type { Lsn } from '../wal/lsn.ts';

/** What happens while a server recovers. */
export type RecoveryEvent =
  | { readonly type: 'note'; readonly message: Message }
  | { readonly type: 'warning'; readonly message: Message }
  | { readonly type: 'log'; readonly event: RecoveryLogEvent }
  | RecoveryProgress;

export interface RecoveryProgress {
  readonly type: 'progress';
  /** Segments that restore_command has delivered. */
  readonly restoredSegments: number;
  readonly lastSegment: string | undefined;
  readonly replayLsn: Lsn | undefined;
  /** Time of the last replayed commit, in UTC. */
  readonly replayTime: string | undefined;
  /** Undefined until it can be told. */
  readonly bytesPerSecond: number | undefined;
  /** Where replay will end, when that is known. */
  readonly endLsn: Lsn | undefined;
  readonly remainingSeconds: number | undefined;
}

export type RecoveryListener = (event: RecoveryEvent) => void;

/** Turns positions of replay into a rate and an estimate. The clock is the caller's. */
export class ReplayMeter {
  #first: { readonly lsn: Lsn; readonly atMs: number } | undefined;

  measure(
    { replayLsn, endLsn }: { readonly replayLsn: Lsn | undefined; readonly endLsn: Lsn | undefined },
    nowMs: number,
  ): { bytesPerSecond: number | undefined; remainingSeconds: number | undefined } {
    if (replayLsn === undefined) return { bytesPerSecond: undefined, remainingSeconds: undefined };
    this.#first ??= { lsn: replayLsn, atMs: nowMs };
    const elapsed = (nowMs - this.#first.atMs) / 1000;
    const replayed = Number(replayLsn - this.#first.lsn);
    if (elapsed < 1 || replayed <= 0) return { bytesPerSecond: undefined, remainingSeconds: undefined };
    const bytesPerSecond = replayed / elapsed;
    const left = endLsn === undefined ? undefined : Math.max(0, Number(endLsn - replayLsn));
    return { bytesPerSecond, remainingSeconds: left === undefined ? undefined : left / bytesPerSecond };
  }
}
