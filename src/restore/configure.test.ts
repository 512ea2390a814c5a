import { describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import type { RequiredLimit } from '../server/recovery-limits.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import type { SourceConfiguration } from '../backup-source/source-facts.ts';
import { configure, type ConfigurationOutcome, type ConfigurationPlan } from './configure.ts';

const text = (value: string): ByteString => fromText(value);

function run(
  main: string | undefined,
  more: Partial<ConfigurationPlan> = {},
  overriding?: string,
  family: 'postgresql' | 'opengauss' = 'postgresql',
  source: Partial<SourceConfiguration> = {},
): ConfigurationOutcome {
  const plan: ConfigurationPlan = {
    rules: restoreRulesOf(family),
    set: [],
    archiving: 'off',
    standalone: false,
    limits: [],
    directory: text('/new'),
    host: undefined,
    account: 'postgres',
    outcome: undefined,
    ...more,
  };
  return configure(plan, {
    main: main === undefined ? undefined : text(main),
    overriding: overriding === undefined ? undefined : text(overriding),
    hasHba: true,
    hasIdent: true,
    limits: undefined,
    ...source,
  });
}

const off = { name: 'archive_mode', value: 'off' };

describe('the settings of a restored copy', () => {
  it('stay as they are when nothing has to change', () => {
    const main = '# comment\nport = 5432\n#archive_mode = on\narchive_mode = off\n';
    const outcome = run(main);
    // Whatever main file the server is told of, this one it reads, and last.
    expect(outcome).toMatchObject({
      main,
      overriding: "archive_mode = 'off'\n",
      changed: [off],
      disabled: [],
      made: [],
    });
    expect(outcome).toMatchObject({ archivingStopped: false, archivingIsOff: true });
    expect(run(main, { archiving: 'preserve' })).toMatchObject({ main, overriding: undefined, changed: [] });
  });

  it('have archiving off, where an included file could turn it on as well', () => {
    expect(run('archive_mode = always # x\n').main).toBe("archive_mode = 'off' # x\n");
    expect(run("archive_mode = off\ninclude_dir = 'conf.d'\n").main).toBe(
      "archive_mode = off\ninclude_dir = 'conf.d'\narchive_mode = 'off'\n",
    );
    const above = run('archive_mode = off\n', {}, "archive_mode = 'on'\nwork_mem = '5MB'\n");
    expect(above.overriding).toBe("work_mem = '5MB'\narchive_mode = 'off'\n");
    expect(above.main).toBe('archive_mode = off\n');
    expect(above.archivingStopped).toBe(true);
  });

  it('of openGauss have no archive place either', () => {
    const outcome = run("archive_mode = off\narchive_dest = '/a'\n", {}, undefined, 'opengauss');
    expect(outcome.main).toBe("archive_mode = off\n#archive_dest = '/a'\n");
    expect(outcome).toMatchObject({ archivingStopped: true, archivingIsOff: true });
    // There is nothing in which it could be said.
    expect(run(undefined, {}, undefined, 'opengauss')).toMatchObject({ main: undefined, archivingIsOff: false });
  });

  it('go into the file of ALTER SYSTEM where the main file is kept elsewhere', () => {
    const outcome = run(undefined, { set: [{ name: 'port', value: text('6000') }] }, 'port = 1\n');
    expect(outcome).toMatchObject({ made: ['postgresql.conf'], overriding: "port = '6000'\narchive_mode = 'off'\n" });
    expect(outcome.main).not.toContain('port');
  });

  it('what is set wins over the file of ALTER SYSTEM', () => {
    const outcome = run('port = 1\n', { set: [{ name: 'port', value: text('6000') }] }, "port = '2'\n");
    expect(outcome).toMatchObject({ main: "port = '6000'\n", overriding: "archive_mode = 'off'\n" });
  });

  it('lose a data directory and an old recovery target', () => {
    const outcome = run("data_directory = '/old'\n", {}, "recovery_target_xid = '5'\nrecovery_target = ''\n");
    expect(outcome.main).toBe("#data_directory = '/old'\n");
    expect(outcome.overriding).toBe("archive_mode = 'off'\n");
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
    const low = run('max_connections = 100\n', { archiving: 'preserve', limits });
    expect(low.main).toBe("max_connections = '200'\n");
    expect(low.changed).toEqual([{ name: 'max_connections', value: '200' }]);
    expect(run('max_connections = 0x200\n', { archiving: 'preserve', limits }).changed).toEqual([]);
    expect(
      run('max_connections = 100\n', { archiving: 'preserve', limits }, "max_connections = '300'\n").changed,
    ).toEqual([]);
    expect(
      run("include_dir = 'conf.d'\n", { archiving: 'preserve', limits }).changed.map(({ name }) => name),
    ).toContain('max_worker_processes');
    const own = { name: 'max_connections', value: text('20') };
    expect(run('', { archiving: 'preserve', limits, set: [own] }).changed).toEqual([own]);
    // openGauss has other defaults.
    const unset = run(
      '',
      { archiving: 'preserve', limits: [limit('max_prepared_transactions', 20)] },
      undefined,
      'opengauss',
    );
    expect(unset.changed).toContainEqual({ name: 'max_prepared_transactions', value: '20' });
  });

  it('tell whether the copy can be asked while it recovers', () => {
    expect(run('').hotStandby).toBe(true);
    expect(run('hot_standby = off\n').hotStandby).toBe(false);
    expect(run('hot_standby = off\n', {}, 'hot_standby = on\n').hotStandby).toBe(true);
  });
});

const limits = {
  maxConnections: 300,
  maxWorkerProcesses: 8,
  maxWalSenders: undefined,
  maxPreparedTransactions: 20,
  maxLocksPerTransaction: 64,
};

describe('a backup without its configuration', () => {
  it('gets what recovery checks, and local connections only', () => {
    const outcome = run(undefined, {}, undefined, 'postgresql', { hasHba: false, hasIdent: false, limits });
    expect(outcome.made).toEqual(['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']);
    const lines = (content: string | undefined): string[] =>
      (content ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines(outcome.main)).toEqual([
      'max_connections = 300',
      'max_worker_processes = 8',
      'max_prepared_transactions = 20',
      'max_locks_per_transaction = 64',
    ]);
    expect(lines(outcome.files.get(text('pg_hba.conf')))).toEqual([
      'local all all peer map=gausskeep',
      'local replication all peer map=gausskeep',
    ]);
    expect(lines(outcome.files.get(text('pg_ident.conf')))).toEqual([
      'gausskeep /^(.*)$ \\1',
      'gausskeep "postgres" postgres',
    ]);
    const kept = run(undefined, {}, undefined, 'postgresql', { hasHba: false });
    expect(lines(kept.files.get(text('pg_hba.conf')))).toEqual(['local all all peer', 'local replication all peer']);
    expect(kept.files.has(text('pg_ident.conf'))).toBe(false);
  });

  it.each([
    ['may not write to the place of packages', false, {}, '/tmp'],
    ['may write there', true, {}, undefined],
    ['is given another', false, { set: [{ name: 'unix_socket_directories', value: text('/own') }] }, '/own'],
  ])('gets a directory for its socket where its account %s', (_, isWritableThere, request, expected) => {
    const host = { isReadable: () => true, isWritableDirectory: () => isWritableThere };
    const outcome = run(undefined, { host, ...request }, undefined, 'postgresql', { hasHba: true });
    const files = `${outcome.main ?? ''}${outcome.overriding ?? ''}`;
    expect(/^unix_socket_directories = '(.*)'$/m.exec(files)?.[1]).toBe(expected);
    const moved = { name: 'unix_socket_directories', from: '/var/run/postgresql', to: '/tmp' };
    expect(outcome.moved).toEqual(expected === '/tmp' ? [moved] : []);
    // A configuration that the source keeps where it belongs is left as it is.
    expect(run('port = 1\n', { host }, undefined, 'postgresql', { hasHba: true }).moved).toEqual([]);
  });

  it('leaves out what it includes from places that are not on this host, however they are written', () => {
    const host = { isReadable: (path: ByteString) => path === '/there.conf', isWritableDirectory: () => true };
    const lines = ["include '../gone.conf'", 'include_dir /gone.d', "include '../there.conf'", 'include own.conf'];
    const outcome = run(lines.join('\n'), { host }, undefined, 'postgresql', { hasHba: true });
    expect(outcome.main?.split('\n').slice(0, 4)).toEqual([`#${lines[0]}`, `#${lines[1]}`, ...lines.slice(2)]);
    expect(outcome.disabled.map(({ value }) => value)).toEqual(['../gone.conf', '/gone.d']);
  });

  it('of openGauss gets nothing: its configuration is in the data directory', () => {
    const outcome = run(undefined, {}, undefined, 'opengauss', { hasHba: false, hasIdent: false });
    expect(outcome).toMatchObject({ main: undefined, made: [] });
    expect(outcome.files.size).toBe(0);
  });
});

describe('configuration that was taken along', () => {
  const origin = {
    configFile: '/etc/postgresql/15/main/postgresql.conf',
    hbaFile: '/etc/postgresql/15/main/pg_hba.conf',
    identFile: '/etc/postgresql/15/main/pg_ident.conf',
    configDirectory: '/etc/postgresql/15/main',
  };
  const debian = [
    "data_directory = '/var/lib/postgresql/15/main'",
    "hba_file = '/etc/postgresql/15/main/pg_hba.conf'",
    "ident_file = '/etc/postgresql/15/main/pg_ident.conf'",
    "external_pid_file = '/var/run/postgresql/15-main.pid'",
    'port = 5433',
    'max_connections = 200',
    "unix_socket_directories = '/var/run/postgresql, /gone'",
    'ssl = on',
    "ssl_cert_file = '/gone/cert.pem'",
    'archive_mode = on',
    "archive_command = 'cp %p /archive/%f'",
    "include_dir = 'conf.d'",
    "include '/etc/postgresql/15/main/site.conf'",
    "include '/etc/shared.conf'",
    '',
  ].join('\n');
  const taken = (files: Record<string, string>, from = origin): ConfigurationOutcome =>
    run('stale = 1\n', { host }, undefined, 'postgresql', {
      hasHba: false,
      hasIdent: false,
      outside: {
        origin: from,
        files: new Map(Object.entries(files).map(([name, value]) => [text(name), text(value)])),
      },
    });
  const host = {
    isReadable: (path: ByteString) => !path.startsWith('/gone'),
    isWritableDirectory: (path: ByteString) => !path.startsWith('/gone'),
  };

  it('goes into the copy without what belongs to the source or is not there', () => {
    const outcome = taken({
      'postgresql.conf': debian,
      'pg_hba.conf': 'local all all peer\n',
      'pg_ident.conf': '# none\n',
      'conf.d/10-x.conf': "port = 5444\nhba_file = '/x'\narchive_mode = always\nwork_mem = 5MB\n",
      'site.conf': 'work_mem = 6MB\n',
      'global/pg_control': 'x',
      'recovery.signal': '',
    });
    expect(outcome.main?.split('\n')).toEqual([
      "#data_directory = '/var/lib/postgresql/15/main'",
      "#hba_file = '/etc/postgresql/15/main/pg_hba.conf'",
      "#ident_file = '/etc/postgresql/15/main/pg_ident.conf'",
      "#external_pid_file = '/var/run/postgresql/15-main.pid'",
      '#port = 5433',
      'max_connections = 200',
      "#unix_socket_directories = '/var/run/postgresql, /gone'",
      'ssl = on',
      "#ssl_cert_file = '/gone/cert.pem'",
      'archive_mode = on',
      "archive_command = 'cp %p /archive/%f'",
      "include_dir 'conf.d'",
      "include 'site.conf'",
      "#include '/etc/shared.conf'",
      "unix_socket_directories = '/var/run/postgresql'",
      "ssl = 'off'",
      "archive_mode = 'off'",
      '',
    ]);
    expect(outcome.overriding).toBe("archive_mode = 'off'\n");
    expect(outcome.files.get(text('conf.d/10-x.conf'))).toBe(
      "#port = 5444\n#hba_file = '/x'\narchive_mode = always\nwork_mem = 5MB\n",
    );
    expect([...outcome.files.keys()].sort()).toEqual(['conf.d/10-x.conf', 'pg_hba.conf', 'pg_ident.conf', 'site.conf']);
    expect(outcome.leftOut).toEqual(['global/pg_control', 'recovery.signal']);
    expect(outcome).toMatchObject({ made: [], directories: ['conf.d'], takenFrom: '/etc/postgresql/15/main' });
    expect(outcome).toMatchObject({ archivingStopped: true, archiveCommand: 'cp %p /archive/%f' });
  });

  it('may lie deeper in the directory, and makes what it lacks', () => {
    const outcome = taken(
      { '15/main/postgresql.conf': "include_dir = '../../shared'\n", 'shared/a.conf': 'port = 1\n', '15/main/x': 'y' },
      { ...origin, configDirectory: '/etc/postgresql' },
    );
    expect(outcome.main).toContain("#include_dir = '../../shared'");
    expect(outcome.leftOut).toEqual(['shared/a.conf']);
    expect([...outcome.files.keys()]).toEqual(['x', 'pg_hba.conf', 'pg_ident.conf']);
    expect(outcome.made).toEqual(['pg_hba.conf', 'pg_ident.conf']);
  });

  it('without a postgresql.conf is that of the data directory, and files include each other for ever', () => {
    expect(taken({ 'pg_hba.conf': 'x\n' }).main).toBe('stale = 1\n');
    const outcome = taken({ 'postgresql.conf': "include 'a.conf'\n", 'a.conf': "include 'a.conf'\nport = 1\n" });
    expect(outcome.files.get(text('a.conf'))).toContain('#port = 1');
  });
});
