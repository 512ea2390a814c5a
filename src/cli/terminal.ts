import { systemCodeOf } from '../errors/backup-error.ts';
import { stdoutFailure } from './stdout-failure.ts';
import { cutToWidth } from './text-width.ts';

/**
 * The two outputs of a program: stdout carries data, stderr talk. A reader that went away (EPIPE) ends the talk, not the run:
 * a server that stops reading our stderr must not make its archive command fail.
 */
export class Terminal {
  readonly isTerminal: boolean = process.stderr.isTTY;
  /** 80 where the terminal does not know its width, as over a serial line or in a script. */
  readonly columns: number = (process.stderr.isTTY ? process.stderr.columns : 0) || 80;
  /** Of help texts: as wide as the terminal, for lines that are still easy to read. */
  readonly helpColumns: number = process.stdout.isTTY ? Math.max(60, Math.min(process.stdout.columns || 80, 100)) : 80;
  /** The reader of stdout went away while data was written. */
  readerIsGone = false;
  /** Not where NO_COLOR is set or the terminal is a dumb one. */
  readonly hasColors: boolean = process.stderr.isTTY && process.stderr.hasColors();
  #liveLine = false;
  #leftBytes: number;

  /** @param talkLimitBytes what goes beyond it on stderr is dropped */
  constructor(talkLimitBytes = Number.POSITIVE_INFINITY) {
    this.#leftBytes = talkLimitBytes;
    process.stderr.on('error', () => undefined);
  }

  /** One line of talk; a line in place is cleared first. */
  line(text: string): void {
    if (this.#liveLine) process.stderr.write('\r\u001b[K');
    this.#liveLine = false;
    const line = Buffer.from(`${text}\n`).subarray(0, this.#leftBytes);
    this.#leftBytes -= line.length;
    if (line.length > 0) process.stderr.write(line);
  }

  /** Replaces the line in place; for terminals only. @param paint adds colours, where there are any, to what fits */
  live(text: string, paint: (line: string) => string = (line) => line): void {
    this.#liveLine = true;
    const line = cutToWidth(text, Math.max(this.columns - 1, 20));
    process.stderr.write(`\r${this.hasColors ? paint(line) : line}\u001b[K`);
  }

  /** Leaves the line in place where it is and goes on below it. */
  endLive(): void {
    if (this.#liveLine) process.stderr.write('\n');
    this.#liveLine = false;
  }

  /** Data about what is done and stays done, whether or not somebody reads it. @throws BackupError as `data`, but not for a reader that went away */
  async report(text: string): Promise<void> {
    await this.data(text).catch((error: unknown) => {
      if (!this.readerIsGone) throw error;
    });
  }

  /** Data. Waits while the reader is slow. @throws BackupError when it cannot be written, for example because the reader went away */
  data(bytes: Uint8Array | string): Promise<void> {
    // Whoever writes learns of it by the write itself.
    if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
    return new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => {
        if (!error) {
          resolve();
          return;
        }
        this.readerIsGone = systemCodeOf(error) === 'EPIPE';
        reject(stdoutFailure(error));
      });
    });
  }
}
