import type { ByteSource } from '../bytes/byte-reader.ts';
import { frameSize, pieceSize, tagSize } from './frame-format.ts';

/** Frames that are worked on in one go. */
const batchFrames = 16;
const largest = batchFrames * frameSize;
/** Most objects are small: their content and its tag. */
const small = 4096;
/** Large buffers that wait for their next use. */
const mostFree = 6;

/** Pieces or frames one behind the other, `filled` bytes, in a buffer in which they have room as frames. */
export interface Batch {
  readonly buffer: Uint8Array;
  readonly filled: number;
  /** Number of the first frame. */
  readonly first: number;
  /** Nothing is behind it. */
  readonly isLast: boolean;
}

const free: Uint8Array[] = [];

/** Whether a thread can work on it. */
export function isShared({ buffer }: Batch): boolean {
  return buffer.length === largest;
}

/** Whoever has a batch gives its memory back, after which it is used for others. */
export function releaseBatch({ buffer }: Batch): void {
  if (buffer.length === largest && free.length < mostFree) free.push(buffer);
}

/**
 * `source` cut into batches of 16 units; each belongs to who takes it, until it is released. The last one may be shorter; only an empty source
 * has an empty one.
 * @param unit `pieceSize` or `frameSize`: what the source consists of
 * @param most units that are wanted: of what is behind them only the first byte is looked at, which says that they are not the last
 */
export async function* cutBatches(
  source: ByteSource,
  { unit, first = 0, most = Infinity }: { readonly unit: number; readonly first?: number; readonly most?: number },
): AsyncGenerator<Batch, void, undefined> {
  let number = first;
  const unitsNow = (): number => Math.min(batchFrames, first + most - number);
  let buffer: Uint8Array = new Uint8Array(0);
  let filled = 0;
  for await (const bytes of source) {
    for (let from = 0; from < bytes.length;) {
      if (filled === unitsNow() * unit) {
        yield { buffer, filled, first: number, isLast: false };
        number += unitsNow();
        if (number === first + most) return;
        buffer = new Uint8Array(0);
        filled = 0;
      }
      const part = bytes.subarray(from, from + unitsNow() * unit - filled);
      buffer = withRoom(buffer, filled, filled + part.length, unit);
      buffer.set(part, filled);
      filled += part.length;
      from += part.length;
    }
  }
  yield { buffer: withRoom(buffer, filled, filled, unit), filled, first: number, isLast: true };
}

/** `buffer`, or a larger one with its first `filled` bytes. */
function withRoom(buffer: Uint8Array, filled: number, needed: number, unit: number): Uint8Array {
  const withTag = unit === pieceSize ? needed + tagSize : needed;
  if (withTag <= buffer.length || buffer.length === largest) return buffer;
  const larger = withTag <= frameSize ? Buffer.allocUnsafe(withTag <= small ? small : frameSize) : largeBuffer();
  larger.set(buffer.subarray(0, filled));
  return larger;
}

function largeBuffer(): Uint8Array {
  return free.pop() ?? new Uint8Array(new SharedArrayBuffer(largest));
}
