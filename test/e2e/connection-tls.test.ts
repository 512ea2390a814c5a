/** What each sslmode promises of the server's certificate, client certificates, channel binding and require_auth, on a real server. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConnections } from '../../src/config/connection-settings.ts';
import { reasonOf } from '../../src/errors/backup-error.ts';
import { openReplicationSession } from '../../src/replication/open-session.ts';
import { openSuitableSession } from '../../src/replication/suitable-session.ts';
import { newTarget, runBackup } from '../support/backups.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import {
  serverDirectory,
  startFrom,
  startServer,
  stopAllServers,
  type PostgresServer,
} from '../support/postgres/server.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';
import { serversInFull } from '../support/servers-under-test.ts';

const newest = serversInFull().at(-1);
const files = join(projectRoot, 'test', 'fixtures', 'tls', 'verify');
const file = (name: string): string => join(files, name);
const done = { status: 0, signal: null, stdout: '', stderr: '' };
const secret = 'S3cret µ';
const rules = [
  'hostssl replication certuser 127.0.0.1/32 cert',
  'host replication scramuser 127.0.0.1/32 scram-sha-256',
  'host replication md5user 127.0.0.1/32 md5',
  'host replication postgres 127.0.0.1/32 trust',
];
const settings = { ssl: true, ssl_ca_file: 'client-ca.crt', log_connections: true };
const ca = `sslrootcert=${file('ca.crt')}`;

describe.each(newest === undefined ? [] : [newest])('TLS, PostgreSQL %i', (version) => {
  let server: PostgresServer;
  let home: string;

  beforeAll(async () => {
    home = temporaryDirectory();
    server = await startServer({ version, config: { ssl: false } });
    const client = await server.client();
    await client.query("set password_encryption = 'scram-sha-256'");
    await client.query(`create role scramuser login replication password '${secret}'`);
    await client.query("set password_encryption = 'md5'");
    await client.query(`create role md5user login replication password '${secret}'`);
    await client.query('create role certuser login replication');
    copyIn('ca.crt', 'client-ca.crt');
    await server.setHba(rules);
    await serve('good');
  });
  afterAll(stopAllServers);

  function copyIn(from: string, to: string): void {
    const copy = join(server.dataDirectory, to);
    copyFileSync(file(from), copy);
    chmodSync(copy, 0o600);
    giveToServerUser(copy);
  }

  /** The server has the certificate `name` from now on; no restart is needed after the first time. */
  async function serve(name: string): Promise<void> {
    copyIn(`${name}.crt`, 'server.crt');
    copyIn(`${name}.key`, 'server.key');
    if (!(await server.value('show ssl')).startsWith('on')) {
      await server.restart('fast', { settings });
      return;
    }
    const before = await server.value('select pg_conf_load_time()::text');
    await server.sql('select pg_reload_conf()');
    await server.waitFor(`select pg_conf_load_time() > '${before}'`);
  }

  /** What a login by these words comes to, in this process: a replication session that is closed again, or why there is none. */
  async function login(words: string, env: Record<string, string> = {}): Promise<string> {
    try {
      const environment = { HOME: home, ...server.environment(), ...env };
      const { connections } = await resolveConnections({ connectionString: words }, environment);
      const { session } = await openSuitableSession(connections, (settings) => openReplicationSession(settings));
      await session.connection.close();
      return 'in';
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Refused with this sentence, and nobody came further than the handshake. */
  async function expectRefused(words: string, sentence: string | RegExp): Promise<void> {
    const before = server.log().length;
    expect(await login(words)).toMatch(sentence);
    expect(server.log().slice(before)).not.toContain('connection authorized');
  }

  it('a backup verifies over both of its connections, and says why not', async () => {
    const words = (host: string) =>
      `user=scramuser password='${secret}' host=${host} hostaddr=127.0.0.1 sslmode=verify-full channel_binding=require ${ca}`;
    const run = (host: string, more: readonly string[] = []) =>
      runBackup(server, ['-D', newTarget(), '-w', '-d', words(host), ...more], { env: { HOME: home } });
    expect(await run('localhost')).toEqual(done);
    const before = server.log().length;
    const refused = await run('db.example.com');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('does not match host name "db.example.com"');
    expect(refused.stderr).not.toContain(secret);
    expect(server.log().slice(before)).not.toContain('connection authorized');
    // Without quotes around the whole string, the password is a word of its own.
    const torn = await runBackup(server, ['-D', newTarget(), '-d', 'host=localhost', `password=${secret}`]);
    expect(torn).toMatchObject({ status: 1, stdout: '' });
    expect(torn.stderr).toContain('too many command-line arguments');
    expect(torn.stderr).not.toContain(secret);
    const told = await run('localhost', [
      '-v',
      '-X',
      'none',
      '-d',
      `${words('localhost')} keepalives_count=3 gssencmode=prefer`,
    ]);
    expect(told.stderr).toContain('gs_basebackup: connection option keepalives_count has no effect here');
    expect(told.stderr).toContain('connection option gssencmode=prefer has no effect here');
    expect(told.stderr).not.toContain(secret);
  });

  it('a refusal with TLS and one without are both told, and the advice is not TLS', async () => {
    const args = ['-D', newTarget(), '-w', '-d', 'host=localhost user=nohba'];
    for (const mode of ['prefer', 'allow']) {
      const { status, stderr } = await runBackup(server, args, { env: { HOME: home, PGSSLMODE: mode } });
      expect(status).toBe(1);
      expect(stderr).toMatch(/entry for replication .*(?:SSL encryption|SSL on)$/m);
      expect(stderr).toMatch(/entry for replication .*(?:no encryption|SSL off)$/m);
      expect(stderr).toContain('hint: Add the line "host replication nohba 127.0.0.1/32');
    }
  });

  it('is there or not as the mode says: with a server that has TLS, with one that demands it, with one that has none', async () => {
    const encrypted = async (words: string): Promise<boolean | string> => {
      const before = server.log().length;
      const result = await login(words);
      const lines = server
        .log()
        .slice(before)
        .match(/connection authorized: .*/g);
      return result === 'in' ? (lines?.at(-1)?.includes('SSL enabled') ?? 'not logged') : result;
    };
    const trusted = 'host=localhost user=postgres';
    const demanded = `host=localhost user=demanded password='${secret}'`;
    await server.sql(`create role demanded login replication password '${secret}'`);
    await server.setHba([
      'hostssl replication demanded 127.0.0.1/32 md5',
      'host replication postgres 127.0.0.1/32 trust',
    ]);
    for (const mode of ['prefer', 'require'])
      expect([mode, await encrypted(`${trusted} sslmode=${mode}`)]).toEqual([mode, true]);
    for (const mode of ['disable', 'allow'])
      expect([mode, await encrypted(`${trusted} sslmode=${mode}`)]).toEqual([mode, false]);
    expect(await encrypted(`${demanded} sslmode=allow`)).toBe(true);
    expect(await encrypted(`${demanded} sslmode=disable`)).toMatch(/no pg_hba.conf entry .*(?:no encryption|SSL off)/);
    await server.restart('fast', { settings: { ...settings, ssl: false } });
    for (const mode of ['disable', 'allow', 'prefer'])
      expect([mode, await encrypted(`${trusted} sslmode=${mode}`)]).toEqual([mode, false]);
    for (const mode of ['require', 'verify-ca', 'verify-full'])
      await expectRefused(`${trusted} sslmode=${mode} ${ca}`, 'server does not support SSL');
    await server.restart('fast', { settings });
    await server.setHba(rules);
  });

  it('a certificate of the authority for the name is taken by every mode', async () => {
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      expect(await login(`host=localhost sslmode=${mode} ${ca}`)).toBe('in');
    }
    // An address by the addresses of the certificate; a name that hostaddr leads elsewhere.
    expect(await login(`host=127.0.0.1 sslmode=verify-full ${ca}`)).toBe('in');
    expect(await login(`host=localhost hostaddr=127.0.0.1 sslmode=verify-full ${ca}`)).toBe('in');
  });

  it('another name fails verify-full only', async () => {
    const elsewhere = 'host=db.example.com hostaddr=127.0.0.1';
    await expectRefused(
      `${elsewhere} sslmode=verify-full ${ca}`,
      'server certificate for "localhost" (and 2 other names) does not match host name "db.example.com"',
    );
    expect(await login(`${elsewhere} sslmode=verify-ca ${ca}`)).toBe('in');
    await serve('wrong-host');
    await expectRefused(
      `host=localhost sslmode=verify-full ${ca}`,
      /"db\.example\.org" \(and 2 other names\) does not match/,
    );
    expect(await login(`host=a.pool.example.org hostaddr=127.0.0.1 sslmode=verify-full ${ca}`)).toBe('in');
    await serve('common-name');
    expect(await login(`host=localhost sslmode=verify-full ${ca}`)).toBe('in');
  });

  it('an authority that is not ours is refused by every mode that has a file of authorities', async () => {
    await serve('other');
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      await expectRefused(`host=localhost sslmode=${mode} ${ca}`, /SSL error: .*certificate/);
    }
    expect(await login('host=localhost sslmode=require')).toBe('in');
    await serve('good');
    await expectRefused(`host=localhost sslmode=verify-ca sslrootcert=${file('other-ca.crt')}`, /SSL error/);
  });

  it('a certificate out of date, and one that was revoked', async () => {
    await serve('expired');
    await expectRefused(`host=localhost sslmode=verify-ca ${ca}`, /SSL error: certificate has expired/);
    await serve('revoked');
    expect(await login(`host=localhost sslmode=verify-full ${ca}`)).toBe('in');
    await expectRefused(`host=localhost sslmode=verify-full ${ca} sslcrl=${file('ca.crl')}`, /certificate revoked/);
    const directory = join(home, 'crls');
    mkdirSync(directory);
    copyFileSync(file('ca.crl'), join(directory, '0a1b2c3d.r0'));
    await expectRefused(`host=localhost sslmode=verify-ca ${ca} sslcrldir=${directory}`, /certificate revoked/);
    await serve('good');
    expect(await login(`host=localhost sslmode=verify-full ${ca} sslcrl=${file('ca.crl')}`)).toBe('in');
    await expectRefused(`host=localhost sslmode=verify-ca ${ca} sslcrl=${home}/none.crl`, 'none.crl": No such file');
  });

  it('authorities are in ~/.postgresql unless they are named, or those of the system', async () => {
    await expectRefused(
      'host=localhost sslmode=verify-full',
      `root certificate file "${home}/.postgresql/root.crt" does not exist`,
    );
    const other = temporaryDirectory();
    mkdirSync(join(other, '.postgresql'));
    copyFileSync(file('ca.crt'), join(other, '.postgresql', 'root.crt'));
    expect(await login('host=localhost', { HOME: other, PGSSLMODE: 'verify-full' })).toBe('in');
    copyFileSync(file('other-ca.crt'), join(other, '.postgresql', 'root.crt'));
    expect(await login('host=localhost sslmode=require', { HOME: other })).toContain('SSL error');

    const system = { SSL_CERT_FILE: file('ca.crt') };
    expect(await login('host=localhost sslrootcert=system', system)).toBe('in');
    const elsewhere = await login('host=x.example hostaddr=127.0.0.1 sslrootcert=system', system);
    expect(elsewhere).toContain('does not match host name "x.example"');
    const weak = await login('host=localhost sslrootcert=system sslmode=verify-ca', system);
    expect(weak).toContain('weak sslmode "verify-ca" may not be used with sslrootcert=system');
    const unknown = await login('host=localhost sslrootcert=system', { SSL_CERT_FILE: file('other-ca.crt') });
    expect(unknown).toContain('SSL error');
  });

  it('the client has a certificate and a key that only its owner can read', async () => {
    const key = join(home, 'client.key');
    copyFileSync(file('client.key'), key);
    chmodSync(key, 0o600);
    const own = `host=localhost user=certuser sslmode=verify-full ${ca} sslcert=${file('client.crt')}`;
    expect(await login(`${own} sslkey=${key}`)).toBe('in');
    const without = await login(`host=localhost user=certuser sslmode=require`);
    expect(without).toContain('connection requires a valid client certificate');
    expect(await login(`${own} sslkey=${key} sslcertmode=disable`)).toContain('valid client certificate');

    await expectRefused(
      `${own} sslkey=${home}/none.key`,
      `certificate present, but not private key file "${home}/none.key"`,
    );
    await expectRefused(`${own} sslkey=${home}`, `private key file "${home}" is not a regular file`);
    chmodSync(key, 0o644);
    await expectRefused(`${own} sslkey=${key}`, `private key file "${key}" has group or world access`);
    const another = join(home, 'another.key');
    copyFileSync(file('good.key'), another);
    chmodSync(another, 0o600);
    await expectRefused(`${own} sslkey=${another}`, 'does not match private key file');

    const locked = join(home, 'locked.key');
    copyFileSync(file('client-locked.key'), locked);
    chmodSync(locked, 0o600);
    expect(await login(`${own} sslkey=${locked} sslpassword=locked`)).toBe('in');
    for (const words of ['', 'sslpassword=Wr0ng'] as const) {
      const result = await login(`${own} sslkey=${locked} ${words}`);
      expect(result).toContain('sslpassword is missing or wrong');
      expect(result).not.toContain('Wr0ng');
    }
  });

  it('versions of the protocol have bounds, and TLS can come first', async () => {
    for (const words of ['ssl_max_protocol_version=TLSv1.2', 'ssl_min_protocol_version=TLSv1.3']) {
      expect(await login(`host=localhost sslmode=verify-full ${ca} ${words}`)).toBe('in');
    }
    const args = 'ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2';
    expect(await login(args)).toContain('invalid SSL protocol version range');
    const direct = `host=localhost sslmode=verify-full sslnegotiation=direct ${ca}`;
    if (version >= 17) expect(await login(direct)).toBe('in');
    else {
      const { stderr } = await runBackup(server, ['-D', newTarget(), '-d', direct], { env: { HOME: home } });
      expect(stderr).toMatch(/failed: SSL error: .*\n.*hint: sslnegotiation=direct needs PostgreSQL 17/);
    }
    expect(await login('sslnegotiation=direct')).toContain('weak sslmode "prefer" may not be used');
  });

  it('bytes in plain behind the answer about TLS are not taken for encrypted ones', async () => {
    const injecting = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(Buffer.from('SE\0\0\0\x08evil', 'latin1')));
    });
    await new Promise<void>((resolve) => injecting.listen(0, '127.0.0.1', resolve));
    const { port } = injecting.address() as AddressInfo;
    const result = await login(`host=localhost port=${port} sslmode=verify-full ${ca}`);
    injecting.close();
    expect(result).toContain('received unencrypted data after SSL response');
  });

  it('-R hands on how the connection was made: several hosts, verification, certificate of the client, rules of the login', async () => {
    const place = serverDirectory('standby-files');
    for (const name of ['ca.crt', 'client.crt', 'client.key']) {
      copyFileSync(file(name), join(place, name));
      chmodSync(join(place, name), 0o600);
    }
    giveToServerUser(place);
    const words =
      `user=scramuser password='${secret}' host=localhost,localhost hostaddr=127.0.0.1,127.0.0.1 port=1,${server.port} ` +
      `sslmode=verify-full sslrootcert=${place}/ca.crt sslcert=${place}/client.crt sslkey=${place}/client.key ` +
      'channel_binding=require require_auth=scram-sha-256 target_session_attrs=primary application_name=follower dbname=app';
    const target = newTarget();
    const run = await runBackup(server, ['-D', target, '-R', '-d', words], { env: { HOME: home } });
    const lost = [...(version < 13 ? ['channel_binding'] : []), ...(version < 16 ? ['require_auth'] : [])].join(', ');
    const warning = `gs_basebackup: warning: the standby will connect without ${lost}: PostgreSQL ${version} does not take that in primary_conninfo\n`;
    expect(run).toEqual({ ...done, stderr: lost === '' ? '' : warning });
    const written = readFileSync(join(target, version >= 12 ? 'postgresql.auto.conf' : 'recovery.conf'), 'utf8');
    expect(written.includes('dbname=app')).toBe(version >= 17);
    expect(written.includes('channel_binding=require')).toBe(version >= 13);
    const standby = await startFrom(target);
    expect(await standby.value('select pg_is_in_recovery()')).toBe('true');
    const name = version >= 12 ? 'client_dn' : 'clientdn';
    const follower = `from pg_stat_replication join pg_stat_ssl using (pid) where application_name = 'follower' and ssl`;
    await server.waitFor(`select exists (select ${follower} and ${name} like '%CN=%')`);
    await standby.stop();
  });

  describe('channel binding', () => {
    const scram = `user=scramuser password='${secret}' host=localhost`;

    // The server makes the same hash: by the digest of the signature, in the name of the algorithm or in its parameters.
    it.each(['good', 'sha384', 'pss'])('is there with the certificate %s', async (name) => {
      await serve(name);
      expect(await login(`${scram} sslmode=require channel_binding=require`)).toBe('in');
    });

    it('with a certificate that has no digest is left out, or refused where it is demanded', async () => {
      await serve('ed25519');
      expect(await login(`${scram} sslmode=require`)).toBe('in');
      const demanded = await login(`${scram} sslmode=require channel_binding=require`);
      expect(demanded).toContain('has no digest to bind to');
      await serve('good');
    });

    it('cannot be demanded without TLS, without SCRAM, without a password', async () => {
      const plain = await login(`${scram} sslmode=disable channel_binding=require`);
      expect(plain).toContain('channel binding required, but SSL not in use');
      const md5 = await login(
        `user=md5user password='${secret}' host=localhost sslmode=require channel_binding=require`,
      );
      expect(md5).toContain("channel binding required but not supported by server's authentication request");
      const trust = await login('host=localhost sslmode=require channel_binding=require');
      expect(trust).toContain('server authenticated client without channel binding');
      expect(await login(`${scram} sslmode=require channel_binding=disable`)).toBe('in');
    });
  });

  describe('require_auth', () => {
    const as = (user: string, words: string) => login(`user=${user} password='${secret}' host=localhost ${words}`);

    it('allows what it names, and refuses the rest before a password is sent', async () => {
      expect(await as('scramuser', 'require_auth=scram-sha-256')).toBe('in');
      expect(await as('md5user', 'require_auth=md5,scram-sha-256')).toBe('in');
      expect(await as('md5user', 'require_auth=!password')).toBe('in');
      expect(await as('postgres', 'require_auth=none')).toBe('in');
      const before = server.log().length;
      const refused = await as('md5user', 'require_auth=scram-sha-256');
      expect(refused).toContain(
        'authentication method requirement "scram-sha-256" failed: server requested a hashed password',
      );
      expect(await as('scramuser', 'require_auth=!scram-sha-256')).toContain('server requested SASL authentication');
      expect(await as('postgres', 'require_auth=scram-sha-256')).toContain('server did not complete authentication');
      expect(server.log().slice(before)).not.toContain('received replication command');
      expect(refused).not.toContain(secret);
    });
  });

  it('what Node cannot do is refused where it weakens, and told with -v where it does not', async () => {
    expect(await login('gssencmode=require')).toContain('connection option gssencmode=require is not supported');
    const peer = await login(`host=${server.socketDirectory} requirepeer=postgres`);
    expect(peer).toContain('connection option requirepeer is not supported');
    expect(await login('requirepeer=postgres keepalives=1 keepalives_idle=30 tcp_user_timeout=9')).toBe('in');
  });
});
