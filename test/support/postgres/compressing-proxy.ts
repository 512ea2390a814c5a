/**
 * A PostgreSQL with lz4 and zstd, which the embedded ones are built without: a proxy in front of a real server takes COMPRESSION out of a
 * BASE_BACKUP command, and compresses each tar of the answer as the server would, in one frame. One connection at a time is a backup's.
 */
import { compress as compressZstd } from '@cloudpss/zstd/napi';
import { compressFrame } from 'lz4-napi';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

type Method = 'lz4' | 'zstd';
const suffixes: Readonly<Record<Method, string>> = { lz4: '.lz4', zstd: '.zst' };
const pieceBytes = 32 * 1024;
const sslRequest = 80877103;

export interface CompressingProxy {
  readonly host: string;
  readonly port: number;
  /** Of each backup: what was asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export async function startCompressingProxy(target: { host: string; port: number }): Promise<CompressingProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    const answer = new Answer((bytes) => client.write(bytes));
    const fromClient = new Frames({ beginsBare: true });
    client.on('data', (bytes) => {
      for (const message of fromClient.push(bytes)) {
        if (message.length === 8 && message.readUInt32BE(4) === sslRequest) {
          fromClient.nextIsBare();
          client.write('N');
          continue;
        }
        const text = message.toString('latin1');
        const found = /, COMPRESSION '(lz4|zstd)'(?:, COMPRESSION_DETAIL '[^']*')?/.exec(text);
        if (!text.startsWith('Q') || !text.includes('BASE_BACKUP') || found === null) {
          upstream.write(message);
          continue;
        }
        asked.push(found[0].slice(2));
        answer.compressWith(found[1] as Method);
        upstream.write(framed('Q', Buffer.from(text.slice(5).replace(found[0], ''), 'latin1')));
      }
    });
    const fromServer = new Frames({ beginsBare: false });
    let work = Promise.resolve();
    upstream.on('data', (bytes) => {
      work = work.then(async () => {
        for (const message of fromServer.push(bytes)) await answer.pass(message);
      });
    });
    upstream.on('close', () => void work.then(() => client.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Cuts a stream into messages, each with its type and length. */
class Frames {
  #held = Buffer.alloc(0);
  #isBare: boolean;

  /** @param options.beginsBare the first message has no type */
  constructor({ beginsBare }: { readonly beginsBare: boolean }) {
    this.#isBare = beginsBare;
  }

  nextIsBare(): void {
    this.#isBare = true;
  }

  *push(bytes: Buffer): Generator<Buffer> {
    this.#held = Buffer.concat([this.#held, bytes]);
    for (;;) {
      const typeBytes = this.#isBare ? 0 : 1;
      if (this.#held.length < typeBytes + 4) return;
      const length = typeBytes + this.#held.readUInt32BE(typeBytes);
      if (this.#held.length < length) return;
      const message = this.#held.subarray(0, length);
      this.#held = this.#held.subarray(length);
      this.#isBare = false;
      yield message;
    }
  }
}

/** What comes back, the tars of a backup compressed. */
class Answer {
  readonly #write: (bytes: Buffer) => void;
  #method: Method | undefined;
  #tar: Buffer[] | undefined;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  compressWith(method: Method): void {
    this.#method = method;
  }

  async pass(message: Buffer): Promise<void> {
    const method = this.#method;
    if (method === undefined) {
      this.#write(message);
      return;
    }
    const type = String.fromCharCode(message[0] ?? 0);
    const kind = type === 'd' ? String.fromCharCode(message[5] ?? 0) : '';
    if (kind === 'd' && this.#tar !== undefined) {
      this.#tar.push(Buffer.from(message.subarray(6)));
      return;
    }
    if (kind === 'n' || kind === 'm' || type === 'c') await this.#endTar(method);
    if (kind === 'n') {
      this.#tar = [];
      const [name = '', path = ''] = message.toString('latin1', 6).split('\0');
      this.#write(framed('d', Buffer.from(`n${name}${suffixes[method]}\0${path}\0`, 'latin1')));
      return;
    }
    if (type === 'c') this.#method = undefined;
    this.#write(message);
  }

  async #endTar(method: Method): Promise<void> {
    if (this.#tar === undefined) return;
    const content = Buffer.concat(this.#tar);
    this.#tar = undefined;
    const packed = method === 'zstd' ? compressZstd(content) : await compressFrame(content);
    for (let at = 0; at < packed.length; at += pieceBytes) {
      this.#write(framed('d', Buffer.concat([Buffer.from('d'), packed.subarray(at, at + pieceBytes)])));
    }
  }
}

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
