import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { fileLeftOutBy, familyOfError, refusalOf, wantsReplicationPort } from './refusals.ts';

const fixtures = new URL('../../test/fixtures/opengauss/', import.meta.url);

/** Every ErrorResponse of a recorded session, in order. */
function recordedErrors(directory: string): Record<string, string>[] {
  const errors: Record<string, string>[] = [];
  for (const name of readdirSync(new URL(directory, fixtures))) {
    if (!name.endsWith('.s2c.bin.gz')) continue;
    const bytes = gunzipSync(readFileSync(new URL(`${directory}/${name}`, fixtures)));
    // The answer to SSLRequest is one byte before the first message.
    let at = bytes[0] === 0x4e ? 1 : 0;
    while (at + 5 <= bytes.length) {
      const length = bytes.readUInt32BE(at + 1);
      if (length < 4) break;
      if (bytes[at] === 0x45) errors.push(fieldsOf(bytes.subarray(at + 5, at + 1 + length)));
      at += 1 + length;
    }
  }
  return errors;
}

function fieldsOf(body: Buffer): Record<string, string> {
  const parts = body
    .toString('utf8')
    .split('\0')
    .filter((part) => part !== '');
  return Object.fromEntries(parts.map((part) => [part.charAt(0), part.slice(1)]));
}

function recordings(): string[] {
  const top = readdirSync(fixtures);
  const below = (name: string): string[] =>
    existsSync(new URL(name, fixtures))
      ? readdirSync(new URL(name, fixtures))
          .filter((entry) => entry !== 'SHA256SUMS')
          .map((entry) => `${name}/${entry}`)
      : [];
  return [...top.filter((name) => /^(auth|receivexlog)-/.test(name)), ...below('commands'), ...below('interrupted')];
}

describe('recorded refusals', () => {
  const all = recordings().flatMap((directory) => recordedErrors(directory).map((fields) => ({ directory, fields })));

  it('are all there', () => {
    expect(all.length).toBeGreaterThanOrEqual(50);
  });

  it.each(all.map(({ directory, fields }) => [directory, fields] as const))('%s has a hint', (_directory, fields) => {
    const refusal = refusalOf(fields, { user: 'backup' });
    expect(refusal.hint).toBeDefined();
    expect(render(refusal.hint!)).toMatch(/(?:\.\)?|;)$/);
    expect(render(refusal.hint!)).not.toMatch(/[{}]/);
    expect(familyOfError(fields)).toBe('opengauss');
  });

  const hintOf = (directory: string): string => {
    const [fields] = recordedErrors(directory);
    return render(refusalOf(fields!, { user: 'backup' }).hint!);
  };

  it('name the line or setting to change', () => {
    expect(hintOf('auth-no-hba')).toContain('"host replication nohba2 127.0.0.2/32 sha256"');
    expect(hintOf('auth-replonly-ha-as-gs_basebackup')).toContain('ALTER USER "backup" SYSADMIN;');
    expect(hintOf('auth-replonly-ha-as-gs_basebackup')).toContain('--allow-missing-config');
    expect(hintOf('auth-initial-user-ha')).toContain('host of the server');
    expect(hintOf('commands/thread_pool_sql_port')).toContain('--ha-port');
    expect(hintOf('commands/too_many_walsenders_ha')).toContain('All 1 WAL sender places');
    expect(hintOf('commands/wal_level_minimal_identify')).toContain('wal_level to hot_standby');
    expect(hintOf('commands/start_removed_wal')).toContain('wal_keep_segments');
    expect(hintOf('commands/start_removed_wal')).toContain('000000010000000000000003');
    expect(hintOf('auth-wrong-password-351')).toContain('lock');
  });

  it('only the thread pool refusal sends us to the HA port', () => {
    const wanting = all.filter(({ fields }) => wantsReplicationPort(fields)).map(({ directory }) => directory);
    expect([...new Set(wanting)].sort()).toEqual([
      'commands/thread_pool_receivexlog',
      'commands/thread_pool_sql_port',
      'commands/thread_pool_sql_port_database',
    ]);
  });
});

describe('refusals of PostgreSQL and those that were not recorded', () => {
  const of = (sqlstate: string, text: string, postgresql: boolean): ReturnType<typeof refusalOf> =>
    refusalOf({ S: 'FATAL', C: sqlstate, M: text, ...(postgresql ? { V: 'FATAL' } : {}) }, { user: 'repl' });

  it.each([
    ['28P01', 'password authentication failed for user "repl"', true, 'AUTHENTICATION', /not tried again/],
    [
      '28000',
      'no pg_hba.conf entry for replication connection from host "::1", user "Re pl", no encryption',
      true,
      'AUTHENTICATION',
      /"host replication "Re pl" ::1\/128 scram-sha-256"/,
    ],
    [
      '28000',
      'no pg_hba.conf entry for replication connection from host "[local]", user "repl", SSL off',
      true,
      'AUTHENTICATION',
      /"local replication repl scram-sha-256"/,
    ],
    [
      '28000',
      'no pg_hba.conf entry for host "10.0.0.1", user "repl", database "replication", no encryption',
      true,
      'AUTHENTICATION',
      /"host "replication" repl 10\.0\.0\.1\/32 scram-sha-256"/,
    ],
    ['28000', 'role "rep" is not permitted to log in', true, 'AUTHENTICATION', /let it: ALTER ROLE "rep" LOGIN;$/],
    [
      '28000',
      'role "Re p" does not exist',
      true,
      'AUTHENTICATION',
      /no such role\. .*: CREATE ROLE "Re p" LOGIN REPLICATION;$/,
    ],
    [
      '42501',
      'must be superuser or replication role to start walsender',
      true,
      'AUTHENTICATION',
      /: ALTER ROLE "repl" REPLICATION;$/,
    ],
    ['42501', 'permission denied to start WAL sender', true, 'AUTHENTICATION', /ALTER ROLE "repl" REPLICATION;$/],
    [
      '53300',
      'number of requested standby connections exceeds "max_wal_senders" (currently 5)',
      true,
      'SERVER_ERROR',
      /All 5 WAL sender places/,
    ],
    [
      '53300',
      'number of requested standby connections exceeds max_wal_senders (currently 0)',
      true,
      'SERVER_ERROR',
      /wal_level to replica/,
    ],
    ['42704', 'replication slot "nope" does not exist', true, 'OBJECT_NOT_FOUND', /-C/],
    ['42710', 'replication slot "s" already exists', true, 'OBJECT_EXISTS', /drop it/],
    ['55006', 'replication slot "s" is active for PID 4711', true, 'LOCKED', /4711/],
    ['57P03', 'the database system is starting up', true, 'SERVER_UNREACHABLE', /Try again/],
    ['57P01', 'terminating connection due to administrator command', true, 'SERVER_UNREACHABLE', /take it again/],
    ['58P01', 'could not find WAL file "000000010000000000000007"', false, 'WAL_MISSING', /wal_keep_segments/],
    ['58P01', 'could not find any WAL files', true, 'WAL_MISSING', /wal_keep_size/],
    [
      '58000',
      'base backup cheksum failed in file "base/1/1259" block 7 (computed: 1, recorded: 2), aborting backup',
      false,
      'CORRUPT',
      /base\/1\/1259 on the server is damaged in block 7;.*VACUUM FULL/,
    ],
    [
      '58000',
      'base backup cheksum failed in file "base/1/1259"(computed: 1, recorded: 2), aborting backup',
      false,
      'CORRUPT',
      /base\/1\/1259 on the server is damaged;/,
    ],
    ['55000', 'WAL level not sufficient for making an online backup', false, 'SERVER_ERROR', /hot_standby/],
    ...['full_page_writes=off', '"full_page_writes=off"'].map(
      (setting) =>
        [
          '55000',
          `WAL generated with ${setting} was replayed since last restartpoint`,
          true,
          'SERVER_ERROR',
          /full_page_writes = on on the primary/,
        ] as const,
    ),
    ['28000', 'The account has been locked.', false, 'AUTHENTICATION', /ACCOUNT UNLOCK/],
    ['28000', 'Forbid remote connection via internal maintenance tools.', false, 'AUTHENTICATION', /application name/],
  ] as const)('%s %s', (sqlstate, text, postgresql, code, hint) => {
    const refusal = of(sqlstate, text, postgresql);
    expect(refusal.code).toBe(code);
    expect(render(refusal.hint!)).toMatch(hint);
  });

  it('falls back to the class of the SQLSTATE', () => {
    expect(of('28999', 'something new', true)).toEqual({
      code: 'AUTHENTICATION',
      hint: undefined,
      retryable: undefined,
    });
    expect(of('XX000', 'something new', true).code).toBe('SERVER_ERROR');
    expect(refusalOf({}).code).toBe('SERVER_ERROR');
  });

  it('a PostgreSQL server never sends us to another port', () => {
    const fields = { S: 'ERROR', V: 'ERROR', C: '22023', M: 'replication should connect HA port in thread_pool' };
    expect(wantsReplicationPort(fields)).toBe(false);
  });

  it('names the file that was left out', () => {
    expect(fileLeftOutBy({ M: 'archive member "base/1/2" too large for tar format' })).toBe('base/1/2');
    expect(fileLeftOutBy({ M: 'skipping special file "./x"' })).toBeUndefined();
  });
});
