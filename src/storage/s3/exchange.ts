import { setMaxListeners } from 'node:events';
import { request as httpRequest, Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import type { S3Address } from './location.ts';

/** Connections to one store at a time. */
const connections = 32;
/** Largest answer that is read as a whole, in bytes: a page of a listing of the longest names is below it. */
const largestText = 16 * 1024 * 1024;

/** One request as it goes out: signed, nothing is added. */
export interface SignedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces stay as they are until the answer is there. */
  readonly body: readonly Uint8Array[] | ByteSource | undefined;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
  /** Whether the system has taken all that there was to send: its memory is the caller's again. */
  readonly isSent: boolean;
}

/** Connections to one store, kept open between requests; those that are idle hold no program back from its end. */
export class Exchange {
  readonly #address: S3Address;
  readonly #agent: HttpAgent;
  readonly #silenceMs: number;

  /**
   * @param ca PEM certificates that the store's is checked with; undefined: those of the system
   * @param silenceMs without a byte for so long a connection counts as lost
   */
  constructor(address: S3Address, ca: string | undefined, silenceMs: number) {
    this.#address = address;
    this.#silenceMs = silenceMs;
    const options = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' } as const;
    this.#agent = address.isTls ? new HttpsAgent({ ...options, ca }) : new HttpAgent(options);
  }

  /** The answer, its body not read yet. Redirects are answers like others. @throws what the system says of a connection */
  async send({ method, path, headers, body }: SignedRequest, signal?: AbortSignal): Promise<S3Answer> {
    const { host, port, isTls } = this.#address;
    const options = { method, host, port, path, headers, agent: this.#agent, signal, setHost: false };
    // Each request listens to it: with many at once Node would warn of a leak.
    if (signal !== undefined) setMaxListeners(0, signal);
    const request = isTls ? httpsRequest(options) : httpRequest(options);
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
      // Every write and read begins the time anew.
      request.setTimeout(this.#silenceMs, () => {
        request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' }));
      });
    });
    // Whoever writes the body may fail first; then nobody waits for the answer.
    answer.catch(() => undefined);
    let isAnswered = false;
    request.once('response', () => (isAnswered = true));
    let isWhole = true;
    try {
      for await (const piece of body ?? []) {
        // Who answers before it has the body does not want the rest.
        isWhole = !request.destroyed && !isAnswered;
        if (!isWhole) break;
        if (!request.write(piece)) await Promise.race([drained(request), answer]);
      }
    } catch (error) {
      request.destroy();
      // What the body itself threw is not what the connection did.
      throw request.errored ?? error;
    }
    if (isWhole) request.end();
    const message = await answer;
    // The connection stands in the middle of a request: nothing else can be asked on it.
    if (!isWhole) message.once('close', () => request.destroy());
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      body: message,
      get isSent() {
        return isWhole && request.writableFinished;
      },
    };
  }
}

function drained(request: ReturnType<typeof httpRequest>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done);
      request.off('close', done);
      resolve();
    };
    request.on('drain', done);
    request.on('close', done);
  });
}

/** The body of an answer as text. @throws Error `ERANGE` when it is larger than any that a store sends; what the connection says */
export async function textOf({ body }: S3Answer): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > largestText) throw Object.assign(new Error('too large an answer'), { code: 'ERANGE' });
    pieces.push(piece);
  }
  if (!body.complete) throw Object.assign(new Error('cut answer'), { code: 'ECONNRESET' });
  return Buffer.concat(pieces).toString('utf8');
}

/** Lets the connection be used again. */
export async function dropBody(answer: S3Answer): Promise<void> {
  if (answer.body.readableEnded) return;
  await textOf(answer).catch(() => undefined);
}
