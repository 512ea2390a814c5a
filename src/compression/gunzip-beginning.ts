import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../bytes/byte-reader.ts';

/** What the decoder gets at a time, in bytes: comes to 4 MiB at most. */
const pieceBytes = 4096;

/** So many zeros at the end of a file, in bytes, are no data: a flush does not end in zeros. */
const strangeZeros = 16;

/**
 * The content of a gzip file that may have been cut short or damaged anywhere, without an error. Cut short, all that can be
 * decoded comes. With damage, only what comes before the last flush ahead of it: gzip has its checksum at the end, and what a
 * power failure left behind a flush may decode to anything for a while. That is found when the file ends in zeros, or its structure
 * breaks; not where a hole in data that does not compress is followed by more of the file.
 * @param read gives the same file from its start, each time anew
 */
export async function* gunzipBeginning(read: () => ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const sound = await soundLength(read);
  const inflater = new Inflater();
  try {
    let fed = 0;
    for await (const piece of cut(read())) {
      const end = await inflater.feed(piece.subarray(0, sound - fed));
      if (end === 'damaged') return;
      yield* inflater.take();
      fed += piece.length;
      if (end === 'ended' || fed >= sound) return;
    }
  } finally {
    inflater.close();
  }
}

/** How much of a file, in bytes, can be believed: up to the last flush ahead of damage. Infinity where there is none. */
async function soundLength(read: () => ByteSource): Promise<number> {
  const inflater = new Inflater();
  const scan = new FlushScan();
  let flushes: number[] = [];
  let lastFlush = 0;
  let fed = 0;
  try {
    for await (const piece of cut(read())) {
      flushes = scan.flushesIn(piece);
      const end = await inflater.feed(piece);
      inflater.take();
      if (end === 'ended') return Infinity;
      if (end === 'damaged') break;
      fed += piece.length;
      lastFlush = flushes.at(-1) ?? lastFlush;
    }
    if (!inflater.isDamaged) return scan.zerosAtEnd < strangeZeros ? Infinity : lastFlush;
  } finally {
    inflater.close();
  }
  return (await lastSoundOf(flushes, fed, read)) ?? lastFlush;
}

/** The last of the flushes in a damaged piece, which begins at `from`, that is ahead of the damage. */
async function lastSoundOf(
  flushes: readonly number[],
  from: number,
  read: () => ByteSource,
): Promise<number | undefined> {
  if (flushes.length === 0) return undefined;
  const inflater = new Inflater();
  let sound: number | undefined;
  let fed = 0;
  try {
    for await (const piece of cut(read())) {
      let done = 0;
      for (const end of fed === from ? flushes.map((flush) => flush - from) : [piece.length]) {
        if ((await inflater.feed(piece.subarray(done, end))) !== undefined) return sound;
        inflater.take();
        done = end;
        if (fed === from) sound = from + end;
      }
      if (fed === from) return sound;
      fed += piece.length;
    }
    return sound;
  } finally {
    inflater.close();
  }
}

/** Finds where flushes end: with the empty stored block of Z_SYNC_FLUSH, of which the last four bytes are known. */
class FlushScan {
  #last = -1;
  #offset = 0;
  /** Length of the zeros that the file ends in so far, in bytes. */
  zerosAtEnd = 0;

  /** The offsets in the file behind each flush that ends in `piece`, the next of the file. */
  flushesIn(piece: Uint8Array): number[] {
    const flushes: number[] = [];
    for (const byte of piece) {
      this.#offset += 1;
      this.zerosAtEnd = byte === 0 ? this.zerosAtEnd + 1 : 0;
      this.#last = ((this.#last << 8) | byte) >>> 0;
      if (this.#last === 0x0000_ffff) flushes.push(this.#offset);
    }
    return flushes;
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
    if (this.#end !== undefined || piece.length === 0) return this.#end;
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
