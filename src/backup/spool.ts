import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError, isNoSpace } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';

const pieceLength = 64 * 1024;

/** Bytes put aside until their number is known, on disk under no name: nothing is left behind whatever happens. */
export class Spool {
  readonly #descriptor: number;
  #length = 0;
  #isOpen = true;

  /** @throws BackupError `STORAGE_UNAVAILABLE` when the directory for temporary files cannot be written */
  constructor() {
    try {
      const directory = mkdtempSync(join(tmpdir(), 'gausskeep-'));
      this.#descriptor = openSync(join(directory, 'spool'), 'wx+', 0o600);
      rmSync(directory, { recursive: true });
    } catch (error) {
      throw temporaryFailure('create', error);
    }
  }

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): void {
    try {
      let done = 0;
      while (done < bytes.length)
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#length + done);
      this.#length += bytes.length;
    } catch (error) {
      throw temporaryFailure('write', error);
    }
  }

  /** What was written, from the start. Pieces are views, valid until the next one is asked for. */
  async *content(): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = Buffer.alloc(pieceLength);
    for (let position = 0; position < this.#length;) {
      const length = readSync(this.#descriptor, buffer, 0, pieceLength, position);
      if (length === 0) return;
      position += length;
      yield await Promise.resolve(buffer.subarray(0, length));
    }
  }

  /** Once more is harmless. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#descriptor);
  }
}

function temporaryFailure(action: 'create' | 'write', error: unknown): Error {
  const failure = fileFailure(action, fromText(tmpdir()), error);
  return isNoSpace(error) && failure instanceof BackupError
    ? failure.with({ hint: say('files.no-temporary-space.hint') })
    : failure;
}
