/** Bytes of a slab. */
export const slabBytes = 1024 * 1024;

/** Slabs that are kept: as many as four segments of WAL, or packs, that are sent at the same time. */
const mostKept = 64;

const kept: Buffer[] = [];

/**
 * Memory for a part of a body. Made anew for each body it would be mapped, zeroed by the kernel and looked for by the garbage collector, 16 MiB for each segment of WAL: that was a
 * fifth of the processor time of a push.
 */
export function takeSlab(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
}

/** Slabs that nobody reads any more, also no connection that still sends them. */
export function giveBackSlabs(slabs: readonly Buffer[]): void {
  kept.push(...slabs.slice(0, mostKept - kept.length));
}
