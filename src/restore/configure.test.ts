import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import type { RequiredLimit } from '../server/recovery-limits.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { configure, type ConfigurationOutcome, type ConfigurationPlan } from './configure.ts';

const text = (value: string): ByteString => fromText(value);

function run(
  main: string | undefined,
  more: Partial<ConfigurationPlan> = {},
  overriding?: string,
  family: 'postgresql' | 'opengauss' = 'postgresql',
): ConfigurationOutcome {
  const plan: ConfigurationPlan = {
    rules: restoreRulesOf(family),
    set: [],
    archiving: 'off',
    standalone: false,
    limits: [],
    directory: text('/new'),
    outcome: undefined,
    ...more,
  };
  return configure(plan, {
    main: main === undefined ? undefined : text(main),
    overriding: overriding === undefined ? undefined : text(overriding),
  });
}

describe('the settings of a restored copy', () => {
  it('stay as they are when nothing has to change', () => {
    const main = '# comment\nport = 5432\n#archive_mode = on\narchive_mode = off\n';
    expect(run(main)).toMatchObject({ main, changed: [], disabled: [], archivingStopped: false });
  });

  it('have archiving off, where an included file could turn it on as well', () => {
    expect(run('archive_mode = always # x\n').main).toBe("archive_mode = 'off' # x\n");
    expect(run("archive_mode = off\ninclude_dir = 'conf.d'\n").main).toBe(
      "archive_mode = off\ninclude_dir = 'conf.d'\narchive_mode = 'off'\n",
    );
    const above = run('archive_mode = off\n', {}, "archive_mode = 'on'\nwork_mem = '5MB'\n");
    expect(above.overriding).toBe("work_mem = '5MB'\n");
    expect(above.main).toContain("archive_mode = 'off'");
    expect(above.archivingStopped).toBe(true);
  });

  it('of openGauss have no archive place either', () => {
    const outcome = run("archive_mode = off\narchive_dest = '/a'\n", {}, undefined, 'opengauss');
    expect(outcome.main).toBe("archive_mode = off\n#archive_dest = '/a'\n");
    expect(outcome.archivingStopped).toBe(true);
  });

  it('go into the file of ALTER SYSTEM where the main file is kept elsewhere', () => {
    const outcome = run(undefined, { set: [{ name: 'port', value: text('6000') }] }, 'port = 1\n');
    expect(outcome).toMatchObject({ main: undefined, overriding: "port = '6000'\n" });
  });

  it('what is set wins over the file of ALTER SYSTEM', () => {
    const outcome = run('port = 1\n', { set: [{ name: 'port', value: text('6000') }] }, "port = '2'\n");
    expect(outcome).toMatchObject({ main: "port = '6000'\n", overriding: '' });
  });

  it('lose a data directory and an old recovery target', () => {
    const outcome = run("data_directory = '/old'\n", {}, "recovery_target_xid = '5'\nrecovery_target = ''\n");
    expect(outcome.main).toBe("#data_directory = '/old'\n");
    expect(outcome.overriding).toBe('');
    expect(outcome.disabled.map(({ name }) => name)).toEqual([
      'data_directory',
      'recovery_target_xid',
      'recovery_target',
    ]);
  });

  it('show other servers without their passwords, and --standalone disables them', () => {
    const main = "primary_conninfo = 'host=a password=secret user=b'\nprimary_slot_name = 'x'\n";
    const shown = run(main).replication;
    expect(shown).toEqual([
      { name: 'primary_conninfo', value: 'host=a password=*** user=b' },
      { name: 'primary_slot_name', value: 'x' },
    ]);
    const alone = run(main, { standalone: true });
    expect(alone.replication).toEqual([]);
    expect(JSON.stringify(alone.disabled)).not.toContain('secret');
    expect(alone.main).toContain('#primary_conninfo');
  });

  it('name every path that leads outside', () => {
    const main = [
      "unix_socket_directories = '/run/x, /tmp'",
      "log_directory = '/new/log'",
      "hba_file = '../pg_hba.conf'",
      "include = '/etc/x.conf'",
      "ssl_ciphers = 'a/b'",
      "archive_command = 'cp %p /archive/%f'",
    ].join('\n');
    expect(run(main).outside.map(({ name }) => name)).toEqual([
      'unix_socket_directories',
      'hba_file',
      'archive_command',
      'include',
    ]);
  });

  it('are raised to what the recovery needs, where they are lower, and where an included file may say anything', () => {
    const limit = (name: string, value: number): RequiredLimit => ({ name, value, raisedAt: undefined });
    const limits = [
      limit('max_connections', 200),
      limit('max_worker_processes', 8),
      limit('max_locks_per_transaction', 64),
    ];
    const low = run('max_connections = 100\n', { limits });
    expect(low.main).toBe("max_connections = '200'\n");
    expect(low.changed).toEqual([{ name: 'max_connections', value: '200' }]);
    expect(run('max_connections = 0x200\n', { limits }).changed).toEqual([]);
    expect(run('max_connections = 100\n', { limits }, "max_connections = '300'\n").changed).toEqual([]);
    expect(run("include_dir = 'conf.d'\n", { limits }).changed.map(({ name }) => name)).toContain(
      'max_worker_processes',
    );
    const own = { name: 'max_connections', value: text('20') };
    expect(run('', { limits, set: [own] }).changed).toEqual([own]);
    // openGauss has other defaults.
    const unset = run('', { limits: [limit('max_prepared_transactions', 20)] }, undefined, 'opengauss');
    expect(unset.changed).toContainEqual({ name: 'max_prepared_transactions', value: '20' });
  });

  it('tell whether the copy can be asked while it recovers', () => {
    expect(run('').hotStandby).toBe(true);
    expect(run('hot_standby = off\n').hotStandby).toBe(false);
    expect(run('hot_standby = off\n', {}, 'hot_standby = on\n').hotStandby).toBe(true);
  });
});
