import { statSync, type Stats } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { fsPath } from '../files/path.ts';
import type { Owner } from '../files/directory-owner.ts';

/** What can be told of places on this host without being the account that the server will run as. */
export interface HostPlaces {
  /** A file that can be read, or a directory that can be listed. */
  isReadable(path: ByteString): boolean;
  isWritableDirectory(path: ByteString): boolean;
}

/** @param groups further groups of the account that the server will run as */
export function hostPlaces(owner: Owner, groups: readonly number[] = []): HostPlaces {
  const may = (stats: Stats, bits: number): boolean => {
    if (stats.uid === owner.uid) return (stats.mode & (bits << 6)) === bits << 6;
    if (stats.gid === owner.gid || groups.includes(stats.gid)) return (stats.mode & (bits << 3)) === bits << 3;
    return (stats.mode & bits) === bits;
  };
  const look = (path: ByteString): Stats | undefined => {
    try {
      return statSync(fsPath(path));
    } catch {
      return undefined;
    }
  };
  return {
    isReadable: (path) => {
      const stats = look(path);
      return stats !== undefined && may(stats, stats.isDirectory() ? 5 : 4);
    },
    isWritableDirectory: (path) => {
      const stats = look(path);
      return stats?.isDirectory() === true && may(stats, 3);
    },
  };
}
