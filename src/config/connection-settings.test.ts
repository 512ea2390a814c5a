import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { resolveConnection } from './connection-settings.ts';
import { readEnvironment } from './environment.ts';
import { findPassword } from './password-file.ts';

let home = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gk-home-'));
});
afterAll(async () => {
  await rm(home, { recursive: true });
});

const resolve = (options: Parameters<typeof resolveConnection>[0], environment: Record<string, string> = {}) =>
  resolveConnection(options, { HOME: home, ...environment });

describe('resolveConnection', () => {
  it.each(['PGSERVICE', 'PGSERVICEFILE'])('does not go elsewhere than %s says', async (name) => {
    await expect(resolve({ host: 'h' }, { [name]: 'production' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      sentence: { key: 'settings.service', parameters: { name, value: 'production' } },
    });
    expect(await resolve({ host: 'h' }, { [name]: '' })).toMatchObject({ host: 'h' });
  });

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
    expect(await resolve({}, environment)).toEqual({
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
    [{ host: 'a,b' }, {}, 'CONFIG_INVALID', 'several hosts in one connection are not supported yet: "a,b"'],
  ])('refuses %j %j', async (options, environment, code, message) => {
    const secret = { PGPASSWORD: 'Secret@1', ...environment };
    await expect(resolve(options, secret)).rejects.toMatchObject({ code, message });
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
