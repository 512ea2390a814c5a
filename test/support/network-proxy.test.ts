import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameStarts, startProxy, type NetworkProxy, type ProxyOptions } from './network-proxy.ts';

const content = Buffer.from('0123456789'.repeat(1000));

let server: Server;
let proxy: NetworkProxy | undefined;
const clients: Socket[] = [];

/** Sends `content` to everyone who connects, then ends; what it receives is kept. */
const received: Buffer[] = [];

beforeEach(async () => {
  received.length = 0;
  server = createServer((socket) => {
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => undefined);
    socket.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy?.close();
  server.close();
});

async function connectThrough(options: ProxyOptions): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  proxy ??= await startProxy({ host: '127.0.0.1', port }, options);
  const client = connect(proxy.port, proxy.host);
  clients.push(client);
  return client;
}

interface Reading {
  readonly chunks: Buffer[];
  readonly end: 'end' | 'error';
}

async function readAll(client: Socket): Promise<Reading> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of client as AsyncIterable<Buffer>) chunks.push(chunk);
    return { chunks, end: 'end' };
  } catch {
    return { chunks, end: 'error' };
  }
}

describe('startProxy', () => {
  afterEach(() => {
    proxy = undefined;
  });

  it('passes everything, in both directions', async () => {
    const client = await connectThrough({});
    client.write('hello');
    const { chunks, end } = await readAll(client);
    expect(Buffer.concat(chunks)).toEqual(content);
    expect(end).toBe('end');
    expect(Buffer.concat(received).toString()).toBe('hello');
  });

  it('cuts after so many bytes', async () => {
    const { chunks } = await readAll(await connectThrough({ fromServer: { kind: 'cut', afterBytes: 1234 } }));
    expect(Buffer.concat(chunks)).toEqual(content.subarray(0, 1234));
  });

  it('half-closes after so many bytes', async () => {
    const client = await connectThrough({ fromServer: { kind: 'half-close', afterBytes: 7 } });
    const { chunks, end } = await readAll(client);
    expect(Buffer.concat(chunks).toString()).toBe('0123456');
    expect(end).toBe('end');
  });

  it('stalls after so many bytes and keeps the connection open', async () => {
    const client = await connectThrough({ fromServer: { kind: 'stall', afterBytes: 100 } });
    const reading = readAll(client);
    await proxy?.struck;
    expect(client.closed).toBe(false);
    client.destroy();
    expect(Buffer.concat((await reading).chunks).length).toBeLessThanOrEqual(100);
  });

  it('holds after so many bytes, and goes on when it is released', async () => {
    const reading = readAll(await connectThrough({ fromServer: { kind: 'hold', afterBytes: 100 } }));
    await proxy?.struck;
    proxy?.release();
    const { chunks, end } = await reading;
    expect(Buffer.concat(chunks)).toEqual(content);
    expect(end).toBe('end');
  });

  it('delivers byte by byte, and slowly, without changing a byte', async () => {
    const pieces = await readAll(await connectThrough({ fromServer: { kind: 'pieces', bytes: 1 } }));
    expect(Buffer.concat(pieces.chunks)).toEqual(content);
    await proxy?.close();
    proxy = undefined;
    const slow = await readAll(await connectThrough({ fromServer: { kind: 'throttle', bytesPerSecond: 200_000 } }));
    expect(Buffer.concat(slow.chunks)).toEqual(content);
  });

  it('delivers the first bytes one by one, the others together, without changing a byte', async () => {
    const begun = await readAll(await connectThrough({ fromServer: { kind: 'pieces', bytes: 1, forBytes: 50 } }));
    expect(Buffer.concat(begun.chunks)).toEqual(content);
  });

  it('treats the chosen connections only', async () => {
    const options: ProxyOptions = { fromServer: { kind: 'cut', afterBytes: 5 }, connections: [2] };
    const first = await readAll(await connectThrough(options));
    const second = await readAll(await connectThrough(options));
    expect(Buffer.concat(first.chunks)).toEqual(content);
    expect(Buffer.concat(second.chunks).toString()).toBe('01234');
    expect(proxy?.connections).toBe(2);
  });
});

it('cuts each message where it is told, also one whose head comes in two chunks', () => {
  const message = (length: number): Buffer => {
    const bytes = Buffer.alloc(1 + length, 'd');
    bytes.writeUInt32BE(length, 1);
    return bytes;
  };
  const stream = Buffer.concat([message(10), message(20), message(4)]);
  const starts = new FrameStarts();
  const lengths = [stream.subarray(0, 13), stream.subarray(13)].flatMap((chunk) =>
    [...starts.cut(chunk, 3)].map((piece) => piece.length),
  );
  // Messages of 11, 21 and 5 bytes begin at 0, 11 and 32: cuts at 3, 14 and 35, and where the chunk ends.
  expect(lengths).toEqual([3, 10, 1, 21, 2]);
});
