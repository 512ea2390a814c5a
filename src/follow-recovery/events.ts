import type { EventOf, Progress, Teller } from '../events/teller.ts';
import type { Message } from '../messages/message.ts';
import type { RecoveryLogEvent } from '../server/recovery-log.ts';
import type { Lsn } from '../wal/lsn.ts';

/** What happens while a server recovers, besides the phases of following it. */
export type RecoveryNews =
  | { readonly type: 'note'; readonly sentence: Message }
  | { readonly type: 'warning'; readonly sentence: Message }
  | { readonly type: 'log'; readonly event: RecoveryLogEvent }
  /**
   * Bytes are those of WAL, from where replay was seen first; the total is known where the end is. Files are segments that
   * restore_command has delivered, `lsn` is where replay is.
   */
  | (Progress & {
      readonly lastSegment: string | undefined;
      /** Time of the last replayed commit, in UTC. */
      readonly replayTime: string | undefined;
      /** Undefined until it can be told. */
      readonly bytesPerSecond: number | undefined;
      /** Where replay will end, when that is known. */
      readonly endLsn: Lsn | undefined;
      readonly remainingSeconds: number | undefined;
    });

export type RecoveryEvent = EventOf<'recovery', RecoveryNews>;
export type RecoveryProgress = Extract<RecoveryEvent, { type: 'progress' }>;
export type RecoveryTeller = Teller<'recovery', RecoveryNews>;

export type RecoveryListener = (event: RecoveryEvent) => void;

/** What positions of replay come to. */
export interface ReplayMeasure {
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly remainingSeconds: number | undefined;
}

/** Turns positions of replay into bytes, a rate and an estimate. The clock is the caller's. */
export class ReplayMeter {
  #first: { readonly lsn: Lsn; readonly atMs: number } | undefined;
  #doneBytes = 0;

  measure(
    { replayLsn, endLsn }: { readonly replayLsn: Lsn | undefined; readonly endLsn: Lsn | undefined },
    nowMs: number,
  ): ReplayMeasure {
    if (replayLsn !== undefined) this.#first ??= { lsn: replayLsn, atMs: nowMs };
    const first = this.#first;
    if (first === undefined) {
      return { doneBytes: 0, totalBytes: undefined, bytesPerSecond: undefined, remainingSeconds: undefined };
    }
    if (replayLsn !== undefined) this.#doneBytes = Math.max(this.#doneBytes, Number(replayLsn - first.lsn));
    const doneBytes = this.#doneBytes;
    const totalBytes = endLsn === undefined ? undefined : Math.max(Number(endLsn - first.lsn), doneBytes);
    const elapsed = (nowMs - first.atMs) / 1000;
    if (replayLsn === undefined || elapsed < 1 || doneBytes <= 0) {
      return { doneBytes, totalBytes, bytesPerSecond: undefined, remainingSeconds: undefined };
    }
    const bytesPerSecond = doneBytes / elapsed;
    const remainingSeconds = totalBytes === undefined ? undefined : (totalBytes - doneBytes) / bytesPerSecond;
    return { doneBytes, totalBytes, bytesPerSecond, remainingSeconds };
  }
}
