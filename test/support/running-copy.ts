import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { giveToServerUser } from './postgres/server-user.ts';
import { runProgram, type ProgramResult } from './programs.ts';
import { runDirectory } from './run-directory.ts';

export interface CopyPlace {
  readonly port: number;
  readonly sockets: string;
  readonly bindir: string;
  /** The superuser. */
  readonly user?: string;
}

/** A restored directory that `gausskeep recover` has opened, as a user would: nothing of it is edited before. */
export class RunningCopy {
  readonly directory: string;
  readonly #port: number;
  readonly #sockets: string;
  readonly #pid: number;
  readonly #user: string;
  #stopped = false;

  private constructor(directory: string, port: number, sockets: string, pid: number, user: string) {
    this.directory = directory;
    this.#port = port;
    this.#sockets = sockets;
    this.#pid = pid;
    this.#user = user;
  }

  static async open(
    directory: string,
    { port, sockets, bindir, user = 'postgres' }: CopyPlace,
    more: readonly string[] = [],
  ): Promise<RunningCopy> {
    const args = ['--pgdata', directory, '--bindir', bindir, '--username', user, ...more];
    const start = () => runProgram('gausskeep', ['recover', ...args]);
    return RunningCopy.startedBy(start, directory, { port, sockets, user });
  }

  /** One that a command has started, for example one that was printed. */
  static async startedBy(
    start: () => Promise<ProgramResult>,
    directory: string,
    { port, sockets, user = 'postgres' }: Omit<CopyPlace, 'bindir'>,
  ): Promise<RunningCopy> {
    const { status, stdout, stderr } = await start();
    const pidFile = join(directory, 'postmaster.pid');
    const pid = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : undefined;
    if (pid !== undefined) runDirectory().guard(pid);
    if (status !== 0 || pid === undefined) {
      throw new Error(`the copy did not start: status ${String(status)}\n${stdout}${stderr}`);
    }
    const copy = new RunningCopy(directory, port, sockets, pid, user);
    await copy.#letUsIn();
    return copy;
  }

  async sql<Row extends QueryResultRow = QueryResultRow>(text: string): Promise<Row[]> {
    const client = new Client({ host: this.#sockets, port: this.#port, user: this.#user, database: 'postgres' });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** The first column of the first row, as text. */
  async value(text: string): Promise<string> {
    const [row] = await this.sql(text);
    return String(Object.values(row ?? {})[0]);
  }

  async waitFor(query: string): Promise<void> {
    while ((await this.value(query)) !== 'true') await delay(20);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    process.kill(this.#pid, 'SIGINT');
    try {
      for (;;) {
        process.kill(this.#pid, 0);
        await delay(20);
      }
    } catch {
      runDirectory().release(this.#pid);
    }
  }

  /** The test need not be the account of the server; what `recover` needed it had before this. */
  async #letUsIn(): Promise<void> {
    const file = join(this.directory, 'pg_hba.conf');
    writeFileSync(file, `local all all trust\n${readFileSync(file, 'utf8')}`);
    giveToServerUser(file);
    process.kill(this.#pid, 'SIGHUP');
    for (;;) {
      try {
        await this.sql('select 1');
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== '28000') throw error;
        await delay(20);
      }
    }
  }
}
