import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { say } from '../messages/message.ts';
import { fingerprintOf } from './fingerprint.ts';
import {
  pidOf,
  pusherOf,
  readDone,
  readFailed,
  readState,
  signOfLife,
  stoppedPusher,
  writeAsked,
  type CallWords,
  type DonePush,
  type PushSpool,
} from './push-spool.ts';

export interface AskRequest {
  readonly spool: PushSpool;
  /** The file to push. */
  readonly path: string;
  /** Most to wait for it, in ms. */
  readonly timeoutMs: number;
  /** Starts a pusher that goes on when this process ends. */
  readonly startPusher: () => void;
  /** See `AskedPush`. */
  readonly words?: CallWords | undefined;
}

/** A file is there, or has to be pushed without a pusher: none can be had, or the one that has the lock stands still. */
export type AskAnswer =
  | { readonly kind: 'done'; readonly done: DonePush }
  | { readonly kind: 'no-pusher' }
  | { readonly kind: 'stands-still'; readonly pid: number };

/** Between two looks at the spool, in ms: an answer that is there already is found at the first. */
const lookMs = 10;
/** Between two looks at how the pusher is, in ms. */
const watchMs = 100;
/** A pusher that was started has the lock by then, in ms, or is not coming. */
const startMs = 3000;
const mostStarts = 3;
/** A pusher that is stopped for so long is done without, in ms. */
const stoppedMs = 1000;
/** One that has given no sign of life for so long at the end of the time does nothing, in ms. */
const silentMs = 3000;
/** So often a call that waits says so, in ms. */
const sayMs = 1000;

/**
 * Asks the pusher of a spool for one file, starts one where none is at work, and waits until the file is in the archive.
 * A pusher that was stopped may go on at any time: to push the file without it is what two hosts may do as well.
 * @throws BackupError why it is refused; `STORAGE_UNAVAILABLE` when it is not there in time; Error of the system when the spool cannot be written
 */
export async function askPusher(
  { spool, path, timeoutMs, startPusher, words }: AskRequest,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AskAnswer> {
  const name = basename(path);
  const file = fingerprintOf(path);
  const asked = { name, token: randomBytes(12).toString('hex'), file, words };
  writeAsked(spool, asked);
  const begunMs = performance.now();
  let saidMs = begunMs;
  let startedMs = -Infinity;
  const life = new Life(spool);
  let livedMs = -Infinity;
  for (let starts = 0; ;) {
    signal?.throwIfAborted();
    const nowMs = performance.now();
    const done = readDone(spool, name, file);
    const isLate = nowMs - begunMs > timeoutMs;
    if (done !== undefined || isLate || nowMs - livedMs > watchMs) {
      livedMs = nowMs;
      const still = life.stillPid(isLate);
      if (still !== undefined) return { kind: 'stands-still', pid: still };
      if (done !== undefined && !life.isStopped) return { kind: 'done', done };
    }
    const failed = readFailed(spool, asked.token);
    if (failed !== undefined) throw errorFromData(failed.error);
    if (isLate) throw late(spool, name, timeoutMs);
    if (pusherOf(spool) !== undefined) startedMs = -Infinity;
    else if (nowMs - startedMs > startMs) {
      if (starts === mostStarts) return { kind: 'no-pusher' };
      startPusher();
      starts += 1;
      startedMs = nowMs;
    }
    if (nowMs - saidMs > sayMs) {
      writeAsked(spool, asked);
      saidMs = nowMs;
    }
    await delay(lookMs);
  }
}

/** Whether the pusher goes on, as long as a call watches it. */
class Life {
  readonly #spool: PushSpool;
  #sign: string | undefined;
  #signMs = performance.now();
  #stoppedMs: number | undefined;

  constructor(spool: PushSpool) {
    this.#spool = spool;
    this.#sign = signOfLife(spool);
  }

  get isStopped(): boolean {
    return this.#stoppedMs !== undefined;
  }

  /** Looks at it. @param isLate nobody waits any longer @returns the process that nothing comes from */
  stillPid(isLate: boolean): number | undefined {
    const nowMs = performance.now();
    const sign = signOfLife(this.#spool);
    if (sign !== this.#sign) this.#signMs = nowMs;
    this.#sign = sign;
    const stopped = stoppedPusher(this.#spool);
    this.#stoppedMs = stopped === undefined ? undefined : (this.#stoppedMs ?? nowMs);
    if (stopped !== undefined) return isLate || nowMs - (this.#stoppedMs ?? nowMs) > stoppedMs ? stopped : undefined;
    return isLate && nowMs - this.#signMs > silentMs ? pidOf(pusherOf(this.#spool)) : undefined;
  }
}

function late(spool: PushSpool, name: string, timeoutMs: number): BackupError {
  const seconds = Math.round(timeoutMs / 1000);
  const trouble = pusherOf(spool) === undefined ? undefined : readState(spool)?.trouble;
  const error: ErrorData | undefined = trouble?.error;
  const sentence =
    error === undefined
      ? say('wal-async.late', { name, seconds })
      : say('wal-async.late-because', { name, seconds, reason: error.sentence });
  const context = error?.context ?? {};
  return new BackupError('STORAGE_UNAVAILABLE', sentence, { hint: say('wal-async.late.hint'), context });
}
