import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { connectionKeywords } from './connection-keywords.ts';
import { parseConnectionString } from './connection-string.ts';

describe('parseConnectionString', () => {
  it.each([
    ['', {}],
    ['  host=db  port=5433 ', { host: 'db', port: '5433' }],
    ["user = 'a b\\'c\\\\d' password=x\\ y", { user: "a b'c\\d", password: 'x y' }],
    ["host='' user=u", { host: '', user: 'u' }],
    [
      'dbname=replication replication=true application_name=standby1',
      { dbname: 'replication', replication: 'true', application_name: 'standby1' },
    ],
    [
      'host=a,b port=1,2 connect_timeout=3 sslmode=require',
      { host: 'a,b', port: '1,2', connect_timeout: '3', sslmode: 'require' },
    ],
    ['options=-cdatestyle=iso', { options: '-cdatestyle=iso' }],
    ['postgresql://', {}],
    ['postgresql://db/replication', { host: 'db', dbname: 'replication' }],
    [
      'postgres://u%40x:p%3Aw@[::1]:5433,b:5434/?application_name=r%201&sslmode=disable',
      {
        user: 'u@x',
        password: 'p:w',
        host: '::1,b',
        port: '5433,5434',
        application_name: 'r 1',
        sslmode: 'disable',
      },
    ],
    ['postgresql://u@%2Frun%2Fpg:5433', { user: 'u', host: '/run/pg', port: '5433' }],
    // A blank behind a closing quote is not needed, a backslash at the end escapes nothing, the last value counts.
    ["user='a'port=1", { user: 'a', port: '1' }],
    ['user=a\\', { user: 'a' }],
    ['user=a user=b', { user: 'b' }],
    ['sslrootcert=/secret service=main', { sslrootcert: '/secret', service: 'main' }],
    ['postgresql://host:12345/db?user=u', { host: 'host', port: '12345', dbname: 'db', user: 'u' }],
    ['postgresql://u@', { user: 'u' }],
    ['postgresql://:pw@h', { password: 'pw', host: 'h' }],
    ['postgresql:///db?host=/run/pg,b', { dbname: 'db', host: '/run/pg,b' }],
    ['postgresql://h1:1,h2,[fe80::1]:3', { host: 'h1,h2,fe80::1', port: '1,,3' }],
    ['postgresql://a:1:2,?ssl=true&', { host: 'a,', port: '1:2,', sslmode: 'require' }],
    ['postgresql://[::1]?ssl=true', { host: '::1', sslmode: 'require' }],
    [
      'postgres://h?sslmode=verify-full&target_session_attrs=read-write',
      { host: 'h', sslmode: 'verify-full', target_session_attrs: 'read-write' },
    ],
    ['postgresql://u:a%3Db%26c%40d@h', { user: 'u', password: 'a=b&c@d', host: 'h' }],
  ] as const)('%s', (text, expected) => {
    expect(parseConnectionString(text)).toEqual(expected);
  });

  it.each([
    ['postgres', 'missing "=" in connection info string'],
    ['password=se cret', 'missing "=" in connection info string'],
    ["password='secret", 'unterminated quoted string in connection info string'],
    ["password='se'cret", 'missing "=" in connection info string'],
    ['password=x secret=1', 'invalid connection option'],
    ['constructor=1', 'invalid connection option'],
    ['postgresql://u:secret%@db', 'invalid percent-encoded token in connection URI'],
    ['postgresql://[secret', 'end of string reached when looking for matching "]" in IPv6 host address in URI'],
    ['postgresql://[]:1/secret', 'IPv6 host address may not be empty in URI'],
    ['postgresql://[::1]secret', 'invalid connection URI'],
    ['postgresql://db?secret', 'missing key/value separator "=" in URI query parameter'],
    ['postgresql://db?password=a=secret', 'extra key/value separator "=" in URI query parameter'],
    ['postgresql://db?secret=1', 'invalid connection option'],
    ['postgresql://u:%00secret@db', 'forbidden value %00 in percent-encoded value'],
  ])('refuses %s without repeating a value', (text, sentence) => {
    let caught: unknown;
    try {
      parseConnectionString(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(BackupError);
    expect(caught).toMatchObject({ code: 'USAGE', message: sentence });
    expect((caught as BackupError).message).not.toMatch(/secret|cret/);
  });

  const words = fc.dictionary(
    fc.constantFrom(...(Object.keys(connectionKeywords) as (keyof typeof connectionKeywords)[])),
    fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0')),
  );

  it('gives back what was written with quotes', () => {
    const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
    fc.assert(
      fc.property(words, fc.constantFrom('=', ' = ', '=\n'), (said, equals) => {
        const text = Object.entries(said).map(([keyword, value]) => `${keyword}${equals}${quoted(value)}`);
        expect(parseConnectionString(text.join(' '))).toEqual({ ...said });
      }),
    );
  });

  it('gives back what was written with backslashes', () => {
    const escaped = (text: string) => text.replace(/[\s\\']/g, '\\$&');
    fc.assert(
      fc.property(words, (said) => {
        const text = Object.entries(said).map(([keyword, value]) => `${keyword}=${escaped(value)}`);
        expect(parseConnectionString(text.join('\t'))).toEqual({ ...said });
      }),
    );
  });

  it('gives back what was written as a URI', () => {
    fc.assert(
      fc.property(words, (said) => {
        const query = Object.entries(said).map(([keyword, value]) => `${keyword}=${encodeURIComponent(value)}`);
        expect(parseConnectionString(`postgresql://?${query.join('&')}`)).toEqual({ ...said });
      }),
    );
  });
});
