/**
 * Decodes one lz4 block from `source` into `target`, beginning at `start`. Matches may reach back to `target[0]`: what
 * lies before `start` is the history of linked blocks. Nothing is allocated, which is why this is not left to the
 * package that compresses: the memory of its results is not seen by the garbage collector and grows without bound.
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * @returns the end of the content in `target`; undefined when the block is damaged or has no room there
 */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array, start: number): number | undefined {
  let read = 0;
  let written = start;
  while (read < source.length) {
    const token = source[read] ?? 0;
    read += 1;
    let literals = token >> 4;
    if (literals === 15) {
      for (let byte = 255; byte === 255; read += 1) {
        if (read >= source.length) return undefined;
        byte = source[read] ?? 0;
        literals += byte;
      }
    }
    if (literals > source.length - read || literals > target.length - written) return undefined;
    copyLiterals(source, read, target, written, literals);
    read += literals;
    written += literals;
    // The last sequence has literals only.
    if (read === source.length) return written;
    if (source.length - read < 2) return undefined;
    const offset = (source[read] ?? 0) | ((source[read + 1] ?? 0) << 8);
    read += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      for (let byte = 255; byte === 255; read += 1) {
        if (read >= source.length) return undefined;
        byte = source[read] ?? 0;
        length += byte;
      }
    }
    if (offset === 0 || offset > written || length > target.length - written) return undefined;
    copyMatch(target, written, offset, length);
    written += length;
  }
  // An empty block, or one that ends behind a match.
  return undefined;
}

function copyLiterals(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  if (length > 24) {
    target.set(source.subarray(from, from + length), to);
    return;
  }
  for (let index = 0; index < length; index += 1) target[to + index] = source[from + index] ?? 0;
}

/** The source may overlap with what is written: an offset of 1 repeats one byte. */
function copyMatch(target: Uint8Array, to: number, offset: number, length: number): void {
  if (length <= 24) {
    for (let index = to; index < to + length; index += 1) target[index] = target[index - offset] ?? 0;
    return;
  }
  // What was copied can be copied again, so that each step may be as long as all before it.
  let done = 0;
  while (done < length) {
    const step = Math.min(offset + done, length - done);
    target.copyWithin(to + done, to - offset, to - offset + step);
    done += step;
  }
}
