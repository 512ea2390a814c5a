import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../bytes/byte-reader.ts';

/** What the decoder gets at a time, in bytes: comes to 4 MiB at most. */
const pieceBytes = 4096;

/**
 * The content of a gzip file that may have been cut short or damaged anywhere: all that can be decoded before that, without an
 * error. Nothing of it has been checked, for the checksum of gzip is at its end.
 * @param read gives the file from its start, each time anew
 */
export async function* gunzipBeginning(read: () => ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  let sound = 0;
  const first = new Inflater();
  try {
    for await (const piece of cut(read())) {
      const end = await first.feed(piece);
      if (end === 'damaged') break;
      yield* first.take();
      if (end === 'ended') return;
      sound += piece.length;
    }
    if (!first.isDamaged) return;
  } finally {
    first.close();
  }
  yield* upToDamage(read, sound);
}

/** zlib gives nothing of a piece in which it meets damage. So once more, and the piece behind the `sound` bytes byte by byte. */
async function* upToDamage(read: () => ByteSource, sound: number): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = new Inflater();
  try {
    let fed = 0;
    for await (const piece of cut(read())) {
      if (fed < sound) {
        await inflater.feed(piece);
        inflater.take();
        fed += piece.length;
        continue;
      }
      for (let at = 0; at < piece.length; at += 1) {
        if ((await inflater.feed(piece.subarray(at, at + 1))) !== undefined) return;
        yield* inflater.take();
      }
      return;
    }
  } finally {
    inflater.close();
  }
}

/** `source` in pieces of the same length, but for the last. */
async function* cut(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length;) {
      const part = piece.subarray(offset, offset + pieceBytes - filled);
      buffer.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled < pieceBytes) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

class Inflater {
  readonly #gunzip = createGunzip({ chunkSize: 64 * 1024 });
  #content: Uint8Array[] = [];
  #end: 'damaged' | 'ended' | undefined;
  #wake: (() => void) | undefined;

  constructor() {
    this.#gunzip.on('data', (piece: Uint8Array) => this.#content.push(piece));
    this.#gunzip.on('error', () => {
      this.#finish('damaged');
    });
    this.#gunzip.on('end', () => {
      this.#finish('ended');
    });
  }

  get isDamaged(): boolean {
    return this.#end === 'damaged';
  }

  /** Resolves when `piece` is decoded and may be used again: with how the data ends, where it does. */
  async feed(piece: Uint8Array): Promise<'damaged' | 'ended' | undefined> {
    if (this.#end !== undefined) return this.#end;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#gunzip.write(piece, () => {
        resolve();
      });
    });
    return this.#end;
  }

  /** What has been decoded since the last call. */
  take(): Uint8Array[] {
    const content = this.#content;
    this.#content = [];
    return content;
  }

  close(): void {
    this.#gunzip.destroy();
  }

  #finish(end: 'damaged' | 'ended'): void {
    this.#end ??= end;
    this.#wake?.();
  }
}
