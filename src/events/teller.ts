import type { Lsn } from '../wal/lsn.ts';
import type { OperationName, PhaseOf } from './phases.ts';

/** What every event of an operation has, besides what its type says. */
export interface Told<Operation extends OperationName> {
  readonly phase: PhaseOf<Operation>;
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
}

/** The operation has gone on to the phase that the event names. */
export interface PhaseBegun {
  readonly type: 'phase';
}

/** How far a phase is. Numbers only grow within a phase. */
export interface Progress {
  readonly type: 'progress';
  readonly doneBytes: number;
  /** Undefined: not known. An estimate may be a little below or above what comes. */
  readonly totalBytes: number | undefined;
  /** Whole files. */
  readonly filesDone: number;
  /** OID of the tablespace that is worked at; undefined: the data directory, or none. */
  readonly tablespace?: number | undefined;
  /** Up to where in the WAL. */
  readonly lsn?: Lsn | undefined;
}

/** The events of an operation: `Body` says which, each with its phase and time. */
export type EventOf<Operation extends OperationName, Body> = Body | PhaseBegun extends infer One
  ? One extends unknown
    ? Readonly<One & Told<Operation>>
    : never
  : never;

/**
 * Tells a listener what an operation does. Each event is an object of its own and frozen: whoever keeps it has what was true
 * then. A sentence in an event is for people, besides what the event says by its type, phase and numbers.
 */
export class Teller<Operation extends OperationName, Body extends object> {
  readonly #listener: ((event: EventOf<Operation, Body>) => void) | undefined;
  readonly #nowMs: () => number;
  #phase: PhaseOf<Operation> | undefined;

  constructor(
    listener: ((event: EventOf<Operation, Body>) => void) | undefined,
    nowMs: () => number = () => Date.now(),
  ) {
    this.#listener = listener;
    this.#nowMs = nowMs;
  }

  /** Goes on to a phase, and tells so. */
  enter(phase: PhaseOf<Operation>): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#tell({ type: 'phase' });
  }

  /** Only after the first `enter`. */
  readonly tell = (body: Body): void => this.#tell(body);

  #tell(body: Body | PhaseBegun): void {
    if (this.#listener === undefined) return;
    if (this.#phase === undefined) throw new TypeError('an event before the first phase');
    const event: unknown = Object.freeze({ ...body, phase: this.#phase, atMs: this.#nowMs() });
    // The union that `EventOf` spells out.
    this.#listener(event as EventOf<Operation, Body>);
  }
}
