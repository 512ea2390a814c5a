import { rename, unlink, writeFile } from 'node:fs/promises';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { say, type Message } from '../messages/message.ts';
import { fileFailure } from '../files/failure.ts';
import { fromText } from '../bytes/byte-string.ts';
import { parseReceiverRecord, type ReceiverRecord } from './status-record.ts';

/** Once a second, as a reader is told. */
const intervalMs = 1000;
/** Read by the account of the monitoring, and nothing in it is secret; a stricter umask is respected. */
const mode = 0o644;
/** Largest file that is read, in bytes: one with thousands of gaps. */
const largestBytes = 4 * 1024 * 1024;

export interface StatusFileOptions {
  /** Absolute. */
  readonly path: string;
  readonly record: () => ReceiverRecord;
  /** The file could not be written; told once, until it was written again. */
  readonly onTrouble: (sentence: Message) => void;
}

/**
 * Keeps a status file up to date: each time a new file under a temporary name in the same directory, then renamed, so that a reader
 * never sees half of one. Not made durable: it says what is true now. Failures are told and change nothing else.
 */
export class StatusFile {
  readonly #options: StatusFileOptions;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> | undefined;
  #isTroubled = false;

  constructor(options: StatusFileOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref();
    this.#tick();
  }

  /** Writes it for the last time. Never rejects. */
  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
  }

  /** A slow disk makes the file older, and nothing else slow. */
  #tick(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(): Promise<void> {
    const { path, record, onTrouble } = this.#options;
    const temporary = `${path}.new`;
    const text = `${JSON.stringify(record())}\n`;
    try {
      try {
        await writeFile(temporary, text, { flag: 'wx', mode });
      } catch (error) {
        if (systemCodeOf(error) !== 'EEXIST') throw error;
        // Left by a run that was killed. Made anew, as what is there may be a link.
        await unlink(temporary);
        await writeFile(temporary, text, { flag: 'wx', mode });
      }
      await rename(temporary, path);
      this.#isTroubled = false;
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      if (!this.#isTroubled) onTrouble(say('receive.status-file', { path, reason: reasonFor(error) }));
      this.#isTroubled = true;
    }
  }
}

/** What a status file says. @throws BackupError `OBJECT_NOT_FOUND`, `CORRUPT`, `STORAGE_UNAVAILABLE` */
export function readStatusFile(path: string): ReceiverRecord {
  let bytes: Buffer;
  try {
    bytes = readRegular(path, largestBytes);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileFailure('read', fromText(path), error);
    throw new BackupError('OBJECT_NOT_FOUND', say('receive-status.missing', { path }), {
      hint: say('receive-status.missing.hint', { path }),
    });
  }
  return parseReceiverRecord(bytes.toString('utf8'), path);
}
