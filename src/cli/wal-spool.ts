import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { wholeNumber } from '../config/places.ts';
import { isNoSpace } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import {
  emptySpool,
  isRecoveryOver,
  isRunningLow,
  isSpoolOurs,
  noteAsked,
  prefetchWal,
  serverRunOf,
  takePrefetched,
  type AheadFor,
  type OpenWalRequest,
  type Spool,
} from '../wal-archive.ts';

/** How long whoever fetches ahead waits for the server to ask for more, ms: to open an encrypted repository again takes longer than to fetch a segment. */
const idleMs = 10_000;

/** `--prefetch` and `--spool`: how many, and the absolute path. Undefined: nothing is to be fetched ahead. @throws BackupError `USAGE` */
export function spoolSettings(program: string, given: GivenOptions): { count: number; directory: string } | undefined {
  const count = wholeNumber('--prefetch', given.last('prefetch') ?? '0', 0, 64);
  if (count === 0) return undefined;
  const directory = given.last('spool');
  if (directory === undefined) throw usage(program, say('wal-commands.spool-needed'));
  return { count, directory: resolve(directory) };
}

/** For the words of a restore_command. */
export function spoolWords({ count, directory }: { readonly count: number; readonly directory: string }): string[] {
  return ['--prefetch', count.toString(), '--spool', directory];
}

/** One request of a server for WAL, as far as it concerns the spool in which segments wait. */
export interface SpoolRequest {
  /** What tells archives apart. */
  readonly archive: string;
  /** What the server asks for, and where it wants it. */
  readonly name: string;
  readonly target: string;
}

/** `--prefetch` and `--spool`. It saves time and does nothing else: whatever is wrong with the spool, segments are fetched in the ordinary way. */
export class WalSpool {
  readonly #count: number;
  readonly #spool: Spool;
  readonly #request: SpoolRequest;
  readonly #run: string;

  private constructor(count: number, spool: Spool, request: SpoolRequest, run: string) {
    this.#count = count;
    this.#spool = spool;
    this.#request = request;
    this.#run = run;
  }

  /** Undefined: nothing is to be fetched ahead. @throws BackupError `USAGE` */
  static of(program: string, given: GivenOptions, request: SpoolRequest): WalSpool | undefined {
    const wanted = spoolSettings(program, given);
    if (wanted === undefined) return undefined;
    const { count, directory } = wanted;
    // What was fetched for one run of a server is not given to another: WAL of that name may be another by then.
    const run = serverRunOf(request.target, process.cwd());
    return new WalSpool(count, { directory, archive: `${request.archive}|${run}` }, request, run);
  }

  get directory(): string {
    return this.#spool.directory;
  }

  /** As `takePrefetched`. */
  take(onDamaged: (path: string) => void, signal: AbortSignal): Promise<boolean> {
    const { name, target } = this.#request;
    return takePrefetched(this.#spool, name, target, { signal, onDamaged });
  }

  isUsable(): Promise<boolean> {
    return isSpoolOurs(this.#spool);
  }

  /** Whether there is more room after `error`. */
  async madeRoom(error: unknown): Promise<boolean> {
    return isNoSpace(error) && (await emptySpool(this.#spool));
  }

  /** The server has what it asked for: what it will ask for next is fetched, by another process. */
  async goOn(): Promise<void> {
    const { name } = this.#request;
    await noteAsked(this.#spool, name);
    if (await isRunningLow(name, this.#spool, this.#count)) startPrefetch();
  }

  /** What that process does, as long as the server goes on. */
  async fetchAhead(wal: OpenWalRequest, signal: AbortSignal): Promise<void> {
    const { name, target } = this.#request;
    const isOver = () => isRecoveryOver(this.#run, target, process.cwd());
    const whom = aheadFor(this.#run);
    await prefetchWal({ ...wal, name }, this.#spool, this.#count, { signal, follow: { idleMs, isOver, whom } });
  }
}

/** By the words of this process, which are those of the call that started it (`startPrefetch`). Undefined: the server is not known. */
function aheadFor(run: string): AheadFor | undefined {
  const [workingDirectory = '', first, , began] = run.split('\n');
  const [, , , , ...words] = process.argv.slice(1);
  if (first === undefined || began === undefined || workingDirectory !== process.cwd()) return undefined;
  return { call: words.slice(1).join(' '), server: `${first} ${began}`, workingDirectory };
}

/** With the words of this one, where it was started. It inherits no stdio: openGauss waits until its command's stderr is closed. */
function startPrefetch(): void {
  const [program = '', , , ...words] = process.argv.slice(1);
  const child = spawn(process.execPath, [program, 'wal', 'get', '--prefetch-only', ...words], {
    detached: true,
    stdio: 'ignore',
  });
  // That it could not be started costs time, nothing else.
  child.on('error', () => undefined);
  child.unref();
}
