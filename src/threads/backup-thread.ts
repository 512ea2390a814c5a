import { parentPort, workerData } from 'node:worker_threads';
import type { BackupThreadReport } from '../backup/backup-thread.ts';
import type { BackupEvent } from '../backup/events.ts';
import type { BackupRequest } from '../backup/request.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { errorToData } from '../errors/error-data.ts';

/** Shortest time between two reports of progress, in ms: each is a message to a thread that has other things to do. */
const progressIntervalMs = 100;

/** The start of the thread that `takeBackupOnThread` controls. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const abort = new AbortController();
  port.on('message', () => abort.abort());
  const report = (message: BackupThreadReport): void => port.postMessage(message);
  let toldMs = 0;
  let untold: BackupEvent | undefined;
  const tellRest = (): void => {
    if (untold !== undefined) report({ type: 'event', event: untold });
    untold = undefined;
  };
  const onEvent = (event: BackupEvent): void => {
    const isProgress = event.type === 'progress';
    if (isProgress && performance.now() - toldMs < progressIntervalMs) {
      untold = event;
      return;
    }
    if (isProgress) {
      toldMs = performance.now();
      untold = undefined;
    } else tellRest();
    report({ type: 'event', event });
  };
  try {
    // Started by us with just this: see takeBackupOnThread.
    const result = await takeBackup(workerData as BackupRequest, { signal: abort.signal, onEvent });
    tellRest();
    report({ type: 'finished', result });
  } catch (error) {
    report({ type: 'failed', error: errorToData(error) });
  } finally {
    port.close();
  }
}

await main();
