import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { resolveConnections, type ConnectionOptions } from './connection-settings.ts';
import { readEnvironment } from './environment.ts';
import { findService } from './service-file.ts';
import { findPassword } from './password-file.ts';

let home = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gk-home-'));
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

const resolveAll = (options: ConnectionOptions, environment: Record<string, string> = {}) =>
  resolveConnections(options, { HOME: home, ...environment });

/** The first host, with what is said about all. */
const resolve = async (options: ConnectionOptions, environment: Record<string, string> = {}) => {
  const { connections, warnings } = await resolveAll(options, environment);
  return { ...connections[0], warnings };
};

describe('resolveConnections', () => {
  it('has defaults', async () => {
    const settings = await resolve({});
    expect(settings).toMatchObject({
      port: 5432,
      user: userInfo().username,
      sslmode: 'prefer',
      parameters: {},
      warnings: [],
    });
    expect(['/var/run/postgresql', '/tmp']).toContain(settings.host);
    expect([settings.password, settings.connectTimeoutMs, settings.applicationName]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes the command line before the environment', async () => {
    const environment = {
      PGHOST: 'h1',
      PGHOSTADDR: '10.0.0.1',
      PGPORT: '6000',
      PGUSER: 'u1',
      PGPASSWORD: 'p1',
      PGAPPNAME: 'app',
      PGCONNECT_TIMEOUT: '7',
      PGSSLMODE: 'require',
      PGOPTIONS: '-c x=1',
      PGCLIENTENCODING: 'UTF8',
    };
    expect(await resolve({}, environment)).toMatchObject({
      host: 'h1',
      hostaddr: '10.0.0.1',
      port: 6000,
      user: 'u1',
      password: 'p1',
      passwordFile: undefined,
      applicationName: 'app',
      connectTimeoutMs: 7000,
      sslmode: 'require',
      parameters: { options: '-c x=1', client_encoding: 'UTF8' },
      warnings: [],
    });
    expect(await resolve({ host: 'h2', port: '7000', user: 'u2' }, environment)).toMatchObject({
      host: 'h2',
      hostaddr: undefined,
      port: 7000,
      user: 'u2',
    });
  });

  it('takes empty values as none and a time-out of zero as no limit', async () => {
    const settings = await resolve({}, { PGPORT: '', PGUSER: '', PGPASSWORD: '', PGCONNECT_TIMEOUT: '0' });
    expect(settings).toMatchObject({
      port: 5432,
      user: userInfo().username,
      password: undefined,
      connectTimeoutMs: undefined,
    });
  });

  it.each([
    [{ port: '0' }, {}, 'USAGE', 'invalid port number: "0"'],
    [{ port: '65536' }, {}, 'USAGE', 'invalid port number: "65536"'],
    [{}, { PGPORT: 'x' }, 'CONFIG_INVALID', 'invalid port number: "x"'],
    [{}, { PGSSLMODE: 'maybe' }, 'CONFIG_INVALID', 'invalid sslmode value: "maybe"'],
    [
      {},
      { PGCONNECT_TIMEOUT: '1s' },
      'CONFIG_INVALID',
      'invalid integer value "1s" for connection option "connect_timeout"',
    ],
  ])('refuses %j %j', async (options, environment, code, message) => {
    const secret = { PGPASSWORD: 'Secret@1', ...environment };
    await expect(resolve(options, secret)).rejects.toMatchObject({ code, message });
  });

  it('takes the service behind the command line and before the environment', async () => {
    const file = join(home, 'services');
    const text =
      '[other]\nhost=x\n# comment\n[main]\n host=s\nport=7001\nuser=of service\nsslmode=require\nport=9\n[main]\nuser=z\n';
    await writeFile(file, text);
    const environment = {
      PGSERVICEFILE: file,
      PGSERVICE: 'main',
      PGHOST: 'e',
      PGHOSTADDR: '127.0.0.1',
      PGAPPNAME: 'app',
    };
    const all = {
      host: 's',
      hostaddr: undefined,
      port: 7001,
      user: 'of service',
      sslmode: 'require',
      applicationName: 'app',
    };
    expect(await resolve({}, environment)).toMatchObject(all);
    expect(await resolve({ host: 'h', connectionString: 'port=7002' }, environment)).toMatchObject({
      ...all,
      host: 'h',
      port: 7002,
    });
    const named = { PGSERVICEFILE: file, PGSERVICE: 'none' };
    expect(await resolve({ connectionString: 'service=other' }, named)).toMatchObject({ host: 'x', sslmode: 'prefer' });
    await expect(resolve({}, named)).rejects.toMatchObject({ message: 'definition of service "none" not found' });
    await expect(resolve({}, { ...named, PGSERVICEFILE: '/none' })).rejects.toMatchObject({
      message: 'service file "/none" not found',
    });
    // The user's own file, and behind it that of all users.
    await writeFile(join(home, '.pg_service.conf'), '[mine]\nhost=m\n');
    const system = join(home, 'system');
    await mkdir(system);
    await writeFile(join(system, 'pg_service.conf'), '[mine]\nhost=no\n[theirs]\nhost=t\n');
    const both = { PGSYSCONFDIR: system };
    expect(await resolve({ connectionString: 'service=mine' }, both)).toMatchObject({ host: 'm' });
    expect(await resolve({ connectionString: 'service=theirs' }, both)).toMatchObject({ host: 't' });
  });

  it.each([
    ['[a]\nservice=b', 'nested "service" specifications not supported in service file "f", line 2'],
    ['[a]\nldap://ldap.example.org/x', 'LDAP is not supported in service file "f", line 2'],
    ['[a]\n\npassword: Secret@1', 'syntax error in service file "f", line 3'],
    ['[a]\nSecret@1=x', 'syntax error in service file "f", line 2'],
  ])('refuses the service %j', (text, message) => {
    expect(() => findService(text, 'a', 'f')).toThrow(message);
    expect(findService(text, 'b', 'f')).toBeUndefined();
  });

  it('refuses a value with a zero byte, where a file has one', async () => {
    const PGSERVICEFILE = join(home, 'zero.conf');
    await writeFile(PGSERVICEFILE, '[zero]\nuser=post\0gres\n');
    await expect(resolve({}, { PGSERVICEFILE, PGSERVICE: 'zero' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'the value of connection option "user" has a zero byte in it',
    });
  });

  it('reads what TLS and the login demand', async () => {
    const words =
      'sslrootcert=/r sslcrl=/c sslcrldir=/d sslcert=/a sslkey=/k sslpassword=p sslsni=0 ssl_min_protocol_version=tlsv1.2 ssl_max_protocol_version=TLSv1.3 sslnegotiation=direct sslmode=verify-ca channel_binding=require target_session_attrs=standby keepalives=0 keepalives_idle=7';
    expect(await resolve({ connectionString: words })).toMatchObject({
      sslmode: 'verify-ca',
      tls: {
        negotiation: 'direct',
        directory: join(home, '.postgresql'),
        rootCertificate: '/r',
        revocationList: '/c',
        revocationDirectory: '/d',
        certificate: '/a',
        key: '/k',
        keyPassword: 'p',
        sendsServerName: false,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
      },
      channelBinding: 'require',
      targetSessionAttrs: 'standby',
      keepAlive: false,
      keepAliveIdleMs: 7000,
    });
    expect(await resolve({}, { PGREQUIRESSL: '1' })).toMatchObject({ sslmode: 'require' });
    expect(await resolve({ connectionString: 'sslrootcert=system' })).toMatchObject({ sslmode: 'verify-full' });
  });

  it.each([
    ['md5,scram-sha-256', ['md5', 'scram-sha-256']],
    ['none', ['none']],
    ['!password,!md5,!none', ['scram-sha-256', 'sha256', 'sm3', 'gss', 'sspi', 'oauth']],
  ])('allows by require_auth=%s', async (text, expected) => {
    expect((await resolve({ connectionString: `require_auth=${text}` })).requireAuth).toEqual(expected);
  });

  it.each([
    ['require_auth=md5,', 'invalid require_auth value: ""'],
    ['require_auth=kerberos', 'invalid require_auth value: "kerberos"'],
    ['require_auth=md5,md5', 'require_auth method "md5" is specified more than once'],
    ['require_auth=md5,!gss', 'negative require_auth method "!gss" cannot be mixed with non-negative methods'],
    ['require_auth=!md5,gss', 'require_auth method "gss" cannot be mixed with negative methods'],
    ['channel_binding=yes', 'invalid channel_binding value: "yes"'],
    ['target_session_attrs=master', 'invalid target_session_attrs value: "master"'],
    ['load_balance_hosts=x', 'invalid load_balance_hosts value: "x"'],
    [
      'sslnegotiation=direct',
      'weak sslmode "prefer" may not be used with sslnegotiation=direct (use "require", "verify-ca", or "verify-full")',
    ],
    [
      'sslrootcert=system sslmode=require',
      'weak sslmode "require" may not be used with sslrootcert=system (use "verify-full")',
    ],
    ['ssl_min_protocol_version=SSLv3', 'invalid ssl_min_protocol_version value: "SSLv3"'],
    ['ssl_max_protocol_version=TLSv1.1', 'invalid SSL protocol version range'],
    ['keepalives_idle=1m', 'invalid integer value "1m" for connection option "keepalives_idle"'],
    ['tcp_user_timeout=x', 'invalid integer value "x" for connection option "tcp_user_timeout"'],
    ['host=a,@b', 'host "@b" is an abstract Unix-domain socket, which is not supported: name a directory or a host'],
    ['gssencmode=require', 'connection option gssencmode=require is not supported'],
    ['sslcertmode=require', 'connection option sslcertmode=require is not supported'],
    ['host=/tmp requirepeer=postgres', 'connection option requirepeer is not supported'],
    ['scram_client_key=Secret@1', 'connection option scram_client_key is not supported'],
    ['min_protocol_version=3.2', 'connection option min_protocol_version is not supported'],
  ])('refuses %s', async (connectionString, message) => {
    await expect(resolve({ connectionString })).rejects.toMatchObject({ code: 'USAGE', message });
  });

  it('does not leave the encoding to a server that knows no locale of ours', async () => {
    const { parameters } = await resolve({ connectionString: 'client_encoding=auto' });
    expect(parameters).toEqual({ client_encoding: 'UTF8' });
  });

  it('tells what has no effect', async () => {
    const words = 'host=h requirepeer=x keepalives_interval=1 keepalives_count=2 tcp_user_timeout=3 gssencmode=prefer';
    const { notes } = await resolveAll({ connectionString: words }, { PGKRBSRVNAME: 'postgres', PGGSSLIB: 'gssapi' });
    const options = [
      'keepalives_interval',
      'keepalives_count',
      'tcp_user_timeout',
      'krbsrvname',
      'gsslib',
      'gssencmode=prefer',
    ];
    expect(notes.map((note) => note.parameters['option'])).toEqual(options);
    expect((await resolveAll({}, {})).notes).toEqual([]);
  });

  it('reads the password file, its own of the home directory or the one that PGPASSFILE names', async () => {
    const own = join(home, '.pgpass');
    await writeFile(own, 'h1:5432:replication:u1:own\n', { mode: 0o600 });
    const options = { host: 'h1', user: 'u1' };
    expect(await resolve(options)).toMatchObject({ password: 'own', passwordFile: own, warnings: [] });
    const other = join(home, 'other');
    await writeFile(other, '*:*:*:*:other\n', { mode: 0o600 });
    expect(await resolve(options, { PGPASSFILE: other })).toMatchObject({ password: 'other', passwordFile: other });
    expect(await resolve(options, { PGPASSFILE: other, PGPASSWORD: 'env' })).toMatchObject({
      password: 'env',
      passwordFile: undefined,
    });
    expect(await resolve(options, { PGPASSFILE: join(home, 'none') })).toMatchObject({
      password: undefined,
      warnings: [],
    });
    await rm(own);
  });

  it('calls a socket in a default directory localhost, another by its directory', async () => {
    const path = join(home, 'sockets');
    await writeFile(path, 'localhost:*:*:*:local\n/run/own:*:*:*:own\n', { mode: 0o600 });
    expect(await resolve({ host: '/tmp' }, { PGPASSFILE: path })).toMatchObject({ password: 'local' });
    expect(await resolve({ host: '/run/own' }, { PGPASSFILE: path })).toMatchObject({ password: 'own' });
  });

  it('ignores a password file that others may read, and what is no file, with a warning', async () => {
    const path = join(home, 'open');
    await writeFile(path, '*:*:*:*:Secret@1\n');
    await chmod(path, 0o640);
    const open = await resolve({ host: 'h' }, { PGPASSFILE: path });
    expect(open.password).toBeUndefined();
    expect(open.warnings.map((warning) => render(warning))).toEqual([
      `password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
    ]);
    const directory = join(home, 'directory');
    await mkdir(directory);
    const odd = await resolve({ host: 'h' }, { PGPASSFILE: directory });
    expect(odd.warnings.map((warning) => render(warning))).toEqual([
      `password file "${directory}" is not a plain file`,
    ]);
  });
});

describe('findPassword', () => {
  const query = { host: 'h', port: 5432, database: 'replication', user: 'u' };

  it.each([
    ['h:5432:replication:u:p', 'p'],
    ['*:*:*:*:p:q', 'p:q'],
    ['*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
    ['# *:*:*:*:no\nh:*:*:u:yes\r\n', 'yes'],
    ['x:*:*:*:no\nh:*:other:*:no\nh:*:*:*:first\n*:*:*:*:second', 'first'],
    ['h:5432:replication:u', undefined],
    ['', undefined],
    ['*:*:*:*:', ''],
  ])('in %j is %j', (text, expected) => {
    expect(findPassword(text, query)).toBe(expected);
  });

  it('matches escaped fields', () => {
    expect(findPassword('\\:\\:1:5432:*:a\\\\b:p', { ...query, host: '::1', user: 'a\\b' })).toBe('p');
    expect(findPassword('\\*:*:*:*:p', query)).toBeUndefined();
  });

  it('gives back any field and password that was escaped', () => {
    const text = fc.string().map((value) => value.replace(/[\r\n]/g, ''));
    const escape = (value: string) => value.replace(/[\\:]/g, '\\$&');
    fc.assert(
      fc.property(text, text, text, (host, user, password) => {
        fc.pre(!host.startsWith('#') && host !== '*' && user !== '*');
        const line = `${escape(host)}:5432:*:${escape(user)}:${escape(password)}`;
        expect(findPassword(line, { ...query, host, user })).toBe(password);
      }),
    );
  });
});

describe('readEnvironment', () => {
  it('is a copy of the environment of the process', () => {
    const environment = readEnvironment();
    expect(environment['PATH']).toBe(process.env['PATH']);
    expect(environment).not.toBe(process.env);
  });
});
