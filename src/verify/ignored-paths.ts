import { posix } from 'node:path';
import type { ByteString } from '../bytes/byte-string.ts';
import type { Manifest } from '../manifest/manifest.ts';

/** Paths that are passed over, with everything below them. */
export class IgnoredPaths {
  readonly #paths = new Set<string>();

  /** @param paths relative to the backup; `a/../b`, `./b` and `b/` are `b` */
  constructor(paths: Iterable<string>) {
    for (const path of paths) this.add(path);
  }

  add(path: string): void {
    this.#paths.add(posix.normalize(path).replace(/\/+$/, ''));
  }

  has(path: ByteString): boolean {
    if (this.#paths.has(path)) return true;
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      if (this.#paths.has(path.slice(0, slash))) return true;
    }
    return false;
  }
}

/**
 * What pg_verifybackup ignores by itself: the manifest, WAL (checked in another way), and what a backup program or an
 * administrator changes after the backup. `pg_xlog` is the name of `pg_wal` before PostgreSQL 10 and in openGauss.
 */
export const alwaysIgnored: readonly string[] = [
  'backup_manifest',
  'pg_wal',
  'pg_xlog',
  'postgresql.auto.conf',
  'recovery.signal',
  'standby.signal',
];

/**
 * Whether `path` is a file of the WAL directory that the manifest lists, and that the user did not leave out.
 * @param ignored `alwaysIgnored` and behind them what the user named
 */
export function isListedWal(path: ByteString, ignored: readonly string[], manifest: Manifest | undefined): boolean {
  if (!/^pg_(?:wal|xlog)\//.test(path) || manifest?.files.has(path) !== true) return false;
  return !new IgnoredPaths(ignored.slice(alwaysIgnored.length)).has(path);
}
