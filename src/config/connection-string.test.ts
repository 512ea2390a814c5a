import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseConnectionString } from './connection-string.ts';

describe('parseConnectionString', () => {
  it.each([
    ['', {}],
    ['  host=db  port=5433 ', { PGHOST: 'db', PGPORT: '5433' }],
    ["user = 'a b\\'c\\\\d' password=x\\ y", { PGUSER: "a b'c\\d", PGPASSWORD: 'x y' }],
    ["host='' user=u", { PGHOST: '', PGUSER: 'u' }],
    ['dbname=replication replication=true application_name=standby1', { PGAPPNAME: 'standby1' }],
    [
      'host=a,b port=1,2 connect_timeout=3 sslmode=require',
      { PGHOST: 'a,b', PGPORT: '1,2', PGCONNECT_TIMEOUT: '3', PGSSLMODE: 'require' },
    ],
    ['options=-cdatestyle=iso', { PGOPTIONS: '-cdatestyle=iso' }],
    ['postgresql://', {}],
    ['postgresql://db/replication', { PGHOST: 'db' }],
    [
      'postgres://u%40x:p%3Aw@[::1]:5433,b:5434/?application_name=r%201&sslmode=disable',
      {
        PGUSER: 'u@x',
        PGPASSWORD: 'p:w',
        PGHOST: '::1,b',
        PGPORT: '5433,5434',
        PGAPPNAME: 'r 1',
        PGSSLMODE: 'disable',
      },
    ],
    ['postgresql://u@%2Frun%2Fpg:5433', { PGUSER: 'u', PGHOST: '/run/pg', PGPORT: '5433' }],
  ] as const)('%s', (text, expected) => {
    expect(parseConnectionString(text)).toEqual(expected);
  });

  it.each([
    ['postgres', 'missing "=" in connection info string'],
    ['password=se cret', 'missing "=" in connection info string'],
    ["password='secret", 'unterminated quoted string in connection info string'],
    ["password='se'cret", 'unterminated quoted string in connection info string'],
    ['password=x secret=1', 'invalid connection option'],
    ['constructor=1', 'invalid connection option'],
    ['service=main', 'connection option "service" is not supported yet'],
    ['sslrootcert=/secret', 'connection option "sslrootcert" is not supported yet'],
    ['postgresql://u:secret%@db', 'invalid percent-encoded token in connection URI'],
    ['postgresql://u:secret@db:x', 'invalid connection URI'],
    ['postgresql://db?secret', 'missing "=" in connection info string'],
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
});
