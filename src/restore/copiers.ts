import { availableParallelism } from 'node:os';
import { reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { errorFromData, errorToData, type ErrorData } from '../errors/error-data.ts';
import { copyChecked, copyNow, type CheckedCopy } from './copy-checked.ts';
import { hasThread, startThread } from '../threads/start-thread.ts';

/** What a copying thread is told, and what it answers. */
export interface CopyOrder {
  readonly id: number;
  readonly copy: CheckedCopy;
}
export type CopyAnswer =
  | { readonly kind: 'copied'; readonly id: number; readonly checksum: string }
  | { readonly kind: 'exists'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorData };

/** Of smaller files many go to a thread in one message, and their flush is left to the end, which does that best. */
const smallBytes = 256 * 1024;

/** What a small file costs beside its bytes, as so many bytes. */
const fileCostBytes = 32 * 1024;

/** A restore of fewer bytes is over before threads have started. */
const threadsWorthBytes = 16 * 1024 * 1024;

/** The name is there already: only the backup itself can name a thing twice. */
export const alreadyThere = Symbol('already there');

export interface CopiersOptions {
  /** Of the restore, about. */
  readonly totalBytes: number;
  readonly signal: AbortSignal;
}

/** Copies the files of a plain backup and sums them up, on threads where that is worth it. */
export class Copiers {
  readonly #threads: CopyThread[] = [];
  readonly #signal: AbortSignal;
  #turn = 0;

  /** When `work` has ended, copies that are under way come to nothing. */
  static async during<Result>(options: CopiersOptions, work: (copiers: Copiers) => Promise<Result>): Promise<Result> {
    const copiers = new Copiers(options);
    const stop = (): void => copiers.#threads.forEach((thread) => thread.stop(options.signal.reason as Error));
    options.signal.addEventListener('abort', stop, { once: true });
    try {
      return await work(copiers);
    } finally {
      options.signal.removeEventListener('abort', stop);
      await Promise.all(copiers.#threads.map((thread) => thread.end()));
    }
  }

  private constructor({ totalBytes, signal }: CopiersOptions) {
    this.#signal = signal;
    if (totalBytes < threadsWorthBytes || !hasThread('restore-thread')) return;
    const count = Math.min(availableParallelism(), 4);
    for (let index = 0; index < count; index++) this.#threads.push(new CopyThread());
  }

  /**
   * @param sizeBytes of the file, about
   * @returns the checksum of what was written
   * @throws BackupError `STORAGE_UNAVAILABLE`, `ABORTED` and the like as the signal's reason
   */
  async copy(copy: CheckedCopy, sizeBytes: number): Promise<string | typeof alreadyThere> {
    this.#signal.throwIfAborted();
    const { sync } = copy;
    const order = {
      id: this.#turn++,
      copy: sizeBytes < smallBytes ? { ...copy, sync: false, writesAtClose: sync } : copy,
    };
    const answer = await (this.#idlest()?.run(order, sizeBytes) ?? answerTo(order));
    if (answer.kind === 'failed') throw errorFromData(answer.error);
    return answer.kind === 'exists' ? alreadyThere : answer.checksum;
  }

  #idlest(): CopyThread | undefined {
    return this.#threads.reduce<CopyThread | undefined>(
      (best, thread) => (best === undefined || thread.queuedBytes < best.queuedBytes ? thread : best),
      undefined,
    );
  }
}

/** Large files that one thread has open at the same time: while some are flushed another is copied. */
const largeAtOnce = 3;

/** Carries out orders in this thread. */
export class CopyDesk {
  readonly #tell: (answers: readonly CopyAnswer[]) => void;
  readonly #large: CopyOrder[] = [];
  #running = 0;

  constructor(tell: (answers: readonly CopyAnswer[]) => void) {
    this.#tell = tell;
  }

  /** The answers of those that need no flush are told together, before the others are begun. */
  take(orders: readonly CopyOrder[]): void {
    const now = orders.filter(({ copy }) => !copy.sync);
    if (now.length > 0) this.#tell(now.map(answerNow));
    this.#large.push(...orders.filter(({ copy }) => copy.sync));
    this.#begin();
  }

  #begin(): void {
    while (this.#running < largeAtOnce) {
      const order = this.#large.shift();
      if (order === undefined) return;
      this.#running += 1;
      void answerTo(order).then((answer) => {
        this.#running -= 1;
        this.#tell([answer]);
        this.#begin();
      });
    }
  }
}

async function answerTo(order: CopyOrder): Promise<CopyAnswer> {
  const { id, copy } = order;
  if (!copy.sync) return answerNow(order);
  try {
    return { kind: 'copied', id, checksum: await copyChecked(copy) };
  } catch (error) {
    return failureOf(id, error);
  }
}

function answerNow({ id, copy }: CopyOrder): CopyAnswer {
  try {
    return { kind: 'copied', id, checksum: copyNow(copy) };
  } catch (error) {
    return failureOf(id, error);
  }
}

function failureOf(id: number, error: unknown): CopyAnswer {
  return systemCodeOf(error) === 'EEXIST' ? { kind: 'exists', id } : { kind: 'failed', id, error: errorToData(error) };
}

interface Waiting {
  readonly resolve: (answer: CopyAnswer) => void;
  readonly reject: (error: unknown) => void;
}

class CopyThread {
  readonly #worker = startThread('restore-thread');
  readonly #waiting = new Map<number, Waiting>();
  /** Not sent yet. */
  #orders: CopyOrder[] = [];
  #failure: Error | undefined;
  queuedBytes = 0;

  constructor() {
    this.#worker.on('error', (error: unknown) => {
      this.stop(error instanceof Error ? error : new Error(reasonOf(error)));
    });
    this.#worker.on('exit', () => this.stop(new Error('a thread that copies files ended by itself')));
    this.#worker.on('message', (answers: readonly CopyAnswer[]) => {
      for (const answer of answers) this.#waiting.get(answer.id)?.resolve(answer);
    });
  }

  async run(order: CopyOrder, sizeBytes: number): Promise<CopyAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    const cost = sizeBytes + fileCostBytes;
    this.queuedBytes += cost;
    try {
      return await new Promise<CopyAnswer>((resolve, reject) => {
        this.#waiting.set(order.id, { resolve, reject });
        if (this.#orders.length === 0) setImmediate(() => this.#send());
        this.#orders.push(order);
      });
    } finally {
      this.#waiting.delete(order.id);
      this.queuedBytes -= cost;
    }
  }

  /** Everything that waits, and comes, fails. */
  stop(reason: Error): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }

  /** What came in one turn of the event loop goes in one message. */
  #send(): void {
    const orders = this.#orders;
    this.#orders = [];
    this.#worker.postMessage(orders);
  }
}
