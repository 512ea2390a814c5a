/** Connection settings of libpq where openGauss has its own way: its methods of logging in, its roles, its port for replication. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConnections } from '../../src/config/connection-settings.ts';
import { reasonOf } from '../../src/errors/backup-error.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { openSuitableSession } from '../../src/replication/suitable-session.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';

let primary: OpengaussServer;
let standby: OpengaussServer;
const workspace = new Workspace();

beforeAll(async () => {
  primary = await startOpengaussServer({ mode: 2 });
  standby = await startOpengaussServer({ mode: 3 });
});
afterAll(async () => {
  await Promise.all([primary.stop(), standby.stop()]);
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
