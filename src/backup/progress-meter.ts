import { display, type ByteString } from '../bytes/byte-string.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { BackupProgress } from './events.ts';

/** Counts what has come against what the server announced. */
export class ProgressMeter {
  readonly #listener: (progress: BackupProgress) => void;
  readonly #state = { doneBytes: 0, totalBytes: 0, tablespacesDone: 0, tablespaceCount: 1, current: '' };

  constructor(listener: (progress: BackupProgress) => void) {
    this.#listener = listener;
  }

  get doneBytes(): number {
    return this.#state.doneBytes;
  }

  begin(tablespaces: readonly TablespaceRow[]): void {
    let totalKib = 0n;
    for (const { sizeKib } of tablespaces) totalKib += sizeKib ?? 0n;
    this.#state.totalBytes = Number(totalKib * 1024n);
    this.#state.tablespaceCount = tablespaces.length;
  }

  /** The same bytes, counted as they pass. */
  async *count(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      this.#state.doneBytes += piece.length;
      this.#listener(this.#state);
      yield piece;
    }
  }

  /** The file that is being received, for people. */
  readonly onMember = (path: ByteString): void => {
    this.#state.current = display(path);
  };

  endArchive(): void {
    this.#state.tablespacesDone += 1;
    this.#listener(this.#state);
  }
}
