import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeSoundSource } from '../../faults/sound-source.ts';
import { startOpengaussServer, type OpengaussServer } from '../opengauss/server.ts';
import { temporaryDirectory } from '../programs.ts';
import { StoreHost } from './store-host.ts';
import type { StoreUnderTest } from './stores-under-test.ts';

/** Keeps the newest; deletes what was taken off ten minutes ago, the least that there is. */
export const expireToOne: readonly string[] = ['expire', '--keep-last', '1', '--keep-within', '0d', '--grace', '10min'];

/** A repository in a store that several hosts use, and a stand-in server whose backups go into it. */
export class SharedRepository {
  /** Sees to it that everything is right. */
  readonly observer: StoreHost;
  readonly repository: string;
  readonly server: OpengaussServer;
  readonly #hosts: StoreHost[] = [];
  readonly #data: string;
  readonly #store: StoreUnderTest;
  #movedMs = 0;

  private constructor(of: {
    store: StoreUnderTest;
    repository: string;
    server: OpengaussServer;
    data: string;
    observer: StoreHost;
  }) {
    this.#store = of.store;
    this.repository = of.repository;
    this.server = of.server;
    this.#data = of.data;
    this.observer = of.observer;
    this.#hosts.push(of.observer);
  }

  static async make(store: StoreUnderTest): Promise<SharedRepository> {
    const { path: data, tablespaces } = makeSoundSource(join(temporaryDirectory('source'), 'data'), []);
    const server = await startOpengaussServer({ dataDirectory: data, tablespaces });
    const repository = `s3://${await store.createBucket()}/repo`;
    const observer = await StoreHost.start(store.endpoint, repository);
    await observer.done(['repo', 'init', repository]);
    return new SharedRepository({ store, repository, server, data, observer });
  }

  async host(): Promise<StoreHost> {
    const host = await StoreHost.start(this.#store.endpoint, this.repository);
    this.#hosts.push(host);
    return host;
  }

  /** The words of a backup. */
  get backup(): string[] {
    return ['backup', '-c', 'fast', '-h', this.server.host, '-p', String(this.server.sqlPort), '-U', 'backup', '-w'];
  }

  /** What backups have of their own: a file that is another one each time. */
  change(): void {
    writeFileSync(join(this.#data, 'changing'), randomBytes(100_000));
  }

  /** All clocks but that of this machine: the one of the store, and of each host those of programs that start from now on. */
  moveTime(byMs: number): void {
    const { server } = this.#store;
    this.#movedMs += byMs;
    server.clock = () => Date.now() + this.#movedMs;
    for (const host of this.#hosts) host.clockMs += byMs;
  }

  /** The ids of the backups that are on the catalogue, oldest first. */
  async ids(instance = 'gauss'): Promise<string[]> {
    const text = await this.observer.done(['list', '--json', '--instance', instance]);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly id: string; readonly state: string })
      .filter(({ state }) => state === 'complete')
      .map(({ id }) => id);
  }

  get #bucket(): string {
    return this.repository.split('/')[2]!;
  }

  /**
   * Every backup that is listed can be read to its last byte, and nothing of the repository is damaged.
   * @param killed somebody was just killed: what the next run takes up is told as a warning
   * @returns the ids of the backups
   */
  async sound(killed?: 'killed'): Promise<string[]> {
    const ids = await this.ids();
    const verified = await this.observer.run(['verify', '--read-data', '--json']);
    expect(verified.status, verified.stdout + verified.stderr).toBe(0);
    const checked = await this.observer.run(['repo', 'check']);
    expect(killed === undefined ? [0] : [0, 3], checked.stdout + checked.stderr).toContain(checked.status);
    return ids;
  }

  /** Of which backups packs are stored, committed or not. In the in-process server only. */
  packsOf(): string[] {
    const ids = this.#store.server.keys(this.#bucket).map((key) => /\/packs\/([0-9a-f]{32})\//.exec(key)?.[1]);
    return [...new Set(ids.filter((id) => id !== undefined))].sort();
  }

  async close(): Promise<void> {
    if (this.#movedMs !== 0) this.#store.server.clock = Date.now;
    await Promise.all([this.server.stop(), ...this.#hosts.map((host) => host.close())]);
  }
}
