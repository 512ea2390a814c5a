import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { stagedBinaries } from '../support/postgres/binaries.ts';
import { freePort } from '../support/postgres/free-port.ts';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot } from '../support/postgres/server-user.ts';
import { serverDirectory, startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram, startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';
import { runDirectory } from '../support/run-directory.ts';
import type { S3Server } from '../support/object-store/s3-server.ts';
import { clockAt, fillCalendar } from './calendar.ts';
import { guidePages, reasons, type Fence, type Page } from './pages.ts';
import { inReaderStore, startReaderStore } from './reader-store.ts';
import { writeScript, writeStandIns } from './stand-ins.ts';

/** The programs as they are installed, with the names that they may be called by. */
const links = {
  gs_basebackup: 'gs_basebackup',
  pg_basebackup: 'gs_basebackup',
  gs_tar: 'gs_tar',
  gausskeep: 'gausskeep',
  pg_verifybackup: 'gausskeep',
  pg_receivewal: 'gausskeep',
  pg_receivexlog: 'gausskeep',
};

const serverAccount = runningAsRoot ? 'nobody' : userInfo().username;

let server: PostgresServer;
let programs: string;
/** Where a copy listens that a page starts. */
let copyPort: number;
let store: S3Server;

beforeAll(async () => {
  server = await startServer({ version: 17, config: { archive_mode: true } });
  await loadData(await server.client(), { rows: 500, tables: 1 });
  await server.createReplicationUser('backup');
  copyPort = await freePort();
  store = await startReaderStore();
  programs = temporaryDirectory('programs');
  for (const [name, program] of Object.entries(links)) symlinkSync(programPath(program), join(programs, name));
});

afterAll(async () => {
  await stopAllServers();
  await store.close();
  runDirectory().clear();
});

/** The story of one page: what its blocks share. */
class Story {
  readonly #root = temporaryDirectory('story');
  readonly #archive = serverDirectory('archive');
  readonly #openGauss = join(this.#root, 'opengauss');
  /** Pages share the store, and no bucket. */
  readonly #bucket = `backups-${basename(this.#root).toLowerCase()}`;
  #output = '';

  constructor() {
    mkdirSync(join(this.#root, 'backups'));
    store.createBucket(this.#bucket);
    // As on Debian: the configuration beside the data directory.
    mkdirSync(join(this.#root, 'etc'));
    for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
      copyFileSync(join(server.dataDirectory, name), join(this.#root, 'etc', name));
    }
  }

  get backups(): string {
    return join(this.#root, 'backups');
  }

  async play(fence: Fence): Promise<void> {
    const [mark] = fence.words;
    if (fence.language === 'sh' && isStoodIn(fence)) await this.#standIn(fence);
    else if (fence.language === 'sh' && mark === 'run') await this.#run(fence);
    else if (fence.language === 'sql' && mark === 'run') await this.#sql(fence);
    else if (fence.language === 'sql' && mark === 'until-true') await server.waitFor(this.real(fence.text));
    else if (fence.language === 'text' && mark === 'output') this.#compare(fence);
  }

  async #run(fence: Fence): Promise<void> {
    const expected = Number(fence.words.find((word) => word.startsWith('status='))?.slice('status='.length) ?? '0');
    const time = fence.words.find((word) => word.startsWith('at='))?.slice('at='.length);
    const clock = time === undefined ? {} : await this.#clock(time);
    const configuration = join(this.#root, 'etc/gausskeep/gausskeep.toml');
    const configured = existsSync(configuration) ? { GAUSSKEEP_CONFIG: configuration } : {};
    // The programs of the server too, as on its host: `recover` looks for them.
    const path = [programs, join(stagedBinaries(17), 'bin'), process.env['PATH'] ?? ''].join(delimiter);
    const { result, stdin } = startCommand('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${this.real(fence.text)}`], {
      cwd: this.#root,
      env: { PATH: path, ...server.environment(), ...configured, ...clock },
      // Several programs one after another: what hangs is ended by the time of the test.
      timeoutMs: 3_600_000,
    });
    stdin.end();
    const { status, stdout } = await result;
    // What the page says to run as the account of the server ran as root here.
    giveToServerUser(this.#archive);
    this.#guardCopies();
    this.#output = stdout;
    expect({ status, stdout }).toMatchObject({ status: expected });
  }

  /** The clock of `time` for a block about `/backups/calendar`, which has a backup of every night of a year and more before it. */
  async #clock(time: string): Promise<Readonly<Record<string, string>>> {
    const calendar = join(this.backups, 'calendar');
    if (!existsSync(calendar)) {
      const host = `-h ${server.host} -p ${String(server.port)} -U backup -c fast`.split(' ');
      const env = server.environment();
      expect(await runProgram('gausskeep', ['repo', 'init', calendar])).toMatchObject({ status: 0 });
      const words = ['backup', '--repo', calendar, '--instance', 'orders', ...host];
      expect(await runProgram('gausskeep', words, { env })).toMatchObject({ status: 0 });
      await fillCalendar(calendar, { last: '2026-12-01', nights: 400 });
    }
    return clockAt(time, this.#root);
  }

  /** What a page has started ends with the tests. */
  #guardCopies(): void {
    const restored = join(this.#root, 'restored');
    for (const name of existsSync(restored) ? readdirSync(restored) : []) {
      const file = join(restored, name, 'postmaster.pid');
      if (existsSync(file)) runDirectory().guard(Number.parseInt(readFileSync(file, 'utf8'), 10));
    }
  }

  /** Where the block finds what it needs, and what must be true when it has run. */
  async #standIn(fence: Fence): Promise<void> {
    const [mark = ''] = fence.words;
    const text =
      mark === 'opengauss-only' || mark === 'needs-root' ? await this.#elsewhere(fence.text) : this.real(fence.text);
    const made = { prefix: join(this.#root, 'prefix'), programs };
    const standIns = writeStandIns(join(this.#root, 'stand-ins'), made);
    const run = (line: string, cwd = this.#root, first = standIns) => {
      const env = { PATH: `${first}${delimiter}${programs}${delimiter}${process.env['PATH'] ?? ''}` };
      const words = ['-euo', 'pipefail', '-c', `exec 2>&1\n${line}`];
      return startCommand('bash', words, { cwd, env: { ...server.environment(), ...env } }).result;
    };
    if (mark === 'needs-a-schedule') return checkNightly(text, this, run);
    const tablespace = /-T (\S+?)=/.exec(text)?.[1];
    if (tablespace !== undefined) await server.sql(`create tablespace moved location '${tablespace}'`);
    const result = await run(text, mark === 'opengauss-only' ? this.#root : projectRoot);
    if (tablespace !== undefined) await server.sql('drop tablespace moved');
    this.#output = result.stdout;
    expect(result).toMatchObject({ status: 0 });
    if (text.includes('gs_guc')) await this.#checkCommand();
    for (const [, link] of text.matchAll(/"\$\(npm prefix -g\)(\/bin\/\w+)"/g)) {
      const called = await run(`${made.prefix}${link ?? ''} --version`);
      expect(called).toMatchObject({ status: 0, stdout: expect.stringContaining('gausskeep') as string });
    }
  }

  /** The places of a block that is not for the server of the page: an instance of openGauss and its archive, or new ones. */
  async #elsewhere(text: string): Promise<string> {
    if (!existsSync(this.#openGauss)) {
      await writeFixtureWal(join(this.#openGauss, 'data/pg_xlog'));
      mkdirSync(join(this.#openGauss, 'archive'));
      for (const digits of ['26', '27', '28', '29']) {
        const words = ['wal', 'push', `data/pg_xlog/0000000100000000000000${digits}`, '--archive', 'archive'];
        expect(await runProgram('gausskeep', words, { cwd: this.#openGauss })).toMatchObject({ status: 0 });
      }
    }
    return this.real(
      text
        .replaceAll('/data/db', join(this.#openGauss, 'data'))
        .replace('/data/ts1=', `${serverDirectory('ts1')}=`)
        .replace('install -d -o postgres -m 700 /archive', `install -d -o ${serverAccount} -m 700 ${this.#root}/made`)
        .replaceAll(/(?<![\w/.])\/archive\b/g, join(this.#openGauss, 'archive'))
        .replaceAll(/(?<![\w/.])\/backups\b/g, join(this.#openGauss, 'backups')),
    );
  }

  /** The configured command, as openGauss runs it: split at blanks, without a shell. */
  async #checkCommand(): Promise<void> {
    const data = join(this.#openGauss, 'data');
    const configuration = readFileSync(join(data, 'postgresql.conf'), 'utf8');
    const command = /^archive_command = '(.*)'$/m.exec(configuration)?.[1] ?? '';
    const [program = '', ...words] = command.replace('%p', 'pg_xlog/00000001000000000000002A').split(' ');
    const result = await startCommand(program, words, { cwd: data }).result;
    expect(result).toMatchObject({ status: 0, stderr: '' });
  }

  /** Statement by statement, as some of them must not be in a transaction. */
  async #sql(fence: Fence): Promise<void> {
    const statements = this.real(fence.text).split(/;\s*(?:\n|$)/);
    for (const statement of statements) if (statement.trim() !== '') await server.sql(statement);
  }

  /** Each line shown must come in the output of the block before, in this order; `…` stands for anything within a line. */
  #compare(fence: Fence): void {
    const lines = this.#output.split('\n');
    let next = 0;
    for (const shown of this.real(fence.text).split('\n')) {
      const pattern = new RegExp(`^${shown.split('…').map(escaped).join('.*')}$`);
      const found = lines.findIndex((line, index) => index >= next && pattern.test(line));
      expect(found, `"${shown}" is not in the output:\n${this.#output}`).toBeGreaterThanOrEqual(0);
      next = found + 1;
    }
  }

  /** The places of the documentation, moved to where the test may write. */
  real(text: string): string {
    const program = `${process.execPath} ${programPath('gausskeep')}`;
    return inReaderStore(text, store, this.#bucket)
      .replaceAll('/usr/local/bin/gausskeep', program)
      .replaceAll(/(?<![\w/.])\/(backups|restored|tools)\b/g, `${this.#root}/$1`)
      .replaceAll(/(?<![\w/.])\/archive\b/g, this.#archive)
      .replaceAll('/etc/systemd/system', `${this.#root}/stand-ins/system`)
      .replaceAll('/etc/postgresql/17/main', `${this.#root}/etc`)
      .replaceAll('/etc/gausskeep', `${this.#root}/etc/gausskeep`)
      .replaceAll('/pgdata', server.dataDirectory)
      .replaceAll(/(?<![\w/.])examples\//g, `${projectRoot}/examples/`)
      .replaceAll(/\b5433\b/g, String(copyPort))
      .replaceAll('--owner postgres', `--owner ${serverAccount}`)
      .replaceAll('db.example.org 5432', `${server.host} ${String(server.port)}`)
      .replaceAll('db.example.org', server.host)
      .replaceAll('-p 5432', `-p ${String(server.port)}`);
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

type Run = (line: string, cwd?: string, first?: string) => Promise<ProgramResult>;

/** The script as cron runs it: twice on one day, then with a verify that fails, then again. */
async function checkNightly(script: string, { backups }: Story, run: Run): Promise<void> {
  const file = join(backups, '..', 'nightly');
  writeScript(file, script);
  const before = readdirSync(backups);
  const added = () => readdirSync(backups).filter((name) => !before.includes(name));
  for (const count of [1, 2]) {
    expect(await run(file)).toMatchObject({ status: 0 });
    expect(added()).toHaveLength(count);
  }
  const failing = temporaryDirectory('failing-verify');
  writeScript(join(failing, 'gausskeep'), 'exit 20');
  expect(await run(file, undefined, failing)).toMatchObject({ status: 20 });
  expect(added()).toHaveLength(2);
  expect(await run(file)).toMatchObject({ status: 0 });
  expect(added()).toHaveLength(3);
  for (const name of added()) {
    expect(readdirSync(join(backups, name))).toContain('base.tar.gz');
    expect(await run(`gausskeep verify -q ${join(backups, name)}`)).toMatchObject({ status: 0 });
  }
}

/** What is run with stand-ins. */
const isStoodIn = ({ language, words: [mark = ''] }: Fence): boolean => language === 'sh' && reasons.includes(mark);

const isPlayed = (fence: Fence): boolean =>
  ['run', 'until-true', 'output'].includes(fence.words[0] ?? '') || isStoodIn(fence);

describe.each(guidePages().filter(({ fences }) => fences.some(isPlayed)))('$path', ({ path, fences }: Page) => {
  let story: Story;
  beforeAll(() => {
    story = new Story();
  });
  it.each(fences.filter(isPlayed))(`${path}:$line`, async (fence) => story.play(fence));
});
