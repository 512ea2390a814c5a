import { frameSize, pieceSize, tagSize } from './frame-format.ts';
import type { Batch } from './batch-buffers.ts';
import { objectFrames, type ObjectKey } from './object-frames.ts';

/** Turns the content of a batch into frames, or its frames into content, where it lies. */
export interface BatchOrder {
  readonly work: 'seal' | 'open';
  readonly key: ObjectKey;
  readonly batch: Batch;
}

export interface BatchResult {
  /** Bytes from the start of the buffer on. */
  readonly filled: number;
  /** Number of the frame that is not what it should be; what is `filled` comes before it. */
  readonly failedAt: number | undefined;
}

export function workOn({ work, key, batch }: BatchOrder): BatchResult {
  return work === 'seal' ? seal(batch, key) : open(batch, key);
}

/** From the last to the first: a frame is longer than its piece. */
function seal({ buffer, filled, first, isLast }: Batch, key: ObjectKey): BatchResult {
  const frames = objectFrames(key);
  const count = Math.max(1, Math.ceil(filled / pieceSize));
  for (let index = count - 1; index >= 0; index -= 1) {
    const piece = buffer.subarray(index * pieceSize, Math.min(filled, (index + 1) * pieceSize));
    const { stored, tag } = frames.seal(piece, first + index, isLast && index === count - 1);
    buffer.set(stored, index * frameSize);
    buffer.set(tag, index * frameSize + piece.length);
  }
  return { filled: filled + count * tagSize, failedAt: undefined };
}

function open({ buffer, filled, first, isLast }: Batch, key: ObjectKey): BatchResult {
  const frames = objectFrames(key);
  const count = Math.max(1, Math.ceil(filled / frameSize));
  let opened = 0;
  for (let index = 0; index < count; index += 1) {
    const number = first + index;
    const frame = buffer.subarray(index * frameSize, Math.min(filled, (index + 1) * frameSize));
    const piece = frame.length < tagSize ? undefined : frames.open(frame, number, isLast && index === count - 1);
    // Only empty content has an empty piece.
    if (piece === undefined || (piece.length === 0 && number > 0)) return { filled: opened, failedAt: number };
    buffer.set(piece, index * pieceSize);
    opened += piece.length;
  }
  return { filled: opened, failedAt: undefined };
}
