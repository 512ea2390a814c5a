/** Buffers of one `GatheredBytes`; with all of them full its caller waits. */
const buffersAtMost = 4;

/** Buffers that one stream after another uses: a new segment comes every moment, and memory of theirs would pile up. */
export class SharedBuffers {
  readonly #lengthBytes: number;
  readonly #spare: Buffer[] = [];

  /** @param lengthBytes of each */
  constructor(lengthBytes: number) {
    this.#lengthBytes = lengthBytes;
  }

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#lengthBytes);
  }

  give(buffer: Buffer): void {
    if (this.#spare.length < buffersAtMost) this.#spare.push(buffer);
  }
}

/**
 * Gathers pieces of a stream, and hands them on in few large ones, in order, one at a time: when a buffer is full, and at a
 * `flush`. After a failure of what it is handed to every call has that failure. Memory: four buffers.
 */
export class GatheredBytes {
  readonly #consume: (piece: Uint8Array) => Promise<void>;
  readonly #buffers: SharedBuffers;
  /** What is to be handed on next, the oldest first. */
  readonly #queue: { readonly buffer: Buffer; readonly length: number }[] = [];
  #filling: Buffer | undefined;
  #filled = 0;
  #inUse = 0;
  #isConsuming = false;
  #taken = 0;
  #consumed = 0;
  #failure: Error | undefined;
  #wakers: (() => void)[] = [];

  /** @param consume is done with its piece when its promise settles */
  constructor(consume: (piece: Uint8Array) => Promise<void>, buffers: SharedBuffers) {
    this.#consume = consume;
    this.#buffers = buffers;
  }

  /** Bytes taken so far. */
  get length(): number {
    return this.#taken;
  }

  /** Makes every call fail from now on; the first failure stays. */
  fail(error: Error): Error {
    this.#failure ??= error;
    this.#wake();
    return this.#failure;
  }

  /**
   * Takes the next bytes. They may be used again when it has returned or, where it returns a promise, when that settles;
   * only then comes the next call.
   * @throws the failure
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const rest = this.#gather(bytes);
    return rest.length === 0 ? undefined : this.#gatherLater(rest);
  }

  /** Resolves when everything taken before the call is consumed. @throws the failure */
  async flush(): Promise<void> {
    const goal = this.#taken;
    this.#queueFilling();
    while (this.#consumed < goal) await this.#progress();
    this.check();
  }

  /** @throws the failure */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @returns what there is no room for now */
  #gather(bytes: Uint8Array): Uint8Array {
    let offset = 0;
    while (offset < bytes.length) {
      const buffer = this.#bufferWithRoom();
      if (buffer === undefined) break;
      const part = bytes.subarray(offset, offset + buffer.length - this.#filled);
      buffer.set(part, this.#filled);
      this.#filled += part.length;
      this.#taken += part.length;
      offset += part.length;
      if (this.#filled === buffer.length) this.#queueFilling();
    }
    return bytes.subarray(offset);
  }

  async #gatherLater(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; rest = this.#gather(rest)) await this.#progress();
  }

  #bufferWithRoom(): Buffer | undefined {
    if (this.#filling === undefined && this.#inUse < buffersAtMost) {
      this.#filling = this.#buffers.take();
      this.#filled = 0;
      this.#inUse += 1;
    }
    return this.#filling;
  }

  #queueFilling(): void {
    if (this.#filling === undefined || this.#filled === 0) return;
    this.#queue.push({ buffer: this.#filling, length: this.#filled });
    this.#filling = undefined;
    this.#filled = 0;
    if (!this.#isConsuming) void this.#consumeQueue();
  }

  async #consumeQueue(): Promise<void> {
    this.#isConsuming = true;
    for (let next = this.#queue[0]; next !== undefined && this.#failure === undefined; next = this.#queue[0]) {
      try {
        await this.#consume(next.buffer.subarray(0, next.length));
      } catch (error) {
        this.fail(error instanceof Error ? error : new Error(String(error)));
        break;
      }
      void this.#queue.shift();
      this.#consumed += next.length;
      this.#inUse -= 1;
      this.#buffers.give(next.buffer);
      this.#wake();
    }
    this.#isConsuming = false;
  }

  /** Resolves when more is consumed than now. @throws the failure */
  async #progress(): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => this.#wakers.push(resolve));
    // It may have come meanwhile.
    this.check();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
