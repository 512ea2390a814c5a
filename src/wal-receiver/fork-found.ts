import type { Lsn } from '../wal/lsn.ts';
import type { WalFork } from './wal-store.ts';

/** The server holds other WAL than we have. Never leaves this folder: see `receiver.ts`. */
export class ForkFound extends Error {
  /** At or a little before the first byte that differs; it may lie before the first segment that was compared. */
  readonly fork: WalFork;
  /** Start of the segment in which the difference was seen. */
  readonly segmentLsn: Lsn;

  constructor(fork: WalFork, segmentLsn: Lsn) {
    super('the server holds other WAL');
    this.name = 'ForkFound';
    this.fork = fork;
    this.segmentLsn = segmentLsn;
  }
}
