import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { fixtureRoot, readConnection } from '../../test/support/opengauss/recordings.ts';
import { setting } from '../../test/support/scripted/backup-messages.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql, type ServerIdentity } from '../server/identity.ts';
import type { AnotherSessionOptions, ReplicationSession } from './open-session.ts';
import { serverRole } from './server-role.ts';

/** A session to a server that gives these answers; `another` is what a second session is told. */
function session(
  identity: ServerIdentity,
  answers: readonly Buffer[],
  another: readonly Buffer[] = [],
): { session: ReplicationSession; connection: MemoryConnection; asked: (AnotherSessionOptions | undefined)[] } {
  const connection = new MemoryConnection(Buffer.concat(answers));
  const asked: (AnotherSessionOptions | undefined)[] = [];
  const second = new MemoryConnection(Buffer.concat(another));
  const openAnother = (options?: AnotherSessionOptions): Promise<ReplicationSession> => {
    asked.push(options);
    return Promise.resolve({ connection: second } as never);
  };
  const capabilities = capabilitiesOf(identity);
  return { session: { connection, capabilities, openAnother } as never, connection, asked };
}

const readOnly = (value: 'on' | 'off'): Buffer => setting('transaction_read_only', value);
const defaultReadOnly = (value: 'on' | 'off'): Buffer => setting('default_transaction_read_only', value);

describe('serverRole', () => {
  it.each([
    ['on', 'standby'],
    ['off', 'primary'],
  ] as const)('PostgreSQL 14 and later: in_hot_standby = %s', async (value, role) => {
    const { session: asked, connection } = session(identifyPostgresql('14.1'), [setting('in_hot_standby', value)]);
    expect(await serverRole(asked)).toBe(role);
    expect(connection.queries).toEqual(['SHOW in_hot_standby']);
  });

  it('PostgreSQL 10 to 13: a transaction that may write', async () => {
    const { session: asked } = session(identifyPostgresql('13.4'), [readOnly('off')]);
    expect(await serverRole(asked)).toBe('primary');
  });

  it('PostgreSQL 10 to 13: a transaction that may not, although it is not the default', async () => {
    const { session: asked } = session(identifyPostgresql('10.4'), [readOnly('on'), defaultReadOnly('off')]);
    expect(await serverRole(asked)).toBe('standby');
  });

  it.each([
    ['off', 'primary'],
    ['on', 'standby'],
  ] as const)('PostgreSQL 10 to 13 with read-only as default: %s without it', async (value, role) => {
    const both = [readOnly('on'), defaultReadOnly('on')];
    const { session: asked, asked: others } = session(identifyPostgresql('11.22'), both, [readOnly(value)]);
    expect(await serverRole(asked)).toBe(role);
    expect(others).toEqual([{ settings: { default_transaction_read_only: 'off' } }]);
  });

  it('openGauss, as recorded', async () => {
    const { received } = readConnection(join(fixtureRoot, 'commands/identify_mode'), 1);
    const ready = received.findIndex((message) => message.type === 'Z');
    const { session: asked, connection } = session(
      identifyOpengauss('5.0.5'),
      received.slice(ready + 1).map(({ bytes }) => bytes),
    );
    expect(await serverRole(asked)).toBe('primary');
    expect(connection.queries).toEqual(['IDENTIFY_MODE']);
  });
});
