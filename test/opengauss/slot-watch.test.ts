import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { openReplicationSession, type ReplicationSession } from '../../src/replication/open-session.ts';
import { SlotWatch } from '../../src/replication/slot-watch.ts';
import { createSlot, dropSlot } from '../../src/replication/slots.ts';

describe('SlotWatch by SQL (openGauss)', () => {
  let server: OpengaussServer;
  let session: ReplicationSession;
  const login = (): { host: string; port: number; user: string; password: string } => ({
    host: '127.0.0.1',
    port: server.sqlPort,
    user: 'backup',
    password: 'Backup@1234',
  });

  beforeAll(async () => {
    server = await startOpengaussServer();
    session = await openReplicationSession(login());
  });
  afterAll(async () => {
    session.connection.destroy();
    await server.stop();
  });

  it('follows a slot over one connection, and opens another when that broke', async () => {
    const watch = new SlotWatch({ settings: login(), session, name: 's1' });
    expect(await watch.ask()).toEqual({ exists: false });
    const fromLsn = parseLsn('0/3000028');
    await createSlot(session.connection, session.capabilities, {
      name: 's1',
      temporary: false,
      reserveWal: true,
      fromLsn,
    });
    const there = { exists: true, active: false, restartLsn: fromLsn, lost: undefined };
    expect(await watch.ask()).toEqual(there);
    const connections = (): Set<number> =>
      new Set(
        server
          .eventsOf('query')
          .filter(({ text }) => String(text).startsWith('SELECT'))
          .map(({ connection }) => connection),
      );
    expect(connections().size).toBe(1);
    server.disconnect([...connections()]);
    // The broken connection is found by asking; nothing is thrown, and the next ask has a new one.
    const states = [await watch.ask(), await watch.ask()];
    expect(states.at(-1)).toEqual(there);
    expect(connections().size).toBe(2);
    await dropSlot(session.connection, session.capabilities, 's1');
    expect(await watch.ask()).toEqual({ exists: false });
    await watch.close();
    expect(await watch.ask()).toEqual({ exists: undefined });
  });

  it('does not try a refused login again', async () => {
    const settings = { ...login(), password: 'wrong' };
    const watch = new SlotWatch({ settings, session, name: 's1' });
    const before = server.wrongPasswords.get('backup') ?? 0;
    for (let ask = 0; ask < 3; ask += 1) expect(await watch.ask()).toEqual({ exists: undefined });
    expect(server.wrongPasswords.get('backup')).toBe(before + 1);
    await watch.close();
  });

  it('tries a server again that does not answer now', async () => {
    const other = await startOpengaussServer();
    const settings = { ...login(), port: other.sqlPort };
    await other.stop();
    const watch = new SlotWatch({ settings, session, name: 's1' });
    expect(await watch.ask()).toEqual({ exists: undefined });
    expect(await watch.ask()).toEqual({ exists: undefined });
    await watch.close();
  });

  it('ends with its signal', async () => {
    const watch = new SlotWatch({ settings: login(), session, name: 's1' });
    const reason = new Error('enough');
    await expect(watch.ask({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await watch.close();
  });

  it('refuses a name before it asks', () => {
    expect(() => new SlotWatch({ settings: login(), session, name: "x'" })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
