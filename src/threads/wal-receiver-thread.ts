import { parentPort, workerData } from 'node:worker_threads';
import { receiveWal, type WalStart, type WalTask } from '../backup/receive-wal.ts';
import { StopPoint } from '../backup/stop-point.ts';
import type { WalOrder, WalReport } from '../backup/wal-thread.ts';
import { errorToData } from '../errors/error-data.ts';

/** The start of the thread that `WalThread` controls. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const stop = new StopPoint();
  const abort = new AbortController();
  let begin: (start: WalStart) => void = () => undefined;
  const start = new Promise<WalStart>((resolve) => (begin = resolve));
  const report = (message: WalReport): void => port.postMessage(message);
  port.on('message', (order: WalOrder) => {
    if (order.type === 'begin') begin(order.start);
    else if (order.type === 'stopAt') stop.set(order.lsn);
    else abort.abort();
  });
  try {
    // Started by us with just this: see WalThread.
    const task = workerData as WalTask;
    const onStep = (sentence: Extract<WalReport, { type: 'step' }>['sentence']): void =>
      report({ type: 'step', sentence });
    const onReady = (): void => report({ type: 'ready' });
    const onSlot = (creation: Extract<WalReport, { type: 'slot' }>['creation']): void =>
      report({ type: 'slot', creation });
    await receiveWal(task, { signal: abort.signal, start, stop, onStep, onReady, onSlot });
    report({ type: 'finished' });
  } catch (error) {
    report({ type: 'failed', error: errorToData(error) });
  } finally {
    port.close();
  }
}

void main();
