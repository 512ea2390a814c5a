/** Bytes of a ring unless told otherwise. A power of two. */
const defaultBytes = 16 * 1024 * 1024;

/** In front of the payload of each record: its type, the length of the payload, a number of its own, nothing. */
const headBytes = 16;

/** Fills the rest of the ring where the next record would not fit in one piece. */
const filler = 0;

/** The longest payload of a record. */
const longestPayload = 256 * 1024;

/** The 32-bit words in front of the records. Positions count bytes and wrap at 2^32. */
const word = { written: 0, read: 1, isRoomWanted: 2, isStopped: 3 } as const;
const controlBytes = 64;

export interface RingRecord {
  /** 1 … 2^31-1 */
  readonly type: number;
  readonly value: number;
  /** Valid until the next record is asked for. */
  readonly bytes: Uint8Array;
}

export function createRing(ringBytes = defaultBytes): SharedArrayBuffer {
  return new SharedArrayBuffer(controlBytes + ringBytes);
}

class Ring {
  protected readonly control: Int32Array;
  protected readonly words: Int32Array;
  protected readonly bytes: Buffer;
  protected readonly capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.capacity = memory.byteLength - controlBytes;
    this.control = new Int32Array(memory, 0, controlBytes / 4);
    this.words = new Int32Array(memory, controlBytes);
    this.bytes = Buffer.from(memory, controlBytes);
  }

  protected get usedBytes(): number {
    return (Atomics.load(this.control, word.written) - Atomics.load(this.control, word.read)) >>> 0;
  }
}

/** The side of a ring that writes: one thread, which never blocks. */
export class RingWriter extends Ring {
  /** The longest payload of a record; a quarter of a ring at most. */
  get longest(): number {
    return Math.min(longestPayload, this.capacity / 4);
  }

  /** Appends a record, with a copy of `bytes`. @returns false where there is no room: then nothing was done */
  put(type: number, value: number, bytes: Uint8Array): boolean {
    const size = sizeOf(bytes.length);
    let position = (Atomics.load(this.control, word.written) >>> 0) % this.capacity;
    const toEnd = this.capacity - position;
    const skipped = size > toEnd ? toEnd : 0;
    if (this.capacity - this.usedBytes < skipped + size) return false;
    if (skipped > 0) {
      this.#head(position, filler, skipped - headBytes, 0);
      position = 0;
    }
    this.#head(position, type, bytes.length, value);
    copy(bytes, this.bytes, position + headBytes);
    Atomics.add(this.control, word.written, skipped + size);
    Atomics.notify(this.control, word.written);
    return true;
  }

  /** Has the reader say when half of the ring is free. @returns false where it is already */
  wantRoom(): boolean {
    Atomics.store(this.control, word.isRoomWanted, 1);
    if (this.usedBytes > this.capacity / 2) return true;
    Atomics.store(this.control, word.isRoomWanted, 0);
    return false;
  }

  /** Tells the reader to end at once, whatever waits in the ring. */
  stop(): void {
    Atomics.store(this.control, word.isStopped, 1);
    Atomics.notify(this.control, word.written);
  }

  #head(position: number, type: number, length: number, value: number): void {
    const at = position / 4;
    this.words[at] = type;
    this.words[at + 1] = length;
    this.words[at + 2] = value;
  }
}

/** The side of a ring that reads: one thread, which may block. */
export class RingReader extends Ring {
  readonly #payload = Buffer.allocUnsafeSlow(longestPayload);

  get isStopped(): boolean {
    return Atomics.load(this.control, word.isStopped) !== 0;
  }

  /** The oldest record; undefined where there is none. */
  next(): RingRecord | undefined {
    for (;;) {
      if (this.usedBytes === 0) return undefined;
      const position = (Atomics.load(this.control, word.read) >>> 0) % this.capacity;
      const at = position / 4;
      const type = this.words[at] ?? filler;
      const length = this.words[at + 1] ?? 0;
      if (type !== filler) {
        const start = position + headBytes;
        copy(this.bytes.subarray(start, start + length), this.#payload, 0);
        return { type, value: this.words[at + 2] ?? 0, bytes: this.#payload.subarray(0, length) };
      }
      Atomics.add(this.control, word.read, headBytes + length);
    }
  }

  /** Gives the place of the record back. @returns whether the writer waits to hear that there is room now */
  release({ bytes }: RingRecord): boolean {
    Atomics.add(this.control, word.read, sizeOf(bytes.length));
    if (Atomics.load(this.control, word.isRoomWanted) === 0 || this.usedBytes > this.capacity / 2) return false;
    return Atomics.exchange(this.control, word.isRoomWanted, 0) === 1;
  }

  /** Blocks the thread until there is a record, the ring is stopped, or `timeoutMs` have passed. */
  wait(timeoutMs: number): void {
    const written = Atomics.load(this.control, word.written);
    if (written !== Atomics.load(this.control, word.read) || this.isStopped) return;
    Atomics.wait(this.control, word.written, written, timeoutMs);
  }
}

/**
 * `set` of arrays on shared memory copies word by word, each as an atomic (V8's relaxed_memmove, a fifth of all processor time of a backup);
 * `fill` with as many bytes as it has to fill is a plain memcpy.
 */
function copy(from: Uint8Array, to: Buffer, at: number): void {
  if (from.length > 0) to.fill(from, at, at + from.length);
}

function sizeOf(payloadBytes: number): number {
  return headBytes + ((payloadBytes + headBytes - 1) & -headBytes);
}
