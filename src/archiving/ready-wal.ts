import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { fingerprintIfThere } from './fingerprint.ts';

/** Where a server marks what is to be archived, and what was. */
export function statusDirectory(walDirectory: string): string {
  return join(walDirectory, 'archive_status');
}

export function isReady(walDirectory: string, name: string): boolean {
  return existsSync(join(statusDirectory(walDirectory), `${name}.ready`));
}

/** What a server waits to have archived, in the order in which it asks: histories of timelines first, then by name. */
export function readyNames(walDirectory: string): string[] {
  const ready = readdirSync(statusDirectory(walDirectory)).flatMap((name) => {
    const file = name.endsWith('.ready') ? name.slice(0, -'.ready'.length) : undefined;
    return file !== undefined && parseWalFileName(file) !== undefined ? [file] : [];
  });
  const isHistory = (name: string): number => Number(name.endsWith('.history'));
  return ready.sort((a, b) => isHistory(b) - isHistory(a) || (a < b ? -1 : 1));
}

/** The data directory that a WAL directory belongs to, by its name there (the WAL itself may lie elsewhere); undefined: none. */
export function dataDirectoryOf(walDirectory: string, workingDirectory: string): string | undefined {
  return [dirname(walDirectory), workingDirectory].find((directory) => existsSync(join(directory, 'PG_VERSION')));
}

/** File systems keep times to 2 s, or better. */
const youngMs = 3000;

/** Which life the server of a data directory is in, for who asks many times a second: its file is read when it is another one. */
export class ServerWatch {
  readonly #path: string;
  #seen: { readonly file: string; readonly life: string | undefined } | undefined;

  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, 'postmaster.pid');
  }

  /** Number and start of its first process. Undefined: none runs, as far as its file says. */
  life(): string | undefined {
    const file = fingerprintIfThere(this.#path);
    if (file === undefined) return undefined;
    if (file === this.#seen?.file) return this.#seen.life;
    const life = serverLife(this.#path);
    // Another one of the same moment could have the times of a young one.
    const changedMs = Number(file.slice(file.lastIndexOf(':') + 1)) / 1e6;
    this.#seen = Date.now() - changedMs > youngMs ? { file, life } : undefined;
    return life;
  }
}

function serverLife(path: string): string | undefined {
  try {
    const [pid, , started] = readRegular(path).toString('latin1').split('\n');
    return started === undefined ? undefined : `${pid}/${started}`;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
