/**
 * The part of the library that opens repositories: apart from the rest, because servers archive into one segment by segment, and what is
 * loaded decides how long that takes.
 */
export { openInstance, openKnownInstance } from './repository/open-instance.ts';
export { openRepository } from './repository/open-repository.ts';
export type { Instance } from './repository/instance.ts';
export { readPruned } from './repository/pruned.ts';
export { formatHoldName, parseHoldWord, renewHold } from './repository/renew-hold.ts';
