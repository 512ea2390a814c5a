import { display, type ByteString } from '../bytes/byte-string.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { BackupNews } from './events.ts';

type ProgressNews = Extract<BackupNews, { type: 'progress' }>;

/** Counts what has come against what the server announced. */
export class ProgressMeter {
  readonly #tell: (progress: ProgressNews) => void;
  #totalBytes: number | undefined;
  #tablespaceCount = 1;
  #doneBytes = 0;
  #filesDone = 0;
  #tablespacesDone = 0;
  #tablespace: number | undefined;
  #lsn: Lsn | undefined;
  #current = '';

  constructor(tell: (progress: ProgressNews) => void) {
    this.#tell = tell;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  begin(tablespaces: readonly TablespaceRow[], startLsn: Lsn): void {
    let totalKib = 0n;
    for (const { sizeKib } of tablespaces) totalKib += sizeKib ?? 0n;
    this.#totalBytes = totalKib === 0n ? undefined : Number(totalKib * 1024n);
    this.#tablespaceCount = tablespaces.length;
    this.#lsn = startLsn;
    this.#report();
  }

  beginTar({ oid }: TablespaceRow): void {
    this.#tablespace = oid;
  }

  /** The same bytes, counted as they pass. */
  async *count(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      this.#doneBytes += piece.length;
      this.#report();
      yield piece;
    }
  }

  /** The file that is being received, for people. */
  readonly onMember = (path: ByteString): void => {
    this.#current = display(path);
  };

  /** A file has come whole. */
  readonly endFile = (): void => {
    this.#filesDone += 1;
  };

  endTar(): void {
    this.#tablespacesDone += 1;
    this.#report();
  }

  /** The end of the backup is known: WAL is needed up to there. */
  end(endLsn: Lsn): void {
    this.#lsn = endLsn;
    this.#tablespace = undefined;
    this.#report();
  }

  #report(): void {
    this.#tell({
      type: 'progress',
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      filesDone: this.#filesDone,
      tablespace: this.#tablespace,
      lsn: this.#lsn,
      tablespacesDone: this.#tablespacesDone,
      tablespaceCount: this.#tablespaceCount,
      current: this.#current,
    });
  }
}
