import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { getWal } from '../../src/archiving/get-wal.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { writeFixtureWal } from './fixture-wal.ts';
import { giveToServerUser, serverUser } from './postgres/server-user.ts';
import { programPath, startCommand, temporaryDirectory, type ProgramResult, type RunningProgram } from './programs.ts';

type Env = Readonly<Record<string, string | undefined>>;
const deadline = { timeout: 120_000 };

/**
 * A data directory of an openGauss that has WAL to archive, as its server marks it, without the server: calls of its archive_command are made
 * by the test, as the account that servers run as.
 */
export class MarkedWal {
  /** In the order in which the server asks. */
  readonly names: readonly string[];
  readonly #parent: string;
  readonly #env: Env;
  readonly #words: readonly string[];
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #acknowledged: string[] = [];

  /**
   * @param words behind `wal push FILE --async`
   * @param count of files: the first ones
   */
  static async make(
    words: readonly string[],
    { env = {}, count = Infinity }: { readonly env?: Env; readonly count?: number } = {},
  ): Promise<MarkedWal> {
    const parent = join(temporaryDirectory('marked'), 'parent');
    const wal = join(parent, 'data/pg_xlog');
    const files = new Map([...(await writeFixtureWal(wal))].slice(0, count));
    for (const name of readdirSync(wal)) if (!files.has(name)) rmSync(join(wal, name));
    // As if they had been written a while ago.
    for (const name of files.keys()) utimesSync(join(wal, name), 1_700_000_000.5, 1_700_000_000.5);
    mkdirSync(join(wal, 'archive_status'));
    writeFileSync(join(parent, 'data/PG_VERSION'), '9.2\n');
    for (const name of files.keys()) writeFileSync(join(wal, 'archive_status', `${name}.ready`), '');
    const marked = new MarkedWal(parent, files, words, env);
    marked.startServer();
    giveToServerUser(parent);
    return marked;
  }

  private constructor(parent: string, files: ReadonlyMap<string, Buffer>, words: readonly string[], env: Env) {
    this.#parent = parent;
    this.#files = files;
    this.#words = words;
    this.#env = env;
    this.names = [...files.keys()].sort();
  }

  get data(): string {
    return join(this.#parent, 'data');
  }

  get spool(): string {
    return join(this.#parent, 'data.gausskeep-spool');
  }

  /** Path of a file of WAL. */
  path(name: string): string {
    return join(this.data, 'pg_xlog', name);
  }

  /** An older copy, restored in the same place: nothing of it was archived by its server. */
  replace(): void {
    renameSync(this.data, `${this.data}.before`);
    cpSync(`${this.data}.before`, this.data, { recursive: true, preserveTimestamps: true });
    for (const name of this.names) this.#mark(name);
    giveToServerUser(this.#parent);
  }

  /** Other content of the same size and time, by the hand of somebody; the server asks for it again. */
  change(name: string): void {
    const bytes = Buffer.from(this.#files.get(name)!);
    bytes[0x60] = bytes[0x60]! ^ 1;
    const { mtime } = statSync(this.path(name));
    writeFileSync(this.path(name), bytes);
    utimesSync(this.path(name), mtime, mtime);
    this.#mark(name);
  }

  #mark(name: string): void {
    const mark = join(this.data, 'pg_xlog/archive_status', name);
    rmSync(`${mark}.done`, { force: true });
    writeFileSync(`${mark}.ready`, '');
    giveToServerUser(`${mark}.ready`);
  }

  /** Another life of the server. */
  startServer(pid = 4711): void {
    writeFileSync(join(this.data, 'postmaster.pid'), `${pid}\n${this.data}\n1700000000\n`);
  }

  /** The process that pushes sees it, and ends. */
  async stopServer(): Promise<void> {
    rmSync(join(this.data, 'postmaster.pid'), { force: true });
    await expect.poll(() => this.pusher(), deadline).toBeUndefined();
  }

  /** The folders of its spools. */
  folders(): string[] {
    try {
      return readdirSync(this.spool).map((name) => join(this.spool, name));
    } catch {
      return [];
    }
  }

  /** The names of all that lies in those. */
  notes(): string[] {
    return this.folders().flatMap((folder) => readdirSync(folder));
  }

  /** The process that pushes; undefined: none is at work. */
  pusher(): number | undefined {
    for (const folder of this.folders()) {
      try {
        const { pid } = JSON.parse(readFileSync(join(folder, '.gausskeep.lock'), 'utf8')) as { pid: number };
        // One that was killed and nobody waits for yet is a zombie.
        if (!readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) return pid;
      } catch {
        // Gone, or about to be.
      }
    }
    return undefined;
  }

  /** kill -9, and it is dead. */
  async killPusher(): Promise<void> {
    const pid = this.pusher();
    if (pid === undefined) throw new Error('no process pushes');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => this.pusher() === pid, deadline).toBe(false);
  }

  /** By the lines of sh, as it is installed. */
  start(name: string, more: readonly string[] = [], env: Env = {}): RunningProgram {
    const words = ['wal', 'push', `pg_xlog/${name}`, '--async', ...this.#words, ...more];
    const options = { asUser: serverUser, cwd: this.data, env: { ...this.#env, ...env } };
    const program = startCommand(programPath('gausskeep'), words, options);
    program.stdin.end();
    return program;
  }

  async call(name: string, more: readonly string[] = [], env: Env = {}): Promise<ProgramResult> {
    const result = await this.start(name, more, env).result;
    if (result.status === 0) this.#acknowledged.push(name);
    return result;
  }

  /** As a server does: each until it is told 0, the next then. What it is told is looked at at once. */
  async archive(storage: Storage, names: readonly string[] = this.names): Promise<void> {
    for (const name of names) {
      const result = await this.call(name);
      expect(result, result.stderr).toMatchObject({ status: 0 });
      await this.expectThere(storage, [name]);
      const mark = join(this.data, 'pg_xlog/archive_status', name);
      renameSync(`${mark}.ready`, `${mark}.done`);
    }
  }

  /** What was acknowledged is there, byte for byte; and no receipt has a hole before it. */
  async expectSound(storage: Storage): Promise<void> {
    await this.expectThere(storage, this.#acknowledged);
    const names = await namesOf(storage);
    const segments = this.names.filter((name) => name.length === 24);
    const received = segments.map((name) => names.some((one) => one.endsWith(`/${name}.receipt`)));
    expect(received.includes(true) ? received.lastIndexOf(true) : -1).toBe(received.filter(Boolean).length - 1);
  }

  async expectThere(storage: Storage, names: readonly string[]): Promise<void> {
    const target = join(temporaryDirectory('got'), 'file');
    for (const name of names) {
      expect(await getWal({ storage, name, target }), name).toMatchObject({ outcome: 'found' });
      expect(readFileSync(target).equals(this.#files.get(name)!), name).toBe(true);
    }
  }
}
