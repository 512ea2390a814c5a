import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { reasonOf } from '../errors/backup-error.ts';
import { checkFile, type FileCheck, type FileCheckResult } from './check-file.ts';
import { divideCheck, takePagesApart } from './file-parts.ts';
import { hasThread, startThread } from '../threads/start-thread.ts';

/** What a checking thread is told: files, or parts of files, one after another. */
export type CheckOrder = readonly FileCheck[];

/** What a checking thread sends. `bytes` were checked since it said so last. */
export type FromFileChecker =
  | { readonly kind: 'bytes'; readonly count: number }
  | { readonly kind: 'results'; readonly count: number; readonly results: readonly FileCheckResult[] };

/** Fewer bytes are not worth a thread of their own. */
const threadWorthBytes = 4 * 1024 * 1024;

/** What goes to a thread at once: enough that nobody waits for messages, little enough that all threads end together. */
const orderBytes = 8 * 1024 * 1024;
const orderFiles = 64;

export interface CheckFilesOptions<Item> {
  readonly items: readonly Item[];
  readonly sizeOf: (item: Item) => number;
  readonly checkOf: (item: Item) => FileCheck;
  /** Whether a result says nothing but that a file is sound. */
  readonly isSound: (item: Item, result: FileCheckResult) => boolean;
  /** For each item once. Those that are not sound come in the order of `items`. */
  readonly onResult: (item: Item, result: FileCheckResult) => void;
  readonly onBytes: (count: number) => void;
  readonly signal: AbortSignal;
}

/** Threads that check the content of files, as many as there are processors. */
export class FileCheckers {
  readonly #threads: CheckThread[] = [];

  /** Starts the threads if so many bytes are worth it, so that they are ready when `check` is called. */
  expect(bytes: number): void {
    if (bytes < threadWorthBytes || this.#threads.length > 0 || !hasThread('verify-thread')) return;
    const count = Math.min(availableParallelism(), 8);
    for (let index = 0; index < count; index++) this.#threads.push(new CheckThread());
  }

  /** Checks the content of all `items`; without threads here. */
  async check<Item>(options: CheckFilesOptions<Item>): Promise<void> {
    const { items, sizeOf, signal } = options;
    this.expect(items.reduce((sum, item) => sum + sizeOf(item), 0));
    const inOrder = new InOrder(options);
    if (this.#threads.length === 0) return checkHere(options, inOrder);
    const queue = ordersOf(options, inOrder, this.#threads.length);
    const stop = new AbortController();
    const lanes = this.#threads.map((thread) =>
      runLane(thread, queue, options.onBytes, AbortSignal.any([signal, stop.signal])),
    );
    try {
      await Promise.all(lanes);
    } finally {
      stop.abort();
      await Promise.allSettled(lanes);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

async function checkHere<Item>(
  { items, checkOf, onBytes, signal }: CheckFilesOptions<Item>,
  inOrder: InOrder<Item>,
): Promise<void> {
  for (const [index, item] of items.entries()) {
    signal.throwIfAborted();
    inOrder.take(index, checkFile(checkOf(item), onBytes));
    await setImmediate();
  }
}

/** Holds back what is not sound until all items before it are done. */
class InOrder<Item> {
  readonly #options: CheckFilesOptions<Item>;
  readonly #done: Uint8Array;
  readonly #held = new Map<number, FileCheckResult>();
  #next = 0;

  constructor(options: CheckFilesOptions<Item>) {
    this.#options = options;
    this.#done = new Uint8Array(options.items.length);
  }

  take(index: number, result: FileCheckResult): void {
    const { items, isSound, onResult } = this.#options;
    const item = items[index] as Item;
    this.#done[index] = 1;
    if (isSound(item, result)) onResult(item, result);
    else this.#held.set(index, result);
    for (; this.#done[this.#next] === 1; this.#next++) {
      const held = this.#held.get(this.#next);
      if (held === undefined) continue;
      this.#held.delete(this.#next);
      onResult(items[this.#next] as Item, held);
    }
  }
}

/** What one thread does next, and who takes each result. */
interface Order {
  readonly checks: FileCheck[];
  readonly takers: ((result: FileCheckResult) => void)[];
  /** Its bytes are read by another order, too, which counts them. */
  readonly readsAgain?: boolean;
}

/**
 * Large files come first, so that no thread is left alone with one at the end; then all others in their order. The pages of a file that
 * is longer than the share of a thread are checked by the threads that would wait for it.
 */
function* ordersOf<Item>(
  { items, sizeOf, checkOf }: CheckFilesOptions<Item>,
  inOrder: InOrder<Item>,
  threads: number,
): Generator<Order, void, undefined> {
  const share = items.reduce((sum, item) => sum + sizeOf(item), 0) / threads;
  const isLarge = (item: Item): boolean => sizeOf(item) >= orderBytes;
  const large = [...items.entries()].filter(([, item]) => isLarge(item));
  large.sort(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  for (const [index, item] of large) {
    const [check, size] = [checkOf(item), sizeOf(item)];
    const apart = size > share ? takePagesApart(check, size) : undefined;
    const { parts, join, readingParts } = apart ?? divideCheck(check, size);
    const results: FileCheckResult[] = [];
    let missing = parts.length;
    for (const [number, part] of parts.entries()) {
      const take = (result: FileCheckResult): void => {
        results[number] = result;
        if (--missing === 0) inOrder.take(index, join(results));
      };
      yield { checks: [part], takers: [take], readsAgain: number >= readingParts };
    }
  }
  let order: Order = { checks: [], takers: [] };
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    if (isLarge(item)) continue;
    order.checks.push(checkOf(item));
    order.takers.push((result) => inOrder.take(index, result));
    bytes += sizeOf(item);
    if (bytes < orderBytes && order.checks.length < orderFiles) continue;
    yield order;
    order = { checks: [], takers: [] };
    bytes = 0;
  }
  if (order.checks.length > 0) yield order;
}

/** Lets a thread work until the common queue is empty. */
async function runLane(
  thread: CheckThread,
  queue: Iterator<Order, void>,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const next = queue.next();
    if (next.done === true) return;
    const { checks, takers, readsAgain = false } = next.value;
    const results = await thread.run(checks, readsAgain ? () => undefined : onBytes, signal);
    for (const [index, result] of results.entries()) takers[index]?.(result);
  }
}

class CheckThread {
  readonly #worker = startThread('verify-thread');
  #failure: Error | undefined;
  #onMessage: (message: FromFileChecker) => void = () => undefined;
  #reject: (reason: Error) => void = () => undefined;

  constructor() {
    const fail = (error: Error): void => {
      this.#failure ??= error;
      this.#reject(error);
    };
    this.#worker.on('error', (error) => fail(error instanceof Error ? error : new Error(reasonOf(error))));
    this.#worker.on('exit', () => fail(new Error('a thread that checks files ended by itself')));
    this.#worker.on('message', (message: FromFileChecker) => this.#onMessage(message));
  }

  run(order: CheckOrder, onBytes: (count: number) => void, signal: AbortSignal): Promise<readonly FileCheckResult[]> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      this.#reject = reject;
      this.#onMessage = (message) => {
        try {
          onBytes(message.count);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(reasonOf(error)));
        }
        if (message.kind === 'bytes') return;
        signal.removeEventListener('abort', onAbort);
        resolve(message.results);
      };
      if (this.#failure !== undefined) reject(this.#failure);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#worker.postMessage(order);
    });
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}
