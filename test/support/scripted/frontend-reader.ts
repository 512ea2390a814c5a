import type { Duplex } from 'node:stream';

/** What a client may open a connection with. */
export type FirstPacket =
  | { readonly kind: 'ssl' | 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: number }
  | {
      readonly kind: 'startup';
      readonly major: number;
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
      /** Whether the terminator is the last byte of the packet. */
      readonly wellFormed: boolean;
    };

export interface FrontendMessage {
  readonly type: string;
  readonly body: Buffer;
  /** Bytes that this connection had sent before this message. */
  readonly offset: number;
}

const maxStartupBytes = 10_000;
const maxMessageBytes = 1 << 20;

/** Reads what a client sends. Every length is checked, as a server would. */
export class FrontendReader {
  readonly #stream: Duplex;
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    this.#wake?.();
  };
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
  /** Bytes taken so far. */
  offset = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onEnd);
  }

  /** Lets go of the stream (before TLS takes it over). Bytes already here are returned. */
  release(): Buffer {
    this.#stream.pause();
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onEnd);
    return this.#pending;
  }

  async #take(count: number): Promise<Buffer | undefined> {
    while (this.#pending.length < count) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const bytes = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    this.offset += count;
    return bytes;
  }

  /** @returns undefined when the client hung up */
  async firstPacket(): Promise<FirstPacket | undefined> {
    const head = await this.#take(8);
    if (!head) return undefined;
    const length = head.readInt32BE(0);
    if (length < 8 || length > maxStartupBytes) throw new Error(`startup packet of ${length} bytes`);
    const code = head.readInt32BE(4);
    if (code === 80_877_103) return { kind: 'ssl' };
    if (code === 80_877_104) return { kind: 'gss' };
    const rest = await this.#take(length - 8);
    if (!rest) return undefined;
    if (code === 80_877_102) return { kind: 'cancel', processId: rest.readInt32BE(0), secret: rest.readInt32BE(4) };
    const parameters = new Map<string, string>();
    let at = 0;
    const text = (): string => {
      const end = rest.indexOf(0, at);
      const value = rest.toString('utf8', at, end < 0 ? rest.length : end);
      at = end < 0 ? rest.length : end + 1;
      return value;
    };
    for (let name = text(); name !== ''; name = text()) parameters.set(name, text());
    return { kind: 'startup', major: code >>> 16, minor: code & 0xffff, parameters, wellFormed: at === rest.length };
  }

  /** @returns undefined when the client hung up */
  async message(): Promise<FrontendMessage | undefined> {
    const offset = this.offset;
    const head = await this.#take(5);
    if (!head) return undefined;
    const type = String.fromCharCode(head[0]!);
    const length = head.readInt32BE(1);
    if (length < 4 || length > maxMessageBytes) throw new Error(`message '${type}' of ${length} bytes`);
    const body = await this.#take(length - 4);
    return body && { type, body, offset };
  }
}

/** The text of a simple query: the body up to its terminator. */
export function queryText(body: Buffer): string {
  return body.toString('utf8', 0, body.length - 1);
}
