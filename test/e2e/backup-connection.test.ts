/** How gs_basebackup finds the server and gets in: passwords, prompts, the password file, sockets, TLS, time-outs. */
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  exists,
  expectNothingOnServer,
  newTarget,
  quick,
  runBackup,
  startBackup,
  through,
} from '../support/backups.ts';
import { startProxy, type NetworkProxy } from '../support/network-proxy.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, startProgramOnTerminal, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';
import { forEachServer, serversInFull } from '../support/servers-under-test.ts';

const secret = 'S3cret: \\ µ';
const done = { status: 0, signal: null, stdout: '', stderr: '' };
/** One connection, no WAL to wait for, and no notice about it: what matters here is getting in. */
const short = ['-X', 'fetch'] as const;

forEachServer('full', (version) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ version, config: { ssl: false } });
    const client = await server.client();
    await client.query("set password_encryption = 'md5'");
    await client.query(`create role md5user login replication password '${secret}'`);
    await client.query("set password_encryption = 'scram-sha-256'");
    await client.query(`create role scramuser login replication password '${secret}'`);
    await client.query(`create role plainuser login replication password '${secret}'`);
    await client.query("create role weak login password 'weak'");
    await client.query('create role nohba login replication');
    await server.setHba([
      'host replication md5user 127.0.0.1/32 md5',
      'host replication scramuser 127.0.0.1/32 scram-sha-256',
      'host replication plainuser 127.0.0.1/32 password',
      'host replication weak 127.0.0.1/32 trust',
      'host replication postgres 127.0.0.1/32 trust',
      'host all all 127.0.0.1/32 trust',
    ]);
  });

  /** A backup as `user`, with nothing of ours in the environment but what `env` says. */
  function backupAs(
    user: string,
    env: Record<string, string> = {},
    more: readonly string[] = [],
  ): Promise<ProgramResult> {
    const args = ['-D', newTarget(), ...short, '-w', '-U', user, ...more];
    return runBackup(server, args, { env: { HOME: temporaryDirectory(), ...env } });
  }

  function passwordFile(lines: readonly string[], mode = 0o600): string {
    const path = join(temporaryDirectory(), 'pgpass');
    writeFileSync(path, `${lines.join('\n')}\n`);
    chmodSync(path, mode);
    return path;
  }

  const escaped = secret.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

  describe('passwords', () => {
    it.each(['md5user', 'scramuser', 'plainuser'])('%s gets in with PGPASSWORD', async (user) => {
      expect(await backupAs(user, { PGPASSWORD: secret })).toEqual(done);
    });

    it.each(['md5user', 'scramuser', 'plainuser'])(
      '%s is refused with a wrong one, asked once (BB-45)',
      async (user) => {
        const before = server.log().length;
        const result = await backupAs(user, { PGPASSWORD: 'wrong one' });
        expect(result).toMatchObject({ status: 1, stdout: '' });
        expect(result.stderr).toContain(`password authentication failed for user "${user}"`);
        expect(result.stderr).not.toContain('wrong one');
        const failures = server.log().slice(before).split('password authentication failed').length - 1;
        expect(failures).toBe(1);
      },
    );

    it('come from the password file, the first line that fits (BB-45)', async () => {
      const fitting = `${server.host}:${server.port}:replication:scramuser:${escaped}`;
      const wrong = `${server.host}:${server.port}:replication:scramuser:wrong`;
      const others = ['# comment', 'other:*:*:*:wrong', '*:1:*:*:wrong', '*:*:postgres:*:wrong', '*:*:*:other:wrong'];
      for (const lines of [[fitting], [...others, fitting], [`*:*:*:*:${escaped}`], [fitting, wrong]]) {
        expect(await backupAs('scramuser', { PGPASSFILE: passwordFile(lines) })).toEqual(done);
      }
      const path = passwordFile([wrong, fitting]);
      const refused = await backupAs('scramuser', { PGPASSFILE: path });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('password authentication failed for user "scramuser"');
      expect(refused.stderr).toContain(path);

      const home = temporaryDirectory();
      writeFileSync(join(home, '.pgpass'), `${fitting}\n`, { mode: 0o600 });
      expect(await backupAs('scramuser', { HOME: home })).toEqual(done);
    });

    it('of a file that others may read are ignored with a warning', async () => {
      const path = passwordFile([`*:*:*:*:${escaped}`], 0o640);
      const result = await backupAs('scramuser', { PGPASSFILE: path });
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain(
        `gs_basebackup: warning: password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
      );
      expect(result.stderr).toContain('no password supplied');
    });

    it('that are missing are never asked for with -w', async () => {
      const result = await backupAs('scramuser');
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain('fe_sendauth: no password supplied');
    });
  });

  describe('on a terminal', () => {
    const environment = (): Record<string, string> => ({ ...server.environment(), HOME: temporaryDirectory() });

    it.each([[['-W']], [[]]])('the password is asked for once, without echo: %j', async (flags) => {
      const target = newTarget();
      const args = [...quick, '-D', target, ...short, '-U', 'scramuser', ...flags];
      const program = startProgramOnTerminal('gs_basebackup', args, { env: environment() });
      await program.output(/Password: /);
      program.stdin.write(`${secret}\r`);
      const result = await program.result;
      expect(result.status).toBe(0);
      expect(result.stdout).toBe('Password: \r\n');
      expect(exists(join(target, 'PG_VERSION'))).toBe(true);
    });

    it('a wrong one is refused, not asked for again, not shown', async () => {
      const args = [...quick, '-D', newTarget(), ...short, '-U', 'scramuser'];
      const program = startProgramOnTerminal('gs_basebackup', args, { env: environment() });
      await program.output(/Password: /);
      program.stdin.write('not this one\r');
      const result = await program.result;
      expect(result.status).toBe(1);
      expect(result.stdout.match(/Password: /g)).toHaveLength(1);
      expect(result.stdout).toContain('password authentication failed for user "scramuser"');
      expect(result.stdout).not.toContain('not this one');
    });

    it('-W asks before connecting, and Ctrl-C ends it', async () => {
      const env = { PGHOST: '127.0.0.1', PGPORT: '1', HOME: temporaryDirectory() };
      const program = startProgramOnTerminal('gs_basebackup', ['-D', newTarget(), '-W'], { env });
      await program.output(/Password: /);
      program.stdin.write('\x03');
      const result = await program.result;
      expect(result.status).toBe(1);
      expect(result.stdout).not.toContain('connection to server');
    });

    it('progress is shown in place, with rate and the time left', async () => {
      const args = [...quick, '-D', newTarget(), '-P'];
      const { stdout, status } = await startProgramOnTerminal('gs_basebackup', args, { env: environment() }).result;
      expect(status).toBe(0);
      expect(stdout).toMatch(/\r\[\S*#\S*\] \d+\/\d+ kB \(100%\), 1\/1 tablespace +\S+ [kMG]?B\/s, \S+ left/);
      expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    });
  });

  describe('what the server refuses has its own message (BB-45)', () => {
    it('no replication attribute', async () => {
      const result = await backupAs('weak');
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toMatch(/must be superuser or replication role|permission denied to start WAL sender/);
      expect(result.stderr).toContain('ALTER ROLE "weak" REPLICATION;');
    });

    it('no line in pg_hba.conf', async () => {
      const result = await backupAs('nohba');
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain('no pg_hba.conf entry for replication connection from host "127.0.0.1"');
      expect(result.stderr).toMatch(/hint: .*host\s+replication\s+nohba/);
    });

    it('an unknown role', async () => {
      const result = await backupAs('nobodyatall', { PGPASSWORD: 'x' });
      expect(result.status).toBe(1);
      expect(result.stderr).toMatch(/no pg_hba.conf entry|does not exist/);
    });
  });

  describe('where the server is', () => {
    it('a Unix socket, by -h, by PGHOST', async () => {
      const { socketDirectory } = server;
      expect(await backupAs('postgres', {}, ['-h', socketDirectory])).toEqual(done);
      expect(await backupAs('postgres', { PGHOST: socketDirectory })).toEqual(done);
      const missing = await backupAs('postgres', {}, ['-h', '/nonexistent']);
      expect(missing).toMatchObject({ status: 1, stdout: '' });
      expect(missing.stderr).toContain(
        `connection to server on socket "/nonexistent/.s.PGSQL.${server.port}" failed: `,
      );
    });

    it('options win over the environment; a name, an address and PGHOSTADDR lead there', async () => {
      const wrong = { PGHOST: '/nonexistent', PGPORT: '1', PGUSER: 'nobodyatall' };
      const options = ['-h', server.host, '-p', String(server.port)];
      expect(await backupAs('postgres', wrong, options)).toEqual(done);
      expect(await backupAs('postgres', { PGHOST: 'localhost' })).toEqual(done);
      expect(await backupAs('postgres', { PGHOST: 'no.such.host.invalid', PGHOSTADDR: '127.0.0.1' })).toEqual(done);
    });

    it('the application name is ours, or that of PGAPPNAME', async () => {
      await server.sql('alter system set log_connections = on');
      await server.sql('alter system set log_replication_commands = on');
      await server.sql('select pg_reload_conf()');
      await server.waitFor("select current_setting('log_replication_commands')::bool");
      const seen = async (env: Record<string, string>): Promise<string> => {
        const before = server.log().length;
        expect(await backupAs('postgres', env)).toEqual(done);
        return server.log().slice(before);
      };
      expect(await seen({})).toContain('gs_basebackup LOG:  received replication command: BASE_BACKUP');
      expect(await seen({ PGAPPNAME: 'nightly' })).toContain('nightly LOG:  received replication command: BASE_BACKUP');
    });

    it('nobody listens there, the name is unknown', async () => {
      const refused = await backupAs('postgres', { PGPORT: '1' });
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toMatch(/connection to server at "127.0.0.1".*, port 1 failed: Connection refused\n/);
      const unknown = await backupAs('postgres', { PGHOST: 'no.such.host.invalid' });
      expect(unknown.status).toBe(1);
      expect(unknown.stderr).toContain('could not translate host name "no.such.host.invalid" to address');
      expect((await backupAs('postgres', { PGSSLMODE: 'sometimes' })).stderr).toContain(
        'invalid sslmode value: "sometimes"',
      );
      expect((await backupAs('postgres', { PGCONNECT_TIMEOUT: 'x' })).stderr).toContain('connect_timeout');
    });

    it('PGCONNECT_TIMEOUT ends the wait for a server that does not answer', async () => {
      const silent = createServer();
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      const result = await backupAs('postgres', { PGPORT: String(port), PGCONNECT_TIMEOUT: '1' });
      silent.close();
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain(`port ${port} failed: timeout expired`);
    });
  });

  describe('TLS', () => {
    it('is not there: disable, allow and prefer do without, require fails', async () => {
      for (const PGSSLMODE of ['disable', 'allow', 'prefer']) {
        expect(await backupAs('postgres', { PGSSLMODE })).toEqual(done);
      }
      const result = await backupAs('postgres', { PGSSLMODE: 'require' });
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain('server does not support SSL, but SSL was required');
    });

    it('is there: every mode does what it says; verification is in connection-tls.test.ts', async () => {
      for (const name of ['server.crt', 'server.key']) {
        const copy = join(server.dataDirectory, name);
        copyFileSync(join(projectRoot, 'test', 'fixtures', 'tls', name), copy);
        chmodSync(copy, 0o600);
        giveToServerUser(copy);
      }
      await server.restart('fast', { settings: { ssl: true, log_connections: true } });
      const usesTls = async (PGSSLMODE: string, more: readonly string[] = []): Promise<boolean> => {
        const before = server.log().length;
        expect(await backupAs('scramuser', { PGSSLMODE, PGPASSWORD: secret }, more)).toEqual(done);
        const lines = server.log().slice(before).split('\n');
        const authorised = lines.filter((line) => line.includes('connection authorized: user=scramuser'));
        expect(authorised.length).toBeGreaterThan(0);
        return authorised.every((line) => line.includes('SSL enabled'));
      };
      expect(await usesTls('disable')).toBe(false);
      expect(await usesTls('allow')).toBe(false);
      expect(await usesTls('prefer')).toBe(true);
      expect(await usesTls('require')).toBe(true);
      // Both connections of a streaming backup.
      expect(await usesTls('require', ['-X', 'stream'])).toBe(true);
      await server.setHba(['hostssl replication all 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 trust']);
      expect(await usesTls('allow')).toBe(true);
      const refused = await backupAs('scramuser', { PGSSLMODE: 'disable', PGPASSWORD: secret });
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('no pg_hba.conf entry for replication connection');
      expect(refused.stderr).toMatch(/hint: .*hostssl.*PGSSLMODE=require/);
      const unverified = await backupAs('scramuser', { PGSSLMODE: 'verify-full', PGPASSWORD: secret });
      expect(unverified.status).toBe(1);
      expect(unverified.stderr).toContain('/.postgresql/root.crt" does not exist');
    });
  });
});

// One generation is enough: nothing here depends on the version.
const newest = serversInFull().at(-1);

describe.each(newest === undefined ? [] : [newest])('a network that goes silent, PostgreSQL %i', (version) => {
  let proxy: NetworkProxy | undefined;
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startServer({ version });
    await server.sql("create table kept as select i, repeat('x', 500) as filler from generate_series(1, 20000) i");
  });
  afterEach(async () => {
    await proxy?.close();
  });
  afterAll(async () => {
    await stopAllServers();
  });

  it.each([
    ['before the first answer', 0, 1],
    ['in the login', 20, 1],
    ['in the archives', 1_000_000, 1],
    ['in the WAL stream', 700, 2],
  ])('%s ends in an error, not in a hang', async (_where, afterBytes, connection) => {
    proxy = await startProxy(server, { fromServer: { kind: 'stall', afterBytes }, connections: [connection] });
    const target = newTarget();
    const result = await runBackup(through(proxy), ['-D', target, '-t', '1', '-s', '1']);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('no data came from the server for 1 s');
    expect(exists(target)).toBe(false);
    await proxy.close();
    await expectNothingOnServer(server);
  });

  it('an idle WAL stream is not a silent one, though the time-out is shorter than the status interval', async () => {
    const target = newTarget();
    const result = await runBackup(server, ['-D', target, '-t', '1', '-r', '10M']);
    expect(result).toEqual(done);
  });

  it('a checkpoint that takes long is no silence; a line says what is waited for', async () => {
    const pid = Number(await server.value("select pid from pg_stat_activity where backend_type = 'checkpointer'"));
    process.kill(pid, 'SIGSTOP');
    const program = startBackup(server, ['-D', newTarget(), '-t', '1']);
    await program.output(/^gs_basebackup: waiting for the checkpoint of the server \(10 s\)$/m);
    process.kill(pid, 'SIGCONT');
    const result = await program.result;
    expect(result).toMatchObject({ status: 0, stdout: '' });
  });

  it('nor is the wait for the archiver at the end', async () => {
    const go = join(temporaryDirectory(), 'go');
    // One call that waits: after three failed ones the archiver rests for a minute.
    const archive_command = `until test -f ${go}; do sleep 0.1; done`;
    await server.restart('fast', { settings: { archive_mode: 'on', archive_command } });
    const program = startBackup(server, ['-D', newTarget(), '-t', '1', '-X', 'none']);
    await program.output(/^gs_basebackup: waiting for the server to end the backup and archive its WAL \(\d+ s\)$/m);
    writeFileSync(go, '');
    expect(await program.result).toMatchObject({ status: 0, stdout: '' });
  });

  it('a bad -p is told before anything else', async () => {
    const result = await runProgram('gs_basebackup', ['-D', newTarget(), '-p', '0']);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('invalid port number: "0"');
  });
});
