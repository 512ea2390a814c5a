import { BackupError } from '../errors/backup-error.ts';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { threadFailure } from '../errors/thread-failure.ts';
import { say } from '../messages/message.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import { startThread } from '../threads/start-thread.ts';
import type { BackupEvent } from './events.ts';
import type { BackupOptions, BackupRequest, BackupResult } from './request.ts';
import { plainSettings } from './source-password.ts';

/** What the thread of a backup is told: to end. */
export interface BackupThreadOrder {
  readonly type: 'abort';
}

/** What it tells. */
export type BackupThreadReport =
  | { readonly type: 'event'; readonly event: BackupEvent }
  | { readonly type: 'finished'; readonly result: BackupResult }
  | { readonly type: 'failed'; readonly error: ErrorData };

/** `takeBackup` on a thread of its own. */
export async function takeBackupOnThread(
  request: BackupRequest,
  { signal, onEvent }: BackupOptions,
): Promise<BackupResult> {
  const { kind } = request.output;
  if (kind === 'stream' || kind === 'members') {
    throw new BackupError('USAGE', say('backup.thread-sink'), { hint: say('backup.thread-sink.hint') });
  }
  const source = await plain(request.source);
  const otherSources: SessionSettings[] = [];
  for (const settings of request.otherSources ?? []) otherSources.push(await plain(settings));
  signal?.throwIfAborted();
  const worker = startThread('backup-thread', { ...request, source, otherSources });
  /** Why it was told to end. */
  let stopped: { readonly reason: unknown } | undefined;
  const stop = (reason: unknown): void => {
    stopped ??= { reason };
    worker.postMessage({ type: 'abort' } satisfies BackupThreadOrder);
  };
  const onAbort = (): void => stop(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await new Promise<BackupResult>((resolve, reject) => {
      let last: BackupThreadReport | undefined;
      worker.on('message', (report: BackupThreadReport) => {
        if (report.type !== 'event') last = report;
        else
          try {
            // What comes from another thread is a copy, and free to be changed.
            onEvent?.(Object.freeze(report.event));
          } catch (error) {
            stop(error);
          }
      });
      worker.once('error', (error) => reject(broken(error)));
      worker.once('exit', (status) => {
        if (last?.type === 'finished') resolve(last.result);
        else reject(last?.type === 'failed' ? errorFromData(last.error) : broken(new Error(`status ${status}`)));
      });
    });
  } catch (error) {
    throw stopped === undefined ? error : stopped.reason;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function plain(settings: SessionSettings): Promise<SessionSettings> {
  const { password } = settings;
  return plainSettings(settings, typeof password === 'function' ? await password() : password);
}

function broken(cause: unknown): BackupError {
  return threadFailure(cause, (reason) => say('backup.thread-ended', { reason }));
}
