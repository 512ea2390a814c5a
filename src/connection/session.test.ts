import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { OpenConnection } from './open-connection.ts';
import { openConnection } from './open-connection.ts';

function frame(type: string, ...body: readonly (string | Uint8Array)[]): Buffer {
  const joined = Buffer.concat(body.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(joined.length + 4, 1);
  return Buffer.concat([header, joined]);
}

const ready = frame('Z', 'I');
const loggedIn = Buffer.concat([frame('R', Buffer.alloc(4)), ready]);
const column = frame('T', Buffer.from([0, 1]), 'name\0', Buffer.alloc(6), Buffer.from([0, 0, 0, 25]), Buffer.alloc(8));
const row = (text: string) => frame('D', Buffer.from([0, 1, 0, 0, 0, text.length]), text);
const error = frame('E', 'SERROR\0C42601\0Msyntax error\0Hlook\0\0');

let server: Server | undefined;
let peer: Socket | undefined;

afterEach(() => {
  peer?.destroy();
  server?.close();
});

/** A session with a server that logs in and then hands what comes to `script`. */
async function session(
  script: (socket: Socket, chunk: Buffer) => void,
  inactivityTimeoutMs?: number,
): Promise<OpenConnection> {
  const listening = createServer((socket) => {
    peer = socket;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(loggedIn);
      socket.on('data', (chunk) => {
        script(socket, chunk);
      });
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  return await openConnection({ host: '127.0.0.1', port, user: 'u', sslmode: 'disable', inactivityTimeoutMs });
}

describe('Session', () => {
  it('collects the result sets of a query', async () => {
    const answer = Buffer.concat([column, row('a'), row('b'), frame('C', 'SELECT 2\0'), frame('C', 'SET\0'), ready]);
    const connection = await session((socket) => socket.write(answer));
    expect(await connection.query('x')).toEqual([
      { columns: [{ name: 'name', typeOid: 25 }], rows: [['a'], ['b']], tag: 'SELECT 2' },
      { columns: [], rows: [], tag: 'SET' },
    ]);
    await connection.close();
  });

  it('tells notices before what follows them, and keeps parameters, without returning either', async () => {
    const notice = frame('N', 'SNOTICE\0Mhello\0\0');
    const answer = Buffer.concat([frame('S', 'TimeZone\0UTC\0'), notice, frame('C', 'X\0'), ready]);
    const connection = await session((socket) => socket.write(answer));
    const seen: string[] = [];
    connection.onNotice = ({ M = '' }) => seen.push(M);
    await connection.send('x');
    seen.push((await connection.receive()).type, (await connection.receive()).type);
    expect(seen).toEqual(['hello', 'CommandComplete', 'ReadyForQuery']);
    expect(connection.parameters.get('TimeZone')).toBe('UTC');
    connection.destroy();
  });

  it('throws the error of a query and can be used afterwards', async () => {
    let failing = true;
    const connection = await session((socket) => {
      socket.write(failing ? Buffer.concat([error, ready]) : Buffer.concat([frame('C', 'OK\0'), ready]));
      failing = false;
    });
    await expect(connection.query('x')).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      message: 'ERROR:  syntax error',
      sqlState: '42601',
      hint: { key: 'common.server-text', parameters: { lines: 'look' } },
    });
    expect(await connection.query('x')).toMatchObject([{ tag: 'OK' }]);
    connection.destroy();
  });

  it('throws the error also when the end comes instead of ReadyForQuery', async () => {
    const connection = await session((socket) => socket.end(error));
    await expect(connection.query('x')).rejects.toMatchObject({ sqlState: '42601' });
  });

  it('refuses an answer above 1 MiB and what is no answer', async () => {
    const wide = frame('D', Buffer.from([0, 1, 0, 16, 0, 1]), Buffer.alloc(1_048_577, 0x78));
    const connection = await session((socket) => socket.write(Buffer.concat([column, wide])));
    await expect(connection.query('x')).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    const copying = await session((socket) => socket.write(frame('H', Buffer.alloc(3))));
    await expect(copying.query('x')).rejects.toThrow('the server sent CopyOutResponse while answering a query');
  });

  it('returns what came before the end, then fails', async () => {
    const connection = await session((socket) => socket.end(Buffer.concat([frame('C', 'X\0'), Buffer.from('Z\0\0')])));
    await connection.send('x');
    expect(await connection.receive()).toEqual({ type: 'CommandComplete', tag: 'X' });
    await expect(connection.receive()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: 'server closed the connection unexpectedly',
    });
    expect(connection.receiveNow()).toBeUndefined();
  });

  it('fails after the inactivity time-out, counted from the last byte, and not when there is none', async () => {
    const connection = await session(() => undefined, 40);
    await expect(connection.receive()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: 'no data came from the server for 0.04 s',
    });
    connection.inactivityTimeoutMs = undefined;
    const waiting = connection.receive();
    peer?.write(ready);
    expect(await waiting).toEqual({ type: 'ReadyForQuery', status: 'I' });
    connection.destroy();
  });

  it('stops waiting when aborted and keeps its place in the stream', async () => {
    const connection = await session(() => undefined);
    const controller = new AbortController();
    const waiting = connection.receive({ signal: controller.signal });
    peer?.write(frame('C', 'TAG\0').subarray(0, 4));
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    const again = connection.receive();
    peer?.write(frame('C', 'TAG\0').subarray(4));
    expect(await again).toEqual({ type: 'CommandComplete', tag: 'TAG' });
    connection.destroy();
  });

  it('sends CopyData in one message, CopyDone, and Terminate at the end', async () => {
    const sent: Buffer[] = [];
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const connection = await session((socket, chunk) => {
      sent.push(chunk);
      socket.on('end', ended);
    });
    const part = Buffer.from('cd');
    await connection.sendCopyData(Buffer.from('ab'), part);
    part.fill(0);
    await connection.sendCopyDone();
    await connection.close();
    await end;
    expect(Buffer.concat(sent).toString('latin1')).toBe('d\0\0\0\x08abcdc\0\0\0\x04X\0\0\0\x04');
    await expect(connection.send('x')).rejects.toThrow('the connection is closed');
    await connection.close();
  });

  it('holds the server back while nobody reads, and loses nothing', async () => {
    const total = 64 * 1024 * 1024;
    const block = Buffer.concat(Array.from({ length: 32 }, (_, index) => frame('d', Buffer.alloc(32_768, index))));
    const connection = await session((socket) => {
      for (let sent = 0; sent < total; sent += 32 * 32_768) socket.write(block);
      socket.write(ready);
    });
    await connection.send('x');
    let message = await connection.receive();
    // A turn of the event loop for each read of 64 KiB that would take all of it.
    for (let turn = 0; turn < 2048; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(peer?.writableLength).toBeGreaterThan(total / 2);
    let received = 0;
    let messages = 0;
    let wrong = 0;
    while (message.type === 'CopyData') {
      const expected = messages % 32;
      if (message.bytes[0] !== expected || message.bytes.at(-1) !== expected) wrong += 1;
      received += message.bytes.length;
      if (message.last) messages += 1;
      message = connection.receiveNow() ?? (await connection.receive());
    }
    expect({ received, messages, wrong }).toEqual({ received: total, messages: 2048, wrong: 0 });
    connection.destroy();
  });
});
