import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BackupError } from '../errors/backup-error.ts';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { say } from '../messages/message.ts';
import { fingerprintOf } from './fingerprint.ts';
import {
  pusherOf,
  readDone,
  readFailed,
  readState,
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

/** Between two looks at the spool, in ms: an answer that is there already is found at the first. */
const lookMs = 10;
/** A pusher that was started has the lock by then, in ms, or is not coming. */
const startMs = 3000;
const mostStarts = 3;
/** So often a call that waits says so, in ms. */
const sayMs = 1000;

/**
 * Asks the pusher of a spool for one file, starts one where none is at work, and waits until the file is in the archive.
 * @returns undefined where no pusher can be had: then it has to be pushed without
 * @throws BackupError why it is refused; `STORAGE_UNAVAILABLE` when it is not there in time; Error of the system when the spool cannot be written
 */
export async function askPusher(
  { spool, path, timeoutMs, startPusher, words }: AskRequest,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DonePush | undefined> {
  const name = basename(path);
  const file = fingerprintOf(path);
  const asked = { name, token: randomBytes(12).toString('hex'), file, words };
  writeAsked(spool, asked);
  const begunMs = performance.now();
  let saidMs = begunMs;
  let startedMs = -Infinity;
  for (let starts = 0; ;) {
    signal?.throwIfAborted();
    const done = readDone(spool, name, file);
    if (done !== undefined) return done;
    const failed = readFailed(spool, asked.token);
    if (failed !== undefined) throw errorFromData(failed.error);
    const nowMs = performance.now();
    if (nowMs - begunMs > timeoutMs) throw late(spool, name, timeoutMs);
    if (pusherOf(spool) !== undefined) startedMs = -Infinity;
    else if (nowMs - startedMs > startMs) {
      if (starts === mostStarts) return undefined;
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
