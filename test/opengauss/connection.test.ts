/** Connection settings of libpq where openGauss has its own way: its methods of logging in, its roles, its port for replication. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConnections } from '../../src/config/connection-settings.ts';
import { reasonOf } from '../../src/errors/backup-error.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { openSuitableSession } from '../../src/replication/suitable-session.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { projectRoot } from '../support/project.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';

let primary: OpengaussServer;
let standby: OpengaussServer;
let encrypted: OpengaussServer;
const workspace = new Workspace();
const file = (name: string): string => join(projectRoot, 'test', 'fixtures', 'tls', 'verify', name);

beforeAll(async () => {
  primary = await startOpengaussServer({ mode: 2 });
  standby = await startOpengaussServer({ mode: 3 });
  const [key, cert] = [readFileSync(file('good.key'), 'utf8'), readFileSync(file('good.crt'), 'utf8')];
  encrypted = await startOpengaussServer({ tls: { key, cert } });
});
afterAll(async () => {
  await Promise.all([primary.stop(), standby.stop(), encrypted.stop()]);
  workspace.remove();
});

async function led(words: string): Promise<number | string> {
  try {
    const connectionString = `user=backup password=Backup@1234 ${words}`;
    const { connections } = await resolveConnections({ connectionString }, { HOME: workspace.path });
    const { session, settings } = await openSuitableSession(connections, (one) =>
      openReplicationSession({ ...one, parameters: { application_name: 'gs_basebackup' } }),
    );
    session.connection.destroy();
    return settings.port;
  } catch (error) {
    return reasonOf(error);
  }
}

it('require_auth names the ways of openGauss, and none of PostgreSQL is taken for one of them', async () => {
  const there = `host=127.0.0.1 port=${primary.sqlPort}`;
  expect(await led(`${there} require_auth=sha256`)).toBe(primary.sqlPort);
  expect(await led(`${there} require_auth=!md5,!none`)).toBe(primary.sqlPort);
  expect(await led(`${there} require_auth=scram-sha-256`)).toContain('server requested a sha256 password');
  expect(await led(`${there} require_auth=sm3`)).toContain('server requested a sha256 password');
  expect(await led(`${there} channel_binding=require`)).toContain("not supported by server's authentication request");
});

it('target_session_attrs goes by the role that the server tells', async () => {
  const both = `host=127.0.0.1,127.0.0.1 port=${standby.sqlPort},${primary.sqlPort}`;
  for (const kind of ['any', 'standby', 'prefer-standby', 'read-only']) {
    expect([kind, await led(`${both} target_session_attrs=${kind}`)]).toEqual([kind, standby.sqlPort]);
  }
  for (const kind of ['primary', 'read-write']) {
    expect([kind, await led(`${both} target_session_attrs=${kind}`)]).toEqual([kind, primary.sqlPort]);
  }
});

it('its certificate is verified before it is told who comes; binding the login to it is what it cannot', async () => {
  const words = `host=localhost hostaddr=127.0.0.1 port=${encrypted.sqlPort} sslmode=verify-full`;
  expect(await led(`${words} sslrootcert=${file('other-ca.crt')}`)).toContain('SSL error: ');
  const elsewhere = words.replace('host=localhost', 'host=db.example.com');
  expect(await led(`${elsewhere} sslrootcert=${file('ca.crt')}`)).toContain(
    'does not match host name "db.example.com"',
  );
  expect(encrypted.eventsOf('startup')).toEqual([]);
  expect(await led(`${words} sslrootcert=${file('ca.crt')} channel_binding=require`)).toContain(
    'channel binding required',
  );
  expect(encrypted.eventsOf('password')).toEqual([]);
  expect(await led(`${words} sslrootcert=${file('ca.crt')} require_auth=sha256`)).toBe(encrypted.sqlPort);
});

it('every mode keeps its promise: encrypted or not, the right authority, the right name, a certificate in date', async () => {
  const there = (server: OpengaussServer) => `host=localhost hostaddr=127.0.0.1 port=${server.sqlPort}`;
  const ca = `sslrootcert=${file('ca.crt')}`;
  const otherCa = `sslrootcert=${file('other-ca.crt')}`;
  const asked = async (server: OpengaussServer, words: string): Promise<string> => {
    const result = await led(`${there(server)} ${words}`);
    if (result !== server.sqlPort) return String(result);
    return server.eventsOf('startup').at(-1)?.['tls'] === true ? 'encrypted' : 'in plain';
  };
  for (const [words, expected] of [
    ['sslmode=disable', 'in plain'],
    ['sslmode=allow', 'in plain'],
    ['sslmode=prefer', 'encrypted'],
    ['sslmode=require', 'encrypted'],
    // With authorities at hand `require` is as strict as `verify-ca`, as it is with libpq.
    [`sslmode=require ${ca}`, 'encrypted'],
    [`sslmode=verify-ca ${ca}`, 'encrypted'],
    [`sslmode=verify-full ${ca}`, 'encrypted'],
  ] as const)
    expect([words, await asked(encrypted, words)]).toEqual([words, expected]);
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    expect(await asked(encrypted, `sslmode=${mode} ${otherCa}`)).toMatch(/SSL error: .*certificate/);
  for (const mode of ['disable', 'allow', 'prefer'])
    expect([mode, await asked(primary, `sslmode=${mode} ${ca}`)]).toEqual([mode, 'in plain']);
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    expect(await asked(primary, `sslmode=${mode} ${ca}`)).toContain('server does not support SSL');
  const [key, cert] = [readFileSync(file('expired.key'), 'utf8'), readFileSync(file('expired.crt'), 'utf8')];
  const expired = await startOpengaussServer({ tls: { key, cert } });
  try {
    for (const mode of ['verify-ca', 'verify-full'])
      expect(await asked(expired, `sslmode=${mode} ${ca}`)).toContain('certificate has expired');
    expect(expired.eventsOf('startup')).toEqual([]);
  } finally {
    await expired.stop();
  }
});
