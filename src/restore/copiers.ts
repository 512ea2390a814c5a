import { availableParallelism } from 'node:os';
import { reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { errorFromData, errorToData, type ErrorData } from '../errors/error-data.ts';
import { copyChecked, type CheckedCopy } from './copy-checked.ts';
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

/** Smaller files are copied here: a message to a thread costs as much. */
const threadWorthBytes = 256 * 1024;

/** A restore of fewer bytes is over before threads have started. */
const threadsWorthBytes = 16 * 1024 * 1024;

/** The name is there already: only the backup itself can name a thing twice. */
export const alreadyThere = Symbol('already there');

/** Copies the files of a plain backup and sums them up, on threads where that is worth it. */
export class Copiers {
  readonly #threads: CopyThread[] = [];
  #turn = 0;

  /** @param totalBytes of the restore. When `work` has ended, copies that are under way come to nothing. */
  static async during<Result>(totalBytes: number, work: (copiers: Copiers) => Promise<Result>): Promise<Result> {
    const copiers = new Copiers(totalBytes);
    try {
      return await work(copiers);
    } finally {
      await Promise.all(copiers.#threads.map((thread) => thread.end()));
    }
  }

  private constructor(totalBytes: number) {
    if (totalBytes < threadsWorthBytes || !hasThread('restore-thread')) return;
    const count = Math.min(availableParallelism(), 4);
    for (let index = 0; index < count; index++) this.#threads.push(new CopyThread());
  }

  /**
   * @param sizeBytes of the file, about
   * @returns the checksum of what was written
   * @throws BackupError `STORAGE_UNAVAILABLE`, `ABORTED` and the like as the signal's reason
   */
  async copy(copy: CheckedCopy, sizeBytes: number, signal: AbortSignal): Promise<string | typeof alreadyThere> {
    signal.throwIfAborted();
    const answer = await this.#take(sizeBytes, copy, signal);
    if (answer.kind === 'failed') throw errorFromData(answer.error);
    return answer.kind === 'exists' ? alreadyThere : answer.checksum;
  }

  #take(sizeBytes: number, copy: CheckedCopy, signal: AbortSignal): Promise<CopyAnswer> {
    const idlest = this.#threads.reduce<CopyThread | undefined>(
      (best, thread) => (best === undefined || thread.queuedBytes < best.queuedBytes ? thread : best),
      undefined,
    );
    // Flushing many small files one by one is what the end does best.
    const isSmall = sizeBytes < threadWorthBytes;
    const order = { id: this.#turn++, copy: isSmall ? { ...copy, sync: false } : copy };
    return idlest === undefined || isSmall ? answerTo(order) : idlest.run(order, sizeBytes, signal);
  }
}

/** Carries out an order in this thread. */
export async function answerTo({ id, copy }: CopyOrder): Promise<CopyAnswer> {
  try {
    return { kind: 'copied', id, checksum: await copyChecked(copy) };
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return { kind: 'exists', id };
    return { kind: 'failed', id, error: errorToData(error) };
  }
}

interface Waiting {
  readonly resolve: (answer: CopyAnswer) => void;
  readonly reject: (error: unknown) => void;
}

class CopyThread {
  readonly #worker = startThread('restore-thread');
  readonly #waiting = new Map<number, Waiting>();
  #failure: Error | undefined;
  queuedBytes = 0;

  constructor() {
    const fail = (error: unknown): void => {
      this.#failure ??= error instanceof Error ? error : new Error(reasonOf(error));
      for (const { reject } of this.#waiting.values()) reject(this.#failure);
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('a thread that copies files ended by itself')));
    this.#worker.on('message', (answer: CopyAnswer) => this.#waiting.get(answer.id)?.resolve(answer));
  }

  async run(order: CopyOrder, sizeBytes: number, signal: AbortSignal): Promise<CopyAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    this.queuedBytes += sizeBytes;
    let onAbort = (): void => undefined;
    try {
      return await new Promise<CopyAnswer>((resolve, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        this.#waiting.set(order.id, { resolve, reject });
        this.#worker.postMessage(order);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(order.id);
      this.queuedBytes -= sizeBytes;
    }
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }
}
