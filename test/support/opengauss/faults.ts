import type { Fields } from '../scripted/messages.ts';

/** Where in a session a fault may strike. */
export type FaultPoint =
  /** a startup packet has come */
  | 'startup'
  /** before the password is asked for */
  | 'auth'
  /** a password was right, before AuthenticationOk */
  | 'login'
  /** a command has come (`name` = its first word, upper case) */
  | 'command'
  /** before the start position of a base backup */
  | 'start'
  /** in the middle of a member's header (`name` = member) */
  | 'header'
  /** in the middle of a member's content (`name` = member) */
  | 'mid-member'
  /** after an archive (`name` = its oid, `base` for the data directory) */
  | 'between-tablespaces'
  /** before the end position */
  | 'end-lsn'
  /** in the middle of a WAL message */
  | 'wal';

export type FaultAction =
  /** orderly end of the connection (FIN), in the middle of a message where the point says so */
  | 'close'
  /** RST */
  | 'reset'
  /** nothing more is sent, the connection stays open */
  | 'stall'
  /** from here on one byte per write, for 64 KiB */
  | 'one-byte'
  /** the messages of this point come in another order */
  | 'wrong-order'
  /** an ErrorResponse, then the end */
  | 'error'
  /** waits `pauseMs`, then goes on */
  | 'pause';

export interface Fault {
  readonly at: FaultPoint;
  readonly action: FaultAction;
  /** Only where the point's name is this one. */
  readonly name?: string;
  /** Only on this connection (1 = the first accepted on either port). */
  readonly connection?: number;
  /** How many times; default 1. */
  readonly times?: number;
  readonly pauseMs?: number;
  /** What `error` sends; default 57P01. */
  readonly error?: Fields;
}

export interface FaultPlace {
  readonly at: FaultPoint;
  readonly connection: number;
  readonly name?: string | undefined;
}

/** The faults of a server, each struck off when it has happened often enough. */
export class FaultScript {
  readonly #left: { fault: Fault; times: number }[];

  constructor(faults: readonly Fault[]) {
    this.#left = faults.map((fault) => ({ fault, times: fault.times ?? 1 }));
  }

  add(fault: Fault): void {
    this.#left.push({ fault, times: fault.times ?? 1 });
  }

  take(place: FaultPlace): Fault | undefined {
    const found = this.#left.find(
      ({ fault, times }) =>
        times > 0 &&
        fault.at === place.at &&
        (fault.name === undefined || fault.name === place.name) &&
        (fault.connection === undefined || fault.connection === place.connection),
    );
    if (found) found.times -= 1;
    return found?.fault;
  }
}
