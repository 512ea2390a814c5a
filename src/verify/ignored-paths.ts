import { posix } from 'node:path';
import type { ByteString } from '../bytes/byte-string.ts';

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
