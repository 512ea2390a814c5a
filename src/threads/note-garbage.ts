let garbage: number[] | undefined;

/**
 * Codecs and ciphers return memory that lies outside of the heap, and V8 looks for what is left behind of it when that is 32 MiB, in each thread. So some of
 * the heap is left behind with it, and V8 looks when about 4 MiB are.
 * @param bytes about so much was left behind
 */
export function noteGarbage(bytes: number): void {
  // 64 KiB each; the young half of a lean thread's heap has 1 MiB.
  for (let left = bytes; left > 0; left -= 256 * 1024) garbage = new Array<number>(8192).fill(0);
  garbage = garbage?.slice(0, 0);
}
