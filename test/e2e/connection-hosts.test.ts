/** Several hosts, kinds of servers, services and connection strings: which server a program goes to. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConnections } from '../../src/config/connection-settings.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { openSuitableSession } from '../../src/replication/suitable-session.ts';
import { newTarget, runBackup } from '../support/backups.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const secret = 'S3cret';

forEachServer('full', (version) => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let silent: Server;
  let home: string;

  beforeAll(async () => {
    home = temporaryDirectory();
    primary = await startServer({ version });
    await primary.createReplicationUser('repuser', secret);
    standby = await startStandby(primary);
    await waitForReplay(primary, standby);
    // Takes connections and never answers.
    silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    silent.close();
    await stopAllServers();
  });

  const silentPort = (): number => (silent.address() as AddressInfo).port;
  /** The standby first. */
  const both = (): string => `host=127.0.0.1,127.0.0.1 port=${standby.port},${primary.port} user=postgres`;

  /** The port that a login by these words gets to, or why none. */
  async function led(words: string, env: Record<string, string> = {}): Promise<number | string> {
    try {
      const { connections } = await resolveConnections({ connectionString: words }, { HOME: home, ...env });
      const { session, settings } = await openSuitableSession(connections, (one) => openReplicationSession(one));
      expect(session.endpoint.port).toBe(settings.port);
      await session.connection.close();
      return settings.port;
    } catch (error) {
      // As it is shown: of several hosts a line each.
      return error instanceof Error ? error.message : String(error);
    }
  }

  it('target_session_attrs chooses among several hosts', async () => {
    expect(await led(both())).toBe(standby.port);
    for (const kind of ['any', 'standby', 'prefer-standby', 'read-only']) {
      expect([kind, await led(`${both()} target_session_attrs=${kind}`)]).toEqual([kind, standby.port]);
    }
    for (const kind of ['primary', 'read-write']) {
      expect([kind, await led(`${both()} target_session_attrs=${kind}`)]).toEqual([kind, primary.port]);
      expect(await led(both(), { PGTARGETSESSIONATTRS: kind })).toBe(primary.port);
    }
    const one = (port: number) => `host=127.0.0.1 port=${port} user=postgres`;
    expect(await led(`${one(primary.port)} target_session_attrs=standby`)).toBe(
      `server at "127.0.0.1", port ${primary.port} is not in hot standby mode`,
    );
    expect(await led(`${one(standby.port)} target_session_attrs=read-write`)).toBe(
      `session at "127.0.0.1", port ${standby.port} is read-only`,
    );
    // No standby is there: any will do, in the order given.
    const none = `host=/nonexistent,127.0.0.1 port=${primary.port} user=postgres target_session_attrs=prefer-standby`;
    expect(await led(none)).toBe(primary.port);
  });

  it('a primary whose transactions are read-only by default is a primary, and not one to write to', async () => {
    const options = "options='-c default_transaction_read_only=on'";
    const words = `host=127.0.0.1 port=${primary.port} user=postgres ${options} target_session_attrs=`;
    expect(await led(`${words}primary`)).toBe(primary.port);
    expect(await led(`${words}read-only`)).toBe(primary.port);
    expect(await led(`${words}read-write`)).toContain('is read-only');
  });

  it('a host that is away or silent is passed over, within its own time', async () => {
    const words = `host=127.0.0.1,127.0.0.1,127.0.0.1 port=1,${silentPort()},${primary.port} user=postgres connect_timeout=3`;
    expect(await led(words)).toBe(primary.port);
    const away = `host=127.0.0.1,127.0.0.1 port=1,${silentPort()} user=postgres connect_timeout=3`;
    expect(await led(away)).toMatch(/port 1 failed: Connection refused\n.*port \d+ failed: timeout expired$/s);
    for (const balance of ['random', 'disable']) {
      expect(
        await led(`host=localhost,localhost port=1,${primary.port} user=postgres load_balance_hosts=${balance}`),
      ).toBe(primary.port);
    }
  });

  it('a refused login ends the search, and each host has its own password', async () => {
    await primary.setHba(['host replication all 127.0.0.1/32 md5']);
    const file = join(home, 'passwords');
    const line = (port: number, password: string) => `127.0.0.1:${port}:replication:repuser:${password}\n`;
    const words = `host=127.0.0.1,127.0.0.1 port=${primary.port},${standby.port} user=repuser passfile=${file}`;
    writeFileSync(file, line(primary.port, 'wrong') + line(standby.port, secret));
    chmodSync(file, 0o600);
    const before = standby.log().length;
    expect(await led(words)).toContain('password authentication failed for user "repuser"');
    expect(standby.log().slice(before)).not.toContain('repuser');
    writeFileSync(file, line(primary.port, secret) + line(standby.port, 'wrong'));
    expect(await led(words)).toBe(primary.port);
    // The second look for any server is not a second try of the password: some servers lock an account after a few.
    const refused = (): number => primary.log().split('password authentication failed').length;
    const tries = refused();
    const args = `host=127.0.0.1 port=${primary.port} user=repuser password=wrong target_session_attrs=prefer-standby`;
    const run = await runProgram('gausskeep', ['wal', 'receive', '-D', temporaryDirectory(), '-n', '-d', args], {
      env: { HOME: home },
    });
    expect(run.stderr).toContain('password authentication failed for user "repuser"');
    expect(refused()).toBe(tries + 1);
    await primary.setHba(['host replication all 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 trust']);
  });

  it('gs_basebackup takes the server that fits, by URI or service, with both connections', async () => {
    const target = newTarget();
    const uri = `postgresql://repuser:${secret}@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/?target_session_attrs=primary`;
    const run = await runBackup(primary, ['-D', target, '-w', '-d', uri], { env: { HOME: home, PGPORT: '1' } });
    expect(run).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    expect(readFileSync(join(target, 'backup_label'), 'utf8')).toMatch(/^BACKUP FROM: (?:primary|master)$/m);

    const services = join(home, 'services');
    writeFileSync(
      services,
      `[spare]\nhost=127.0.0.1,127.0.0.1\nport=${primary.port},${standby.port}\ntarget_session_attrs=standby\n`,
    );
    const other = newTarget();
    const env = { HOME: home, PGSERVICEFILE: services, PGUSER: 'postgres' };
    const result = await runProgram(
      'gs_basebackup',
      ['-D', other, '-X', 'fetch', '-c', 'fast', '-d', 'service=spare'],
      { env },
    );
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(join(other, 'backup_label'), 'utf8')).toContain('BACKUP FROM: standby');
    const unknown = await runProgram('gs_basebackup', ['-D', newTarget()], { env: { ...env, PGSERVICE: 'none' } });
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toContain('definition of service "none" not found');
  });

  it('commands about slots and the receiver go there as well', async () => {
    const env = { HOME: home };
    const receive = (...args: string[]) => runProgram('gausskeep', ['wal', 'receive', ...args], { env });
    const kind = `${both()} target_session_attrs`;
    expect(await receive('--create-slot', '-S', 'there', '-d', `${kind}=primary`)).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(await primary.value("select count(*) from pg_replication_slots where slot_name = 'there'")).toBe('1');
    expect(await standby.value("select count(*) from pg_replication_slots where slot_name = 'there'")).toBe('0');
    expect(await receive('--drop-slot', '-S', 'there', '-d', `${kind}=read-write`)).toMatchObject({ status: 0 });
    const refused = await receive(
      '-D',
      temporaryDirectory(),
      '-n',
      '-d',
      `host=127.0.0.1 port=${primary.port} user=postgres target_session_attrs=standby password=${secret}`,
    );
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('is not in hot standby mode');
    expect(refused.stderr).not.toContain(secret);
    // Unless it is told otherwise, it takes the primary; here the standby is what is wanted.
    const end = await primary.value('select pg_current_wal_lsn()::text');
    await primary.sql('create table later ()');
    await waitForReplay(primary, standby);
    const directory = temporaryDirectory();
    const taken = await receive('-D', directory, '-n', '-v', '-E', end, '-d', `${kind}=standby`);
    expect(taken).toMatchObject({ status: 0 });
    expect(taken.stderr).toContain(`127.0.0.1:${standby.port}`);
  });
});
