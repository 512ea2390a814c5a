import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';

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

/** The life of the server of a data directory: number and start of its first process. Undefined: none runs, as far as its file says. */
export function serverLife(dataDirectory: string): string | undefined {
  try {
    const [pid, , started] = readRegular(join(dataDirectory, 'postmaster.pid')).toString('latin1').split('\n');
    return started === undefined ? undefined : `${pid}/${started}`;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
