import type { Lsn } from '../wal/lsn.ts';

/** Where a WAL receiver is to end; unknown until the server has ended the backup. */
export class StopPoint {
  readonly #known = new AbortController();
  #lsn: Lsn | undefined;

  get lsn(): Lsn | undefined {
    return this.#lsn;
  }

  /** Aborted when the position becomes known, so that a wait for more WAL can be broken off. */
  get known(): AbortSignal {
    return this.#known.signal;
  }

  set(lsn: Lsn): void {
    this.#lsn = lsn;
    this.#known.abort();
  }
}
