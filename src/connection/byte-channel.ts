import type { Socket } from 'node:net';
import { WaitSlot, type WaitOptions } from './wait-slot.ts';

/**
 * Size and number of the receive buffers: what can be read ahead of the consumer is 4 × 256 KiB. Measured over loopback: a wake-up for each
 * 128 KiB costs a little more, and buffers of 512 KiB do not stay in the second cache (0.8 s in the kernel for 1 GB in place of 0.5 s).
 */
const bufferLength = 256 * 1024;
const bufferCount = 4;

interface Chunk {
  readonly bytes: Buffer;
  /** The reused buffer below `bytes`, to be given back. */
  readonly pooled: Buffer | undefined;
}

/**
 * The bytes of one socket, pulled: chunks are taken one by one, and while four wait to be taken the socket is not read.
 * A plain socket reads into reused buffers (`onread`), which costs less processor time and memory than 'data' events;
 * a TLS socket cannot, so it hands over its own chunks and is paused instead.
 */
export class ByteChannel {
  readonly #free: Buffer[] = [];
  #allocated = 0;
  readonly #chunks: Chunk[] = [];
  #taken: Chunk | undefined;
  #socket: Socket | undefined;
  #stopped = false;
  #oneAtATime = false;
  #discarding = false;
  #ended = false;
  #error: Error | undefined;
  readonly #incoming = new WaitSlot();
  readonly #outgoing = new WaitSlot();
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;

  constructor() {
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** The option `onread` of the plain socket that will be attached. */
  get onread() {
    return {
      buffer: () => this.#free.pop() ?? this.#allocate(),
      callback: (length: number, buffer: Uint8Array) => this.#received(length, buffer as Buffer),
    };
  }

  /** Takes over a socket that was made with `onread`, before it is connected, so that no error is missed. */
  attach(socket: Socket): void {
    this.#listen(socket);
  }

  /** Takes over a TLS socket in place of the plain one below it. */
  attachSecure(socket: Socket): void {
    this.#oneAtATime = false;
    this.#stopped = false;
    this.#listen(socket);
    socket.on('data', (bytes: Buffer) => {
      this.#incoming.touch();
      if (this.#discarding) return;
      this.#chunks.push({ bytes, pooled: undefined });
      if (this.#chunks.length >= bufferCount && !this.#stopped) {
        this.#stopped = true;
        socket.pause();
      }
      this.#incoming.wake();
    });
  }

  /** The socket attached last. */
  get socket(): Socket {
    if (this.#socket === undefined) throw new TypeError('no socket is attached');
    return this.#socket;
  }

  /** Whether no further bytes can come; those that came before may still wait to be taken. */
  get ended(): boolean {
    return this.#ended || this.#error !== undefined;
  }

  /** Why the socket broke; undefined for a plain end. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** While set, reading stops after each read, because TLS has to take over at an exact byte. */
  setOneAtATime(value: boolean): void {
    this.#oneAtATime = value;
    if (!value) this.#resume();
  }

  /** The oldest chunk, valid until the next call; undefined when none is here. */
  take(): Buffer | undefined {
    if (this.#taken?.pooled !== undefined) this.#free.push(this.#taken.pooled);
    this.#taken = this.#chunks.shift();
    if (this.#stopped && !this.#oneAtATime && this.#chunks.length < bufferCount / 2) this.#resume();
    return this.#taken?.bytes;
  }

  /** Waits until a chunk can be taken or the channel has ended. */
  async readable(options: WaitOptions): Promise<void> {
    if (this.#chunks.length > 0 || this.ended) return;
    await this.#incoming.wait(options);
  }

  /** Writes `bytes`, which belong to the channel afterwards. Waits while more than the high-water mark is buffered. */
  async write(bytes: Uint8Array, options: WaitOptions): Promise<void> {
    // A failure is told by the next read, after what the server may have said about it.
    if (this.ended || !this.socket.writable || this.socket.write(bytes)) return;
    await this.#outgoing.wait(options);
  }

  /** Ends the writing side, ignores what still comes, and waits for the peer; after `graceMs` drops the socket. */
  async end(graceMs: number): Promise<void> {
    this.#discarding = true;
    this.#chunks.length = 0;
    this.#oneAtATime = false;
    this.#resume();
    const timer = setTimeout(() => {
      this.destroy();
    }, graceMs);
    this.socket.end();
    await this.#closed;
    clearTimeout(timer);
  }

  /** Drops the socket. */
  destroy(): void {
    this.#ended = true;
    this.#chunks.length = 0;
    this.#socket?.destroy();
    this.#finish();
  }

  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', (error) => {
      this.#error ??= error;
      this.#wake();
    });
    socket.on('end', () => {
      if (socket !== this.#socket) return;
      this.#ended = true;
      this.#wake();
    });
    socket.on('drain', () => {
      this.#outgoing.wake();
    });
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      this.#ended = true;
      this.#finish();
      this.#resolveClosed();
    });
  }

  /** @returns false to stop reading, when the buffer that is read into next is the last free one */
  #received(length: number, buffer: Buffer): boolean {
    this.#incoming.touch();
    if (this.#discarding) {
      this.#free.push(buffer);
      return true;
    }
    const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
    this.#chunks.push({ bytes, pooled: buffer });
    const unused = this.#free.length + bufferCount - this.#allocated;
    this.#stopped = this.#oneAtATime || unused < 2;
    this.#incoming.wake();
    return !this.#stopped;
  }

  #allocate(): Buffer {
    this.#allocated += 1;
    return Buffer.allocUnsafeSlow(bufferLength);
  }

  #resume(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#socket?.resume();
  }

  #wake(): void {
    this.#incoming.wake();
    this.#outgoing.wake();
  }

  #finish(): void {
    this.#wake();
    this.#incoming.close();
    this.#outgoing.close();
  }
}
