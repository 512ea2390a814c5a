import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { reasonOf } from '../errors/backup-error.ts';
import { checkFile, type FileCheck, type FileCheckResult } from './check-file.ts';

/** What a checking thread sends. */
export type FromFileChecker =
  { readonly kind: 'bytes'; readonly count: number } | { readonly kind: 'result'; readonly result: FileCheckResult };

/** The build puts the entries of threads beside the file that this code ends up in; run from source there are none. */
const threadEntry = new URL('./verify-thread.js', import.meta.url);

/** Files below this size are not worth a thread of their own. */
const threadWorthBytes = 4 * 1024 * 1024;

export interface CheckFilesOptions<Item> {
  readonly items: readonly Item[];
  readonly checkOf: (item: Item) => FileCheck;
  readonly onResult: (item: Item, result: FileCheckResult) => void;
  readonly onBytes: (count: number) => void;
  /** Bytes of all items: decides whether threads are started. */
  readonly totalBytes: number;
  readonly signal: AbortSignal;
}

/** Checks the content of all `items`, on as many threads as there are processors. Results come in the order of completion. */
export async function checkFiles<Item>(options: CheckFilesOptions<Item>): Promise<void> {
  if (options.totalBytes < threadWorthBytes || !existsSync(threadEntry)) return checkHere(options);
  const queue = options.items.values();
  const threadCount = Math.min(availableParallelism(), 8, options.items.length);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const lanes = Array.from({ length: threadCount }, () => runLane(options, queue, signal));
  try {
    await Promise.all(lanes);
  } finally {
    stop.abort();
    await Promise.allSettled(lanes);
  }
}

async function checkHere<Item>({ items, checkOf, onResult, onBytes, signal }: CheckFilesOptions<Item>): Promise<void> {
  for (const item of items) {
    signal.throwIfAborted();
    onResult(item, checkFile(checkOf(item), onBytes));
    await setImmediate();
  }
}

/** One thread: takes items from the common queue until it is empty. */
async function runLane<Item>(
  { checkOf, onResult, onBytes }: CheckFilesOptions<Item>,
  queue: Iterator<Item>,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const worker = new Worker(threadEntry);
  try {
    await new Promise<void>((resolve, reject) => {
      let current: Item | undefined;
      const next = (): void => {
        const taken: IteratorResult<Item, unknown> = queue.next();
        if (taken.done === true) {
          resolve();
          return;
        }
        current = taken.value;
        worker.postMessage(checkOf(current));
      };
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('a thread that checks files ended by itself')));
      worker.on('message', (message: FromFileChecker) => {
        try {
          if (message.kind === 'bytes') onBytes(message.count);
          else if (current !== undefined) {
            onResult(current, message.result);
            next();
          }
        } catch (error) {
          reject(error instanceof Error ? error : new Error(reasonOf(error)));
        }
      });
      next();
    });
  } finally {
    worker.removeAllListeners();
    await worker.terminate();
  }
}
