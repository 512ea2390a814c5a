/** The command line of gs_basebackup: what is refused before anything is done, and that every spelling takes effect. */
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import * as zlib from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { exists, newTarget } from '../support/backups.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** Nothing listens there: an attempt to connect would show. */
const nowhere = { PGHOST: '127.0.0.1', PGPORT: '1' };

function run(args: readonly string[], calledAs?: string): Promise<ProgramResult> {
  return runProgram('gs_basebackup', args, { env: nowhere, ...(calledAs === undefined ? {} : { calledAs }) });
}

/** The first line of the refusal; status 1 and nothing on standard output are checked here. */
async function refusal(args: readonly string[], calledAs?: string): Promise<string> {
  const result = await run(args, calledAs);
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).not.toContain('connection');
  return result.stderr.split('\n')[0] ?? '';
}

describe('help and version', () => {
  it('show what was asked for and succeed (BB-01)', async () => {
    for (const flag of ['--help', '-?']) {
      const { status, stdout, stderr } = await run([flag]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^gs_basebackup takes a base backup .*PostgreSQL/);
      for (const option of [
        ...['-D, --pgdata=', '-c, --checkpoint=', '-l, --label=', '-P, --progress', '-v, --verbose', '-V, --version'],
        ...[
          '-?, --help',
          '-T, --tablespace-mapping=',
          '-F, --format=',
          '-X, --xlog-method=',
          '-x, --xlog',
          '-z, --gzip',
        ],
        ...['-Z, --compress=', '-h, --host=', '-p, --port=', '-U, --username=', '-s, --status-interval='],
        ...['-t, --rw-timeout=', '-w, --no-password', '-W, --password', '-r, --max-rate=', '-N', '-n', '--waldir='],
        ...['--no-slot', '--no-manifest'],
      ]) {
        expect(stdout).toContain(option);
      }
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
    for (const flag of ['--version', '-V']) {
      const { status, stdout, stderr } = await run([flag]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^gs_basebackup \(gausskeep\) \d+\.\d+\.\d+\n$/);
    }
    expect((await run(['-D', 'x', '-V'])).stdout).toMatch(/^gs_basebackup \(gausskeep\) /);
  });

  it('a link of another name is that program, in every message', async () => {
    expect((await run(['--version'], 'pg_basebackup')).stdout).toMatch(/^pg_basebackup \(gausskeep\) /);
    expect((await run(['--help'], 'pg_basebackup')).stdout).toContain('\n  pg_basebackup [OPTION]...');
    expect(await refusal([], 'pg_basebackup')).toBe(
      'pg_basebackup: error: must specify output directory or backup target',
    );
    expect((await run([], 'pg_basebackup')).stderr).toContain('Try "pg_basebackup --help" for more information.');
    expect(await refusal(['-D', 'x', '-X', 'y'], 'pg_basebackup')).toContain('invalid wal-method option "y"');
  });
});

describe('a wrong command line is refused before any connection', () => {
  const target = '/nonexistent/target';

  it.each<[string, readonly string[], string]>([
    ['no target (BB-02)', [], 'no target directory specified'],
    ['unknown option (BB-01)', ['--not-a-valid-option'], 'unrecognized option "--not-a-valid-option"'],
    ['unknown letter', ['-k'], 'unrecognized option "-k"'],
    ['missing value', ['-D'], 'option "-D" requires an argument'],
    ['value for a switch', ['-D', target, '--verbose=1'], 'option "--verbose" does not take an argument'],
    ['a word too many', ['-D', target, 'word'], 'too many command-line arguments (first is "word")'],
    ['-P takes no value', ['-D', target, '-P', 'json'], 'too many command-line arguments (first is "json")'],
    ['--progress=other', ['-D', target, '--progress=fast'], 'invalid progress style "fast", must be "json"'],
    ['format', ['-D', target, '-F', 'zip'], 'invalid output format "zip", must be "plain" or "tar"'],
    [
      'WAL method',
      ['-D', target, '-X', 'all'],
      'invalid xlog-method option "all", must be "fetch", "stream", or "none"',
    ],
    ['-x with another method', ['-D', target, '-x', '-X', 'stream'], 'cannot specify both --xlog and --xlog-method'],
    ['checkpoint', ['-D', target, '-c', 'slow'], 'invalid checkpoint argument "slow", must be "fast" or "spread"'],
    ['level', ['-D', target, '-Ft', '-Z', '10'], 'invalid compression level "10"'],
    ['negative level', ['-D', target, '-Ft', '-Z-1'], 'invalid compression level "-1"'],
    ['level of none (BB-03)', ['-D', target, '-Ft', '-Z', 'none:1'], '"none" does not accept a compression level'],
    ['bad separator (BB-04)', ['-D', target, '-Ft', '-Z', 'none+'], 'unrecognized compression algorithm: "none+"'],
    ['unknown algorithm', ['-D', target, '-Ft', '-Z', 'rar'], 'unrecognized compression algorithm: "rar"'],
    ['level out of range', ['-D', target, '-Ft', '-Z', 'gzip:236'], 'expects a compression level between 1 and 9'],
    [
      'empty detail',
      ['-D', target, '-Ft', '-Z', 'gzip:'],
      'found empty string where a compression option was expected',
    ],
    ['-z on plain output', ['-D', target, '-z'], 'only tar mode backups can be compressed'],
    ['-Z on plain output', ['-D', target, '-Z', '3'], 'only tar mode backups can be compressed'],
    ['-Z gzip on plain output', ['-D', target, '-Z', 'gzip'], 'only tar mode backups can be compressed'],
    ['status interval', ['-D', target, '-s', 'often'], 'invalid status interval "often"'],
    ['time-out', ['-D', target, '--rw-timeout=-1'], 'invalid read/write timeout "-1"'],
    [
      'target of the server',
      ['-D', target, '-t', 'blackhole'],
      'cannot specify both output directory and backup target',
    ],
    ['rate too small', ['-D', target, '-r', '31'], 'transfer rate "31" is out of range'],
    ['rate too large', ['-D', target, '-r', '1025M'], 'transfer rate "1025M" is out of range'],
    ['rate unit', ['-D', target, '-r', '1x'], 'invalid --max-rate unit: "x"'],
    ['port', ['-D', target, '-p', '70000'], 'invalid port number: "70000"'],
    ['plain to stdout', ['-D', '-'], 'cannot write a plain backup to stdout'],
    ['stream to stdout', ['-D', '-', '-Ft'], 'cannot stream write-ahead logs in tar mode to stdout'],
    [
      'waldir in tar',
      ['-D', target, '-Ft', '--waldir=/x'],
      'WAL directory location can only be specified in plain mode',
    ],
    ['relative waldir', ['-D', target, '--waldir=x'], 'WAL directory location must be an absolute path'],
    ['slot without stream', ['-D', target, '-Xf', '-S', 's'], 'replication slots can only be used with WAL streaming'],
    ['slot and no slot', ['-D', target, '-S', 's', '--no-slot'], '--no-slot cannot be used with slot name'],
    ['create without slot', ['-D', target, '-C'], '--create-slot needs a slot to be specified using --slot'],
    ['-w and -W', ['-D', target, '-wW'], 'options -w/--no-password and -W/--password cannot be used together'],
  ])('%s', async (_name, args, sentence) => {
    const line = await refusal(args);
    expect(line).toMatch(/^gs_basebackup: error: /);
    expect(line).toContain(sentence);
  });

  it.each<[string, string]>([
    ['=/new', 'invalid tablespace mapping format "=/new", must be "OLDDIR=NEWDIR"'],
    ['/old=', 'invalid tablespace mapping format "/old=", must be "OLDDIR=NEWDIR"'],
    ['/old', 'invalid tablespace mapping format "/old", must be "OLDDIR=NEWDIR"'],
    ['/old=/new=/other', 'multiple "=" signs in tablespace mapping'],
    ['old=/new', 'old directory is not an absolute path in tablespace mapping: old'],
    ['/old=new', 'new directory is not an absolute path in tablespace mapping: new'],
  ])('the tablespace mapping %s (BB-17)', async (mapping, sentence) => {
    expect(await refusal(['-D', target, '-T', mapping])).toBe(`gs_basebackup: error: ${sentence}`);
    expect(await refusal(['-D', target, `--tablespace-mapping=${mapping}`])).toBe(`gs_basebackup: error: ${sentence}`);
  });

  it.each([
    ['-W', 'Secret#1'],
    ['-WSecret#1'],
    ['--password=Secret#1'],
    ['--password', 'Secret#1'],
    ['-vW', 'Secret#1', '-P'],
  ])('a word after -W, which is not repeated: %s', async (...args) => {
    const result = await run(['-D', target, ...args]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('takes no value: the password is asked for on the terminal');
    expect(result.stderr).not.toMatch(/ecret|#1/);
  });

  it('a codec whose package is not installed is missed before anybody is asked for a connection', async () => {
    const home = temporaryDirectory('without-packages');
    cpSync(dirname(programPath('gs_basebackup')), join(home, 'dist'), { recursive: true });
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }');
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const program = join(home, 'dist', 'gs_basebackup.js');
    const call = (...args: string[]) =>
      startCommand(process.execPath, [program, '-h', '127.0.0.1', '-p', String(port), '-U', 'x', ...args], {}).result;
    const missing: [string, string, ...string[]][] = [['lz4', 'lz4-napi', '-Ft', '-Z', 'lz4']];
    if (!('zstdCompress' in zlib)) {
      missing.push(
        ['zstd', '@cloudpss/zstd', '-Ft', '-Z', 'zstd'],
        ['zstd', '@cloudpss/zstd', '-Fp', '-Z', 'server-zstd'],
      );
    }
    for (const [codec, name, ...args] of missing) {
      const missed = await call('-D', newTarget(), ...args);
      expect(missed).toMatchObject({ status: 1, stdout: '' });
      expect(missed.stderr).toMatch(
        new RegExp(`^gs_basebackup: error: ${codec} needs the npm package ${name}, which is not installed`),
      );
      expect(missed.stderr).toContain(`npm install ${name}`);
    }
    expect(connections).toBe(0);
    // It is the package that is missing, not the listener.
    expect(await call('-D', newTarget(), '-Ft', '-Z', 'gzip')).toMatchObject({ status: 1 });
    expect(connections).toBeGreaterThan(0);
    listener.close();
  });

  it('a target with something in it stays as it is (BB-09)', async () => {
    const directory = join(temporaryDirectory(), 'full');
    mkdirSync(directory);
    writeFileSync(join(directory, 'mine'), 'precious');
    const line = await refusal(['-D', directory]);
    expect(line).toBe(`gs_basebackup: error: directory "${directory}" exists but is not empty`);
    expect(readdirSync(directory)).toEqual(['mine']);
    expect(readFileSync(join(directory, 'mine'), 'utf8')).toBe('precious');
    const wal = await refusal(['-D', newTarget(), `--waldir=${directory}`]);
    expect(wal).toContain(`directory "${directory}" exists but is not empty`);
    expect(await refusal(['-D', join(directory, 'mine')])).toContain(`"${join(directory, 'mine')}" is not a directory`);
    const link = join(directory, 'link');
    symlinkSync('/nowhere', link);
    expect(await refusal(['-D', link])).toBe(
      `gs_basebackup: error: "${link}" is a link to "/nowhere", which is not there`,
    );
    const target = newTarget();
    expect(await refusal(['-D', target, `--waldir=${target}/pg_wal`])).toContain('is the place of the link to it');
    expect(existsSync(target)).toBe(false);
  });
});

forEachServer('full', (version) => {
  let server: PostgresServer;

  /** What the server was asked, as its log has it. */
  async function commandsOf(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const before = server.log().length;
    const result = await runProgram('gs_basebackup', args, { env: { ...server.environment(), ...env } });
    expect(result).toMatchObject({ status: 0, stdout: '' });
    return server.log().slice(before);
  }

  beforeAll(async () => {
    server = await startServer({ version, config: { log_replication_commands: true, log_connections: true } });
  });

  const framed = version >= 15;

  it('long names with "=" take effect', async () => {
    const target = newTarget();
    const log = await commandsOf([
      ...[`--pgdata=${target}`, '--format=plain', '--checkpoint=fast', '--label=a "label"', '--xlog-method=stream'],
      ...['--max-rate=100M', '--status-interval=7', '--rw-timeout=60', '--no-password', '--no-sync', '--no-clean'],
      ...[`--host=${server.host}`, `--port=${server.port}`, '--username=postgres', '--tablespace-mapping=/a=/b'],
    ]);
    expect(log).toContain(`LABEL 'a "label"'`);
    expect(log).toMatch(framed ? /CHECKPOINT '?fast/i : /BASE_BACKUP.* FAST/);
    expect(log).toMatch(/MAX_RATE 102400/);
    expect(log).toMatch(/START_REPLICATION SLOT/);
    expect(readFileSync(join(target, 'backup_label'), 'utf8')).toContain('LABEL: a "label"\n');
  });

  it('short forms, attached and clustered, take effect', async () => {
    const target = newTarget();
    const { host, port } = server;
    const args = [`-D${target}`, '-Ft', '-cfast', "-lit's", '-Xfetch', '-r1M', '-s7', '-t60', '-zNnPvw', `-h${host}`];
    const log = await commandsOf([...args, `-p${port}`, '-Upostgres', '-T/a=/b'].filter((word) => word !== '-r1M'));
    expect(log).toContain("LABEL 'it''s'");
    expect(log).toMatch(/BASE_BACKUP.*\bWAL\b/);
    expect(log).not.toContain('START_REPLICATION');
    expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar.gz']);
  });

  it('short forms with a word of their own, two mappings, -x and a level', async () => {
    const target = newTarget();
    const args = ['-D', target, '-F', 'tar', '-c', 'fast', '-x', '-Z', '3', '-T', '/a=/b', '-T', '/c=/d', '-P', '-v'];
    const log = await commandsOf([...args, '-N']);
    expect(log).toMatch(/BASE_BACKUP.*\bWAL\b/);
    expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar.gz']);
  });

  it('the rest of the spellings: --xlog, --wal-method, --gzip, --compress, abbreviations', async () => {
    const seen = async (...args: string[]): Promise<string[]> => {
      const target = newTarget();
      const options = ['-D', target, '-N', '-c', 'fast', '--no-manifest', ...args];
      await commandsOf(options);
      return readdirSync(target).sort();
    };
    expect(await seen('-Ft', '--xlog', '--gzip')).toEqual(['base.tar.gz']);
    expect(await seen('--format=t', '--wal-method=none', '--compress=0')).toEqual(['base.tar']);
    expect(await seen('--form=tar', '--xlog-m', 'n', '--compress', 'client-gzip:2')).toEqual(['base.tar.gz']);
    expect(await seen('-Ft', '-Xn', '-Z', 'none')).toEqual(['base.tar']);
    expect(await seen('-Ft', '-X', 'stream', '-Z0')).toEqual(['base.tar', 'pg_wal.tar']);
  });

  it('defaults: spread checkpoint, streamed WAL, plain, the label of the program, a temporary slot', async () => {
    const target = newTarget();
    const log = await commandsOf(['-D', target]);
    expect(log).not.toMatch(/BASE_BACKUP.*(?:FAST|'fast')/);
    expect(log).toMatch(/CREATE_REPLICATION_SLOT "gs_basebackup_\w+" TEMPORARY PHYSICAL/);
    expect(readFileSync(join(target, 'backup_label'), 'utf8')).toContain('LABEL: gs_basebackup base backup\n');
    expect(exists(join(target, 'PG_VERSION'))).toBe(true);
    expect(log).toContain('gs_basebackup');
  });
});
