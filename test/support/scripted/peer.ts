import { createServer, type AddressInfo, type Socket } from 'node:net';
import { FrontendReader, queryText, type FirstPacket, type FrontendMessage } from './frontend-reader.ts';
import { authentication, backendKeyData, parameterStatus, readyForQuery } from './messages.ts';

/** The server's side of one connection, in the hands of a script: it says what must come and what goes out. */
export class PeerSession {
  readonly #socket: Socket;
  readonly #reader: FrontendReader;
  /** 1 for the first connection accepted. */
  readonly number: number;

  constructor(socket: Socket, number: number) {
    this.#socket = socket;
    this.#reader = new FrontendReader(socket);
    this.number = number;
  }

  /** Sends exactly these bytes, one part after the other. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      await new Promise<void>((resolve, reject) =>
        this.#socket.write(part, (error) => (error ? reject(error) : resolve())),
      );
    }
  }

  /** Sends the bytes in writes of `size` bytes. */
  async sendInPieces(bytes: Uint8Array, size: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) await this.send(bytes.subarray(at, at + size));
  }

  /** The startup packet; a request for TLS before it is declined. */
  async startup(): Promise<Extract<FirstPacket, { kind: 'startup' }>> {
    for (;;) {
      const packet = await this.#reader.firstPacket();
      if (!packet) throw new Error(`connection ${this.number}: the client hung up before its startup packet`);
      if (packet.kind === 'startup') return packet;
      await this.send(Buffer.from('N'));
    }
  }

  /** Startup and a login without password, as PostgreSQL of this version does it. */
  async trust(serverVersion: string): Promise<ReadonlyMap<string, string>> {
    const { parameters } = await this.startup();
    await this.send(
      authentication(0),
      parameterStatus('server_version', serverVersion),
      parameterStatus('server_encoding', 'UTF8'),
      parameterStatus('client_encoding', 'UTF8'),
      parameterStatus('integer_datetimes', 'on'),
      parameterStatus('standard_conforming_strings', 'on'),
      backendKeyData(4711, 815),
      readyForQuery(),
    );
    return parameters;
  }

  /** The next message; it must be of this type. */
  async expect(type: string): Promise<FrontendMessage> {
    const heard = await this.#reader.message();
    if (heard?.type !== type) {
      throw new Error(`connection ${this.number}: expected '${type}', got ${heard ? `'${heard.type}'` : 'the end'}`);
    }
    return heard;
  }

  /** The next message must be a simple query that matches. @returns its text */
  async expectQuery(pattern: RegExp): Promise<string> {
    const text = queryText((await this.expect('Q')).body);
    if (!pattern.test(text)) throw new Error(`connection ${this.number}: expected ${String(pattern)}, got ${text}`);
    return text;
  }

  /** Waits until the client hangs up or says so. */
  async ended(): Promise<void> {
    for (;;) {
      const heard = await this.#reader.message();
      if (!heard || heard.type === 'X') return;
    }
  }

  close(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

export interface ScriptedPeer {
  readonly port: number;
  /** What scripts threw; a test expects none. */
  readonly failures: readonly unknown[];
  stop(): Promise<void>;
}

/**
 * Listens on the loopback address and plays `script` on every connection. When a script ends, its connection is closed.
 * For faults of a dialect that no real server can be made to commit.
 */
export async function startScriptedPeer(script: (peer: PeerSession) => Promise<void>): Promise<ScriptedPeer> {
  const failures: unknown[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    accepted += 1;
    const session = new PeerSession(socket, accepted);
    script(session)
      .catch((error: unknown) => failures.push(error))
      .finally(() => session.close());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    failures,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
