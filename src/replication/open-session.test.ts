import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { fixtureRoot, readConnection } from '../../test/support/opengauss/recordings.ts';
import {
  commandComplete,
  dataRow,
  errorResponse,
  readyForQuery,
  rowDescription,
} from '../../test/support/scripted/messages.ts';
import type { openConnection } from '../connection/open-connection.ts';
import { ServerError } from '../connection/server-error.ts';
import { BackupError } from '../errors/backup-error.ts';
import { render, say } from '../messages/message.ts';
import { openReplicationSession } from './open-session.ts';

const settings = { host: '127.0.0.1', port: 5432, user: 'backup' };
const identifySystem = readConnection(join(fixtureRoot, 'commands/identify_system'), 1).received;
const systemAnswer = Buffer.concat(
  identifySystem.slice(identifySystem.findIndex(({ type }) => type === 'Z') + 1).map(({ bytes }) => bytes),
);
const versionAnswer = Buffer.concat([
  rowDescription([
    { name: 'sversion', oid: 23 },
    { name: 'pversion', oid: 25 },
    { name: 'term', oid: 23 },
  ]),
  dataRow(['90204', 'MPPDB', '0']),
  commandComplete('SELECT'),
  readyForQuery(),
]);
const threadPool = { S: 'ERROR', C: '22023', M: 'replication should connect HA port in thread_pool' };

type Reaction = MemoryConnection | Error;

function opengaussConnection(): MemoryConnection {
  const connection = new MemoryConnection(Buffer.concat([versionAnswer, systemAnswer]));
  connection.parameters.set('server_version', '9.2.4');
  return connection;
}

/** An `openConnection` that reacts in turn and notes where it was asked to go. */
function scripted(...reactions: Reaction[]): { open: typeof openConnection; ports: number[] } {
  const ports: number[] = [];
  const open = (asked: { port: number; replication?: string | undefined }): Promise<never> => {
    ports.push(asked.port);
    expect(asked).toMatchObject({
      replication: 'true',
      database: 'replication',
      parameters: { application_name: 'gs_basebackup' },
    });
    const reaction = reactions[ports.length - 1];
    if (reaction instanceof MemoryConnection) return Promise.resolve(reaction as never);
    return Promise.reject(reaction ?? new Error('one connection too many'));
  };
  return { open: open, ports };
}

describe('openReplicationSession', () => {
  it('recognises openGauss by IDENTIFY_VERSION', async () => {
    const { open, ports } = scripted(opengaussConnection());
    const session = await openReplicationSession(settings, { open });
    expect(session.identity).toMatchObject({ family: 'opengauss', version: undefined });
    expect(session.system.systemIdentifier).toBe('215046882207068335');
    expect(ports).toEqual([5432]);
  });

  it('goes to the HA port when the server says so, and the second session straight there', async () => {
    const { open, ports } = scripted(new ServerError(threadPool), opengaussConnection(), opengaussConnection());
    const attempts: string[] = [];
    const session = await openReplicationSession(settings, { open, onAttempt: (text) => attempts.push(render(text)) });
    await session.openAnother();
    expect(ports).toEqual([5432, 5433, 5433]);
    expect(attempts[1]).toMatch(/thread pool is on.*5433/);
  });

  it.each([
    ['PostgreSQL says it', new ServerError({ ...threadPool, V: 'ERROR' })],
    [
      'the password is wrong',
      new ServerError({ S: 'FATAL', C: '28P01', M: 'Invalid username/password,login denied.' }),
    ],
    ['nobody answers', new BackupError('SERVER_UNREACHABLE', say('connection.closed'))],
  ])('tries no other port when %s', async (_name, error) => {
    const { open, ports } = scripted(error, opengaussConnection());
    await expect(openReplicationSession(settings, { open })).rejects.toMatchObject({ sentence: error.sentence });
    expect(ports).toEqual([5432]);
  });

  it.each([true, false, undefined])(
    'names --ha-port when nobody answered, where that is of use: %s',
    async (isOfUse) => {
      const refused = new BackupError('SERVER_UNREACHABLE', say('connection.closed'), {
        hint: say('connection.tcp-hint'),
      });
      const { open } = scripted(refused);
      const error: unknown = await openReplicationSession(
        { ...settings, advisesReplicationPort: isOfUse },
        { open },
      ).catch((thrown: unknown) => thrown);
      const hint = error instanceof BackupError && error.hint ? render(error.hint) : '';
      if (isOfUse === true) expect(hint).toContain('--ha-port=5433');
      else expect(hint).toMatch(/^Is the server running on that host/);
    },
  );

  it('uses a named HA port only', async () => {
    const { open, ports } = scripted(new ServerError(threadPool), opengaussConnection());
    await expect(openReplicationSession({ ...settings, replicationPort: 7000 }, { open })).rejects.toMatchObject({
      hint: { key: 'refusal.thread-pool' },
    });
    expect(ports).toEqual([7000]);
  });

  it('refuses another instance', async () => {
    const connection = opengaussConnection();
    const { open } = scripted(connection);
    await expect(openReplicationSession(settings, { open, systemIdentifier: '1' })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    expect(connection.closed).toBe('destroyed');
  });

  it('refuses a real PostgreSQL 9.2.4 by name', async () => {
    const syntax = errorResponse({ S: 'ERROR', C: '42601', M: 'syntax error' });
    const connection = new MemoryConnection(Buffer.concat([syntax, readyForQuery()]));
    connection.parameters.set('server_version', '9.2.4');
    const { open } = scripted(connection);
    await expect(openReplicationSession(settings, { open })).rejects.toThrow('PostgreSQL 9.2.4 is not supported');
  });

  it('refuses PostgreSQL 9.6 that negotiates, without asking further', async () => {
    const connection = new MemoryConnection(Buffer.alloc(0));
    connection.parameters.set('server_version', '9.6.24');
    connection.negotiated = true;
    const { open } = scripted(connection);
    await expect(openReplicationSession(settings, { open })).rejects.toThrow('PostgreSQL 9.6.24 is not supported');
    expect(connection.queries).toEqual([]);
  });
});
