import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { openConnection } from './open-connection.ts';
import { ServerError } from './server-error.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures/opengauss');

/** A login of the raw client: what each side sent, and with which password. */
interface Login {
  readonly name: string;
  readonly version: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly startup: Buffer;
  readonly password: string;
  /** The password message, if one was sent. */
  readonly answer: string | undefined;
  /** What the server said before and after that. */
  readonly request: Buffer;
  readonly outcome: Buffer;
}

function readLogin(name: string): Login {
  const directory = join(fixtures, name);
  const sent = readFileSync(join(directory, 'conn1.c2s.bin'));
  const received = gunzipSync(readFileSync(join(directory, 'conn1.s2c.bin.gz')));
  const startup = sent.subarray(0, sent.readUInt32BE(0));
  const strings = startup.toString('latin1', 8, startup.length - 2).split('\0');
  const parameters = Object.fromEntries(
    strings.flatMap((key, index) => (index % 2 === 0 ? [[key, strings[index + 1] ?? '']] : [])),
  );
  const asked = received[0] === 0x52 && received.readInt32BE(5) !== 0;
  const end = asked ? 1 + received.readUInt32BE(1) : 0;
  const hasAnswer = sent[startup.length] === 0x70;
  const length = hasAnswer ? sent.readUInt32BE(startup.length + 1) : 0;
  return {
    name,
    version: startup.readUInt32BE(4),
    parameters,
    startup,
    password: /password=(\S+)/.exec(readFileSync(join(directory, 'command.txt'), 'utf8'))?.[1] ?? '',
    answer: hasAnswer ? sent.toString('latin1', startup.length + 5, startup.length + length) : undefined,
    request: received.subarray(0, end),
    outcome: received.subarray(end),
  };
}

const logins = readdirSync(fixtures)
  .filter((name) => name.startsWith('auth-') && !name.includes('-tls') && !name.includes('native'))
  .map(readLogin);

/** Opens a connection to a server that says what the recorded one said; also what it was sent. */
async function replay(login: Login) {
  const sent: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (startup) => {
      sent.push(startup);
      socket.write(login.request.length > 0 ? login.request : login.outcome);
      socket.once('data', (answer) => {
        sent.push(answer);
        socket.write(login.outcome);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { user = '', database, replication, ...parameters } = login.parameters;
  try {
    const connection = await openConnection({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      user,
      database,
      replication: replication as 'true' | 'database' | undefined,
      parameters,
      password: login.password,
      sslmode: 'disable',
      dialect: login.version === 0x0003_0033 ? 'detect' : 'opengauss',
      protocolVersion: login.version,
    });
    const seen = new Map(connection.parameters);
    connection.destroy();
    return { sent, parameters: seen, negotiated: connection.negotiated, error: undefined };
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    return { sent, parameters: new Map<string, string>(), negotiated: false, error };
  } finally {
    server.close();
  }
}

function isAccepted({ outcome }: Login): boolean {
  return outcome.subarray(0, 9).equals(Buffer.from('5200000008' + '00000000', 'hex')) && !outcome.includes('SFATAL\0');
}

const accepted = logins.filter(isAccepted);
const refused = logins.filter((login) => !isAccepted(login));
/** Here the password is wrong for the server's signature, which 3.0 shows before the proof: ours is not sent at all. */
const unsigned = refused.filter(({ request }) => request.length === 149);

describe('recorded logins', () => {
  it('are all there', () => {
    expect(accepted.length).toBeGreaterThanOrEqual(18);
    expect(refused.length).toBeGreaterThanOrEqual(12);
    expect(unsigned.map(({ name }) => name)).toContain('auth-wrong-password-30');
  });

  it.each(accepted.map((login) => [login.name, login] as const))(
    '%s succeeds with the recorded bytes',
    async (_name, login) => {
      const { sent, parameters, negotiated, error } = await replay(login);
      expect(error).toBeUndefined();
      expect(sent[0]?.toString('latin1')).toBe(login.startup.toString('latin1'));
      expect(sent[1]?.subarray(5, -1).toString('latin1')).toBe(login.answer);
      expect(parameters.get('server_version')).toBe('9.2.4');
      expect(negotiated).toBe(false);
    },
  );

  it.each(refused.filter((login) => !unsigned.includes(login)).map((login) => [login.name, login] as const))(
    '%s ends in the recorded refusal',
    async (name, login) => {
      const { sent, error } = await replay(login);
      expect(error).toBeInstanceOf(ServerError);
      const text =
        /M([^\0]+)\0/.exec(login.outcome.toString('latin1').slice(login.outcome.indexOf('SFATAL')))?.[1] ?? '';
      expect(error?.message).toContain(`failed: FATAL:  ${text}`);
      expect(error?.code).toBe(name === 'auth-sql-on-ha-port' ? 'SERVER_UNREACHABLE' : 'AUTHENTICATION');
      expect(error?.message).not.toContain(login.password);
      // The recorded client left the iterations out.
      if (!name.endsWith('noiter')) expect(sent[1]?.subarray(5, -1).toString('latin1')).toBe(login.answer);
      else expect(error?.hint?.key).toBe('connection.md5-sha256-hint');
    },
  );

  it.each(unsigned.map((login) => [login.name, login] as const))(
    '%s is found out before a proof is sent',
    async (_name, login) => {
      const { sent, error } = await replay(login);
      expect(error).toMatchObject({
        code: 'AUTHENTICATION',
        message: expect.stringContaining('could not prove') as string,
      });
      expect(sent).toHaveLength(1);
    },
  );
});
