/** By when a survey was begun and what it may do. */
export interface RemovalTime {
  /** Ms since 1970 by the clock of the storage. */
  readonly nowMs: number;
  readonly graceMs: number;
}
