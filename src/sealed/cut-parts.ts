import type { ByteSource } from '../bytes/byte-reader.ts';

export interface Part {
  readonly bytes: Uint8Array;
  readonly number: number;
  /** Nothing is behind it. */
  readonly isLast: boolean;
}

/**
 * `source` in parts of `size` bytes, numbered from `first`. The last, which there always is, may be shorter; only an empty source has an empty one.
 * Views: valid until the next is asked for.
 */
export async function* cutParts(source: ByteSource, size: number, first = 0): AsyncGenerator<Part, void, undefined> {
  let held: Buffer = Buffer.alloc(0);
  let filled = 0;
  let number = first;
  for await (const bytes of source) {
    for (let from = 0; from < bytes.length;) {
      if (filled === size) {
        yield { bytes: held, number: number++, isLast: false };
        filled = 0;
      }
      // A whole part with something behind it needs no copy.
      if (filled === 0 && bytes.length - from > size) {
        yield { bytes: bytes.subarray(from, from + size), number: number++, isLast: false };
        from += size;
        continue;
      }
      const piece = bytes.subarray(from, from + size - filled);
      held = withRoom(held, filled, filled + piece.length, size);
      held.set(piece, filled);
      filled += piece.length;
      from += piece.length;
    }
  }
  yield { bytes: held.subarray(0, filled), number, isLast: true };
}

/** `held` or a larger one with its first `filled` bytes: most objects are much smaller than a part. */
function withRoom(held: Buffer, filled: number, needed: number, size: number): Buffer {
  if (needed <= held.length) return held;
  const larger = Buffer.allocUnsafe(needed * 4 > size ? size : needed * 2);
  larger.set(held.subarray(0, filled));
  return larger;
}
