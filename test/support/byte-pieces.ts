/** `bytes` in pieces of `length`, all views into one buffer that is overwritten with each piece, as a socket would do. */
export async function* reused(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(length);
  for (let offset = 0; offset < bytes.length; offset += length) {
    const piece = bytes.subarray(offset, offset + length);
    buffer.set(piece);
    yield await Promise.resolve(buffer.subarray(0, piece.length));
    buffer.fill(0xaa);
  }
}

/** All bytes of `source`, copied piece by piece. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
}
