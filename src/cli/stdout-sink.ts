import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteSink } from '../index.ts';
import { stdoutFailure } from './stdout-failure.ts';

const standardOutput = 1;

/**
 * Standard output for bulk data: written at once and synchronously, which is fastest. What a pipe does not take at once
 * waits in Node's own queue, so that a reader that has stopped cannot keep signals from ending the run.
 */
class StdoutSink implements ByteSink {
  #descriptor: number | undefined;
  /** For waiting; a file or device never lets wait. */
  #queue: Socket | undefined;

  write(piece: Uint8Array, { signal }: { readonly signal: AbortSignal }): Promise<void> | undefined {
    const descriptor = (this.#descriptor ??= this.#open());
    let done = 0;
    while (done < piece.length) {
      try {
        done += writeSync(descriptor, piece, done);
      } catch (error) {
        if (systemCodeOf(error) !== 'EAGAIN') throw stdoutFailure(error);
        return this.#writeQueued(piece.subarray(done), signal);
      }
    }
    return undefined;
  }

  /** The descriptor to write to: never one on which a write can block for ever. */
  #open(): number {
    let descriptor = standardOutput;
    const stats = fstatSync(standardOutput);
    if (stats.isFIFO()) {
      try {
        // Opened anew, because non-blocking mode would else hold for everybody who has this pipe as standard output.
        descriptor = openSync(`/proc/self/fd/${standardOutput}`, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch {
        // Without /proc: the socket below makes the descriptor non-blocking, as Node does for process.stdout.
      }
    }
    if (stats.isFIFO() || stats.isSocket()) this.#queueOf(descriptor);
    return descriptor;
  }

  #queueOf(descriptor: number): Socket {
    if (this.#queue !== undefined) return this.#queue;
    const queue = new Socket({ fd: descriptor, readable: false, writable: true });
    // Every write learns its own error.
    queue.on('error', () => undefined);
    queue.unref();
    this.#queue = queue;
    return queue;
  }

  async #writeQueued(rest: Uint8Array, signal: AbortSignal): Promise<void> {
    const queue = this.#queueOf(this.#descriptor ?? standardOutput);
    // What is queued would keep the process alive.
    const onAbort = (): void => {
      queue.destroy();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        queue.write(rest, (error) => {
          if (error) reject(signal.aborted ? error : stdoutFailure(error));
          else resolve();
        });
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

export const stdoutSink: ByteSink = new StdoutSink();
