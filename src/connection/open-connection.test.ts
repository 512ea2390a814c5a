import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { needsPassword } from './authenticate.ts';
import { loginTimeoutMs, openConnection } from './open-connection.ts';
import { ServerError } from './server-error.ts';
import type { ConnectionSettings } from './settings.ts';

const tls = join(import.meta.dirname, '../../test/fixtures/tls');
const secureOptions = {
  isServer: true,
  key: readFileSync(join(tls, 'server.key')),
  cert: readFileSync(join(tls, 'server.crt')),
};

function frame(type: string, ...body: readonly (string | Uint8Array)[]): Buffer {
  const joined = Buffer.concat(body.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(joined.length + 4, 1);
  return Buffer.concat([header, joined]);
}

const authentication = (code: number, body: Uint8Array | string = '') => frame('R', Buffer.from([0, 0, 0, code]), body);
const ready = frame('Z', 'I');
const negotiation = frame('v', Buffer.from([0, 3, 0, 0, 0, 0, 0, 0]));
const loggedIn = Buffer.concat([authentication(0), frame('S', 'server_version\0', '15.1\0'), ready]);
const failure = (state: string, text: string, severity = 'FATAL') =>
  frame('E', `S${severity}\0C${state}\0M${text}\0\0`);

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that hands every chunk that comes to `script`, with the number of the connection and of the chunk. */
async function serve(
  script: (socket: Socket, chunk: Buffer, connection: number, index: number) => void,
  path?: string,
): Promise<ConnectionSettings> {
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections;
    connections += 1;
    let index = 0;
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      script(socket, chunk, connection, index);
      index += 1;
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) =>
    path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
  );
  const port = path === undefined ? (server.address() as AddressInfo).port : 5432;
  return { host: '127.0.0.1', port, user: 'u', sslmode: 'disable' };
}

describe('openConnection', () => {
  it('logs in, reports what was negotiated and the parameters', async () => {
    const settings = await serve((socket) => socket.write(Buffer.concat([negotiation, loggedIn])));
    const connection = await openConnection(settings);
    expect(connection.negotiated).toBe(true);
    expect(connection.parameters.get('server_version')).toBe('15.1');
    expect(connection.endpoint).toEqual({ kind: 'tcp', host: '127.0.0.1', port: settings.port });
    await connection.close();
  });

  it('reaches a server through a Unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'gk-'));
    try {
      const settings = await serve((socket) => socket.write(loggedIn), join(directory, '.s.PGSQL.5432'));
      const connection = await openConnection({ ...settings, host: directory, sslmode: 'require' });
      expect(connection.endpoint.kind).toBe('unix');
      connection.destroy();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it.each([
    ['postgresql without negotiation', 'postgresql', false, 'p'],
    ['detect with negotiation', 'detect', true, 'p'],
  ] as const)('takes code 10 for SASL: %s', async (_what, dialect, negotiates, expected) => {
    let answer: Buffer = Buffer.alloc(0);
    const settings = await serve((socket, chunk, _connection, index) => {
      if (index === 0) {
        const request = authentication(10, 'SCRAM-SHA-256\0\0');
        socket.write(negotiates ? Buffer.concat([negotiation, request]) : request);
        return;
      }
      answer = chunk;
      socket.write(failure('28P01', 'no'));
    });
    const opened = openConnection({ ...settings, dialect, password: 'x' });
    await expect(opened).rejects.toMatchObject({ code: 'AUTHENTICATION' });
    expect(answer.toString('latin1', 0, 1)).toBe(expected);
    expect(answer.toString('latin1', 5)).toContain('SCRAM-SHA-256\0');
  });

  it('does not accept a server that skips its proof', async () => {
    const settings = await serve((socket, _chunk, _connection, index) => {
      socket.write(index === 0 ? Buffer.concat([negotiation, authentication(10, 'SCRAM-SHA-256\0\0')]) : loggedIn);
    });
    await expect(openConnection({ ...settings, password: 'x' })).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it('says that a password is needed when none is known, without keeping the server waiting', async () => {
    let closed: () => void = () => undefined;
    const serverSawEnd = new Promise<void>((resolve) => (closed = resolve));
    const settings = await serve((socket) => {
      socket.on('close', closed);
      socket.write(authentication(5, Buffer.from([1, 2, 3, 4])));
    });
    const error = await openConnection({ ...settings, password: () => Promise.resolve(undefined) }).catch(
      (reason: unknown) => reason,
    );
    expect(needsPassword(error)).toBe(true);
    expect(error).toMatchObject({ code: 'AUTHENTICATION' });
    await serverSawEnd;
  });

  it('sends a rejected password once, and never shows it', async () => {
    let answers = 0;
    const lines: string[] = [];
    const settings = await serve((socket, chunk) => {
      if (chunk[0] !== 0x70) return void socket.write(chunk.length === 8 ? 'N' : authentication(3));
      answers += 1;
      socket.write(failure('28P01', 'password authentication failed for user "u"'));
    });
    for (const sslmode of ['prefer', 'allow'] as const) {
      answers = 0;
      const error = await openConnection({
        ...settings,
        sslmode,
        password: 'Secret@1',
        passwordFile: '/home/u/.pgpass',
        trace: (line) => lines.push(line),
      }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({
        sqlState: '28P01',
        message: `connection to server at "127.0.0.1", port ${settings.port} failed: FATAL:  password authentication failed for user "u"`,
        hint: { key: 'connection.password-from-file', parameters: { path: '/home/u/.pgpass' } },
      });
      expect(JSON.stringify([error, lines])).not.toContain('Secret@1');
      expect(answers).toBe(1);
    }
  });

  it('takes no ReadyForQuery after an error for a login', async () => {
    const text = 'replication should connect HA port in thread_pool';
    const settings = await serve((socket) => socket.end(Buffer.concat([failure('22023', text, 'ERROR'), ready])));
    await expect(openConnection(settings)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      sqlState: '22023',
      serverMessage: text,
    });
  });

  it('asks again with protocol 3.0 when an old server does not know 3.51', async () => {
    const versions: number[] = [];
    const settings = await serve((socket, chunk, connection) => {
      versions.push(chunk.readUInt32BE(4));
      socket.write(connection === 0 ? failure('0A000', 'unsupported frontend protocol 3.51') : loggedIn);
    });
    (await openConnection(settings)).destroy();
    expect(versions).toEqual([0x0003_0033, 0x0003_0000]);
  });

  it('refuses a method that it does not know, and verification without an authority', async () => {
    const settings = await serve((socket) => socket.write(authentication(7)));
    await expect(openConnection(settings)).rejects.toThrow('authentication method 7 (GSSAPI) is not supported');
    // Not to a server that does without TLS, and not without something to verify with.
    const tls = await serve((socket) => socket.write('S'));
    await expect(openConnection({ ...tls, sslmode: 'verify-full' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      hint: { key: 'connection.no-root-hint' },
    });
  });

  it('words failures as libpq does', async () => {
    const settings = await serve(() => undefined);
    servers.splice(0).forEach((server) => server.close());
    await expect(openConnection(settings)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: `connection to server at "127.0.0.1", port ${settings.port} failed: Connection refused`,
      hint: { key: 'connection.tcp-hint' },
    });
    await expect(openConnection({ ...settings, host: '/nonexistent' })).rejects.toMatchObject({
      message: `connection to server on socket "/nonexistent/.s.PGSQL.${settings.port}" failed: No such file or directory`,
      hint: { key: 'connection.unix-hint' },
    });
    await expect(openConnection({ ...settings, host: `/${'x'.repeat(120)}` })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('gives up on a silent server by time-out, and at once by signal', async () => {
    const settings = await serve(() => undefined);
    await expect(openConnection({ ...settings, connectTimeoutMs: 30 })).rejects.toThrow(/failed: timeout expired$/);
    await expect(openConnection({ ...settings, inactivityTimeoutMs: 30 })).rejects.toThrow(
      /no data came from the server for 0.03 s$/,
    );
    // Of the TLS handshake, too.
    const mute = await serve((socket) => socket.write('S'));
    await expect(openConnection({ ...mute, sslmode: 'require', inactivityTimeoutMs: 30 })).rejects.toThrow(
      /no data came from the server for 0.03 s$/,
    );
    const controller = new AbortController();
    const opened = openConnection(settings, { signal: controller.signal });
    controller.abort();
    await expect(opened).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['prefer', 'N', false],
    ['prefer', 'S', true],
    ['require', 'S', true],
  ] as const)('with sslmode %s and the answer %s encrypts: %s', async (sslmode, answer, encrypts) => {
    let encrypted = false;
    const settings = await serve((socket, chunk, _connection, index) => {
      if (index === 0) {
        expect(chunk.toString('hex')).toBe('0000000804d2162f');
        socket.write(answer);
        if (answer === 'S') {
          socket.removeAllListeners('data');
          const secure = new TLSSocket(socket, secureOptions);
          secure.on('error', () => undefined);
          secure.on('data', () => {
            encrypted = true;
            secure.write(loggedIn);
          });
        }
      } else {
        socket.write(loggedIn);
      }
    });
    const connection = await openConnection({ ...settings, sslmode });
    expect(encrypted).toBe(encrypts);
    await connection.close();
  });

  it('refuses bytes that came before the handshake, and a server without TLS when it is required', async () => {
    const injecting = await serve((socket) => socket.write(Buffer.concat([Buffer.from('S'), loggedIn])));
    await expect(openConnection({ ...injecting, sslmode: 'require' })).rejects.toThrow(
      'received unencrypted data after SSL response',
    );
    const plain = await serve((socket) => socket.write('N'));
    await expect(openConnection({ ...plain, sslmode: 'require' })).rejects.toThrow(
      'server does not support SSL, but SSL was required',
    );
    const odd = await serve((socket) => socket.write('H'));
    await expect(openConnection({ ...odd, sslmode: 'prefer' })).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
  });

  it('asks for the cancellation of what runs with the key of the session', async () => {
    let request: (chunk: Buffer) => void = () => undefined;
    const requested = new Promise<Buffer>((resolve) => (request = resolve));
    const key = frame('K', Buffer.from([0, 0, 0, 9]), 'key!');
    const settings = await serve((socket, chunk, connection) => {
      if (connection === 0) return void socket.write(Buffer.concat([authentication(0), key, ready]));
      request(chunk);
      socket.end();
    });
    const connection = await openConnection(settings);
    await connection.cancel();
    expect((await requested).toString('hex')).toBe('0000001004d2162e000000096b657921');
    connection.destroy();
  });
});

describe('a login without end', () => {
  const endless: [string, Buffer, string][] = [
    ['settings', frame('S', 'name\0', 'value\0'), 'connection.login-endless'],
    ['notices', frame('N', 'SNOTICE\0C00000\0Mwait\0\0'), 'connection.login-endless'],
    ['requests for the password', authentication(3), 'connection.login-rounds'],
    ['keys', Buffer.concat([authentication(0), frame('K', Buffer.alloc(8))]), 'connection.login-endless'],
  ];
  it.each(endless)('of %s is given up', async (_what, message, key) => {
    const settings = await serve((socket, _chunk, _connection, index) => {
      if (index === 0) {
        const pieces = Array.from({ length: 1500 }, (_, number) =>
          number > 0 && key.endsWith('endless') ? message.subarray(message[0] === 0x52 ? 9 : 0) : message,
        );
        socket.write(Buffer.concat([negotiation, ...pieces]));
      }
    });
    const opening = openConnection({ ...settings, sslmode: 'disable', password: 'secret' });
    await expect(opening).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION', cause: { sentence: { key } } });
  });

  it('has a deadline as a whole, whatever the time-outs are', () => {
    expect(loginTimeoutMs({ connectTimeoutMs: 5 })).toBe(5);
    expect(loginTimeoutMs({ inactivityTimeoutMs: 120_000 })).toBe(120_000);
    expect(loginTimeoutMs({ inactivityTimeoutMs: 1000 })).toBe(60_000);
    expect(loginTimeoutMs({})).toBe(600_000);
  });

  it('that is kept going by a byte now and then ends at the deadline', async () => {
    const timers: NodeJS.Timeout[] = [];
    const settings = await serve((socket) => {
      timers.push(setInterval(() => socket.write(frame('S', 'name\0', 'value\0')), 20));
    });
    const slow = { ...settings, sslmode: 'disable', inactivityTimeoutMs: 5000, connectTimeoutMs: 200 } as const;
    await expect(openConnection(slow)).rejects.toMatchObject({ hint: { key: 'connection.time-out-hint' } });
    for (const timer of timers) clearInterval(timer);
  });
});

describe('what a failed connection advises', () => {
  it.each(['end', 'resetAndDestroy'] as const)(
    'pg_hba.conf first when the server hangs up without a word (%s)',
    async (how) => {
      const settings = await serve((socket) => void socket[how]());
      await expect(openConnection({ ...settings, sslmode: 'disable' })).rejects.toMatchObject({
        hint: { key: 'connection.closed-at-login-hint' },
      });
    },
  );

  it('the certificate of the server when TLS is required and not there', async () => {
    const settings = await serve((socket) => void socket.write('N'));
    await expect(openConnection({ ...settings, sslmode: 'require' })).rejects.toMatchObject({
      hint: { key: 'connection.no-tls-hint' },
    });
  });

  it('the name when it has no address', async () => {
    const settings = { host: 'no.such.host.invalid', port: 1, user: 'me' };
    await expect(openConnection(settings)).rejects.toMatchObject({ hint: { key: 'connection.unknown-host-hint' } });
  });
});
