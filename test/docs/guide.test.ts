import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadData } from '../support/postgres/load.ts';
import { giveToServerUser, runningAsRoot } from '../support/postgres/server-user.ts';
import { serverDirectory, startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, startCommand, temporaryDirectory } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { guidePages, type Fence, type Page } from './pages.ts';

/** The programs as they are installed, with the names that they may be called by. */
const links = {
  gs_basebackup: 'gs_basebackup',
  pg_basebackup: 'gs_basebackup',
  gs_tar: 'gs_tar',
  gausskeep: 'gausskeep',
  pg_verifybackup: 'gausskeep',
};

let server: PostgresServer;
let programs: string;

beforeAll(async () => {
  server = await startServer({ version: 17, config: { archive_mode: true } });
  await loadData(await server.client(), { rows: 500, tables: 1 });
  await server.createReplicationUser('backup');
  programs = temporaryDirectory('programs');
  for (const [name, program] of Object.entries(links)) symlinkSync(programPath(program), join(programs, name));
});

afterAll(async () => {
  await stopAllServers();
  runDirectory().clear();
});

/** The story of one page: what its blocks share. */
class Story {
  readonly #root = temporaryDirectory('story');
  readonly #archive = serverDirectory('archive');
  #output = '';

  constructor() {
    mkdirSync(join(this.#root, 'backups'));
    // As on Debian: the configuration beside the data directory.
    mkdirSync(join(this.#root, 'etc'));
    for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
      copyFileSync(join(server.dataDirectory, name), join(this.#root, 'etc', name));
    }
  }

  async play(fence: Fence): Promise<void> {
    const [mark] = fence.words;
    if (fence.language === 'sh' && mark === 'run') await this.#run(fence);
    else if (fence.language === 'sql' && mark === 'run') await this.#sql(fence);
    else if (fence.language === 'sql' && mark === 'until-true') await server.waitFor(this.#real(fence.text));
    else if (fence.language === 'text' && mark === 'output') this.#compare(fence);
  }

  async #run(fence: Fence): Promise<void> {
    const expected = Number(fence.words.find((word) => word.startsWith('status='))?.slice('status='.length) ?? '0');
    const path = `${programs}${delimiter}${process.env['PATH'] ?? ''}`;
    const { result, stdin } = startCommand('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${this.#real(fence.text)}`], {
      cwd: this.#root,
      env: { PATH: path, ...server.environment() },
    });
    stdin.end();
    const { status, stdout } = await result;
    // What the page says to run as the account of the server ran as root here.
    giveToServerUser(this.#archive);
    this.#output = stdout;
    expect({ status, stdout }).toMatchObject({ status: expected });
  }

  /** Statement by statement, as some of them must not be in a transaction. */
  async #sql(fence: Fence): Promise<void> {
    const statements = this.#real(fence.text).split(/;\s*(?:\n|$)/);
    for (const statement of statements) if (statement.trim() !== '') await server.sql(statement);
  }

  /** Each line shown must come in the output of the block before, in this order; `…` stands for anything within a line. */
  #compare(fence: Fence): void {
    const lines = this.#output.split('\n');
    let next = 0;
    for (const shown of this.#real(fence.text).split('\n')) {
      const pattern = new RegExp(`^${shown.split('…').map(escaped).join('.*')}$`);
      const found = lines.findIndex((line, index) => index >= next && pattern.test(line));
      expect(found, `"${shown}" is not in the output:\n${this.#output}`).toBeGreaterThanOrEqual(0);
      next = found + 1;
    }
  }

  /** The places of the documentation, moved to where the test may write. */
  #real(text: string): string {
    const program = `${process.execPath} ${programPath('gausskeep')}`;
    return text
      .replaceAll('/usr/local/bin/gausskeep', program)
      .replaceAll(/(?<![\w/.])\/(backups|restored|tools)\b/g, `${this.#root}/$1`)
      .replaceAll(/(?<![\w/.])\/archive\b/g, this.#archive)
      .replaceAll('/etc/postgresql/17/main', `${this.#root}/etc`)
      .replaceAll('/pgdata', server.dataDirectory)
      .replaceAll('--owner postgres', `--owner ${runningAsRoot ? 'nobody' : userInfo().username}`)
      .replaceAll('db.example.org', server.host)
      .replaceAll('-p 5432', `-p ${String(server.port)}`);
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

const isPlayed = ({ words: [mark] }: Fence): boolean => mark === 'run' || mark === 'until-true' || mark === 'output';

describe.each(guidePages().filter(({ fences }) => fences.some(isPlayed)))('$path', ({ path, fences }: Page) => {
  let story: Story;
  beforeAll(() => {
    story = new Story();
  });
  it.each(fences.filter(isPlayed))(`${path}:$line`, async (fence) => story.play(fence));
});
