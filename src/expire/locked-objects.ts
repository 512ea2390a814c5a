/** What is to go, and object lock keeps. */
export interface LockedObjects {
  readonly count: number;
  readonly bytes: number;
  /** Until when the last of them is locked, ms since 1970 by the clock of the storage. What was extended may be locked for longer. */
  readonly untilMs: number;
}

/** Undefined: there is none. */
export function lockedOf(
  objects: readonly { readonly sizeBytes: number; readonly untilMs: number }[],
): LockedObjects | undefined {
  if (objects.length === 0) return undefined;
  return {
    count: objects.length,
    bytes: objects.reduce((sum, { sizeBytes }) => sum + Math.max(0, sizeBytes), 0),
    untilMs: objects.reduce((latest, { untilMs }) => Math.max(latest, untilMs), 0),
  };
}
