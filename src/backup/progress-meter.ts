import { display, type ByteString } from '../bytes/byte-string.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { SeenBytes, type ReadySource } from '../bytes/ready-source.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { BackupNews } from './events.ts';

type ProgressNews = Extract<BackupNews, { type: 'progress' }>;

/** An event for each piece of a fast server costs more than its bytes: one for so many bytes, or so much time. */
const everyBytes = 4 * 1024 * 1024;
const everyMs = 50;

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
  #current: ByteString | undefined;
  #toldBytes = 0;
  #toldAtMs = 0;

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
    this.#report();
  }

  /** The same bytes, counted as they pass. */
  count(content: ByteSource): ReadySource {
    return new SeenBytes(content, (piece) => {
      this.#doneBytes += piece.length;
      const isDue = this.#doneBytes - this.#toldBytes >= everyBytes || performance.now() - this.#toldAtMs >= everyMs;
      if (isDue) this.#report();
    });
  }

  /** What the server says to have done, where nothing of it comes here. */
  readonly countedByServer = (doneBytes: bigint): void => {
    this.#doneBytes = Number(doneBytes);
    this.#report();
  };

  /** The file that is being received, for people. */
  readonly onMember = (path: ByteString): void => {
    this.#current = path;
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
    this.#toldBytes = this.#doneBytes;
    this.#toldAtMs = performance.now();
    this.#tell({
      type: 'progress',
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      filesDone: this.#filesDone,
      tablespace: this.#tablespace,
      lsn: this.#lsn,
      tablespacesDone: this.#tablespacesDone,
      tablespaceCount: this.#tablespaceCount,
      current: this.#current === undefined ? '' : display(this.#current),
    });
  }
}
