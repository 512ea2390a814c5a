import type { Worker } from 'node:worker_threads';
import { BackupError } from '../errors/backup-error.ts';
import { errorFromData, type ErrorData } from '../errors/error-data.ts';
import { threadFailure } from '../errors/thread-failure.ts';
import { render, say, type Message } from '../messages/message.ts';
import { startThread } from '../threads/start-thread.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { SlotCreation } from './owned-slot.ts';
import type { WalStart, WalTask } from './receive-wal.ts';

/** What the main thread tells the receiver. */
export type WalOrder =
  | { readonly type: 'begin'; readonly start: WalStart }
  | { readonly type: 'stopAt'; readonly lsn: Lsn }
  | { readonly type: 'abort' };

/** What the receiver tells the main thread. */
export type WalReport =
  | { readonly type: 'step'; readonly sentence: Message }
  | { readonly type: 'ready' }
  | { readonly type: 'slot'; readonly creation: SlotCreation }
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: ErrorData };

export interface WalThreadListeners {
  readonly onStep: (sentence: Message) => void;
  /** How far the creation of a permanent slot got. */
  readonly onSlot: (creation: SlotCreation) => void;
}

/**
 * The WAL receiver of a backup, on a thread of its own: a server cuts a receiver that is silent for a few seconds, and the
 * writes of the backup itself may block the main thread for longer.
 */
export class WalThread {
  readonly #worker: Worker;
  /** Settles when the thread has ended; rejects with the reason when it failed. */
  readonly finished: Promise<void>;
  /** Settles when the session is open and its slot keeps WAL; rejects with the reason when it failed before. */
  readonly ready: Promise<void>;

  constructor(task: WalTask, { onStep, onSlot }: WalThreadListeners) {
    this.#worker = startThread('wal-receiver-thread', task);
    let isReady: () => void = () => undefined;
    const becameReady = new Promise<void>((resolve) => (isReady = resolve));
    this.finished = new Promise((resolve, reject) => {
      let report: WalReport | undefined;
      this.#worker.on('message', (message: WalReport) => {
        if (message.type === 'step') onStep(message.sentence);
        else if (message.type === 'ready') isReady();
        else if (message.type === 'slot') onSlot(message.creation);
        else report = message;
      });
      this.#worker.once('error', (error) => reject(ended(error)));
      this.#worker.once('exit', (status) => {
        if (report?.type === 'finished') resolve();
        else reject(ended(report?.type === 'failed' ? errorFromData(report.error) : new Error(`status ${status}`)));
      });
    });
    // It is awaited at the end of the backup; a failure before that aborts the backup by `onFailure`.
    this.finished.catch(() => undefined);
    this.ready = Promise.race([becameReady, this.finished]);
    this.ready.catch(() => undefined);
  }

  /** The backup begins: WAL is wanted from here on. */
  begin(start: WalStart): void {
    this.#order({ type: 'begin', start });
  }

  /** Calls `listener` when the receiver fails, at any time. */
  onFailure(listener: (error: unknown) => void): void {
    this.finished.catch(listener);
  }

  /** The backup ends at `lsn`: the receiver ends when it has everything before it. */
  stopAt(lsn: Lsn): void {
    this.#order({ type: 'stopAt', lsn });
  }

  /** Ends the receiver and waits for that, so that its session and a temporary slot are gone. */
  async abort(): Promise<void> {
    this.#order({ type: 'abort' });
    await this.finished.catch(() => undefined);
  }

  #order(order: WalOrder): void {
    this.#worker.postMessage(order);
  }
}

/** The reason first; the line that users know from the original is its detail. */
function ended(cause: unknown): BackupError {
  const error =
    cause instanceof BackupError ? cause : threadFailure(cause, (reason) => say('backup.wal-crashed', { reason }));
  return error.with({
    hint: error.hint ?? say('backup.wal-ended.hint'),
    cause: new Error(render(say('backup.wal-ended'))),
  });
}
