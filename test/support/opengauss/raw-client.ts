import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { cstring, int32, message } from '../scripted/messages.ts';
import { encodedIterations } from './passwords.ts';

export interface RawMessage {
  readonly type: string;
  readonly body: Buffer;
}

/** Answers an authentication request the way the formulas of the protocol say, for tests of the stand-in itself. */
export function passwordAnswer(request: Buffer, user: string, password: string): string {
  const code = request.readInt32BE(0);
  const rest = request.subarray(4);
  const md5 = (...parts: (string | Buffer)[]): string => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  };
  const hmac = (key: Buffer, data: string | Buffer): Buffer => createHmac('sha256', key).update(data).digest();
  if (code === 5) return `md5${md5(md5(password, user), rest)}`;
  const hexSalt = rest.toString('latin1', code === 11 ? 0 : 4, code === 11 ? 64 : 68);
  const iterations = rest.length === 80 ? rest.readInt32BE(76) : 10_000;
  const salted = pbkdf2Sync(password, Buffer.from(hexSalt, 'hex'), iterations, 32, 'sha1');
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash(code === 13 ? 'sm3' : 'sha256')
    .update(clientKey)
    .digest();
  if (code === 11) {
    const serverKey = hmac(salted, 'Sever Key').toString('hex');
    return `md5${md5(hexSalt, serverKey, storedKey.toString('hex'), encodedIterations(iterations), rest.subarray(64))}`;
  }
  const mask = hmac(storedKey, Buffer.from(rest.toString('latin1', 68, 76), 'hex'));
  return Buffer.from(clientKey.map((byte, at) => byte ^ mask[at]!)).toString('hex');
}

/** The packet that opens a session. */
export function startupPacket(version: number, parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  const body = Buffer.concat([int32(version), ...pairs, Buffer.alloc(1)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** A client that sends what it is told and gives back every message, for tests of the stand-in itself. */
export class RawClient {
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      this.#wake?.();
    });
    const over = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    this.#socket.on('end', over);
    this.#socket.on('close', over);
    this.#socket.on('error', over);
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  query(text: string): void {
    this.send(message('Q', cstring(text)));
  }

  async #take(count: number): Promise<Buffer | undefined> {
    while (this.#pending.length < count) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const bytes = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return bytes;
  }

  /** One byte, the answer to an SSLRequest. */
  async byte(): Promise<string | undefined> {
    return (await this.#take(1))?.toString('latin1');
  }

  /** @returns undefined at the end of the stream */
  async receive(): Promise<RawMessage | undefined> {
    const head = await this.#take(5);
    if (!head) return undefined;
    const body = await this.#take(head.readInt32BE(1) - 4);
    return body && { type: String.fromCharCode(head[0]!), body };
  }

  /** Every message until one of these types (that one included) or the end of the stream. */
  async receiveUntil(types: string): Promise<RawMessage[]> {
    const found: RawMessage[] = [];
    for (;;) {
      const next = await this.receive();
      if (!next) return found;
      found.push(next);
      if (types.includes(next.type)) return found;
    }
  }

  /** Startup and password. @returns every message up to ReadyForQuery or an error */
  async login(
    parameters: Readonly<Record<string, string>>,
    password: string,
    version = 0x0003_0033,
  ): Promise<RawMessage[]> {
    this.send(startupPacket(version, parameters));
    const first = await this.receive();
    if (!first) return [];
    if (first.type !== 'R' || first.body.readInt32BE(0) === 0) {
      return first.type === 'E' ? [first] : [first, ...(await this.receiveUntil('ZE'))];
    }
    this.send(message('p', cstring(passwordAnswer(first.body, parameters['user'] ?? '', password))));
    return [first, ...(await this.receiveUntil('ZE'))];
  }

  close(): void {
    this.#socket.destroy();
  }
}
