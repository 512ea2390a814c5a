import { writeSync } from 'node:fs';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import type { ByteSink } from '../index.ts';
import { say } from '../messages/message.ts';

/**
 * Standard output for bulk data: written at once and synchronously, which is fastest; where the reader made the pipe
 * non-blocking and is slow, what is left goes through Node's own queue.
 */
export const stdoutSink: ByteSink = {
  write(piece) {
    let done = 0;
    while (done < piece.length) {
      try {
        done += writeSync(1, piece, done);
      } catch (error) {
        if (systemCodeOf(error) !== 'EAGAIN') throw writeFailure(error);
        return writeQueued(Buffer.from(piece.subarray(done)));
      }
    }
    return undefined;
  },
};

function writeQueued(rest: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(rest, (error) => {
      if (error) reject(writeFailure(error));
      else resolve();
    });
  });
}

/** The reader went away (EPIPE), the disk is full, … */
function writeFailure(cause: unknown): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('common.stdout', { reason: reasonOf(cause) }), { cause });
}
