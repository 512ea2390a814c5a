import { stat, statfs } from 'node:fs/promises';
import { systemCodeOf } from '../errors/backup-error.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from './failure.ts';
import { fsPath, parentPath } from './path.ts';

/** What a place has room for. */
export interface FreeSpace {
  /** In bytes, for the account that writes. */
  readonly freeBytes: bigint;
  /** The same for all places of one file system. */
  readonly device: number;
  /** A byte of a file takes a byte here. False: it may take less (compression), or nobody knows (a network). */
  readonly storesAsWritten: boolean;
}

/** What a file system is to take. */
export interface SpaceNeed {
  /** The first of the places that lie on it. */
  readonly path: ByteString;
  readonly free: FreeSpace;
  /** In bytes. */
  readonly needed: NeededSpace;
}

/** What is to be written, in bytes, by what it is. */
export interface NeededSpace {
  readonly files: bigint;
  readonly wal: bigint;
  readonly manifest: bigint;
}

/**
 * What is free where something is to be written, and how much that is, file system by file system.
 * @param needs absolute paths, with what each takes
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function needsByFileSystem(
  needs: Iterable<readonly [ByteString, Partial<NeededSpace>]>,
): Promise<SpaceNeed[]> {
  const byDevice = new Map<number, SpaceNeed>();
  for (const [path, { files = 0n, wal = 0n, manifest = 0n }] of needs) {
    const free = await freeSpace(path);
    const before = byDevice.get(free.device) ?? { path, free, needed: { files: 0n, wal: 0n, manifest: 0n } };
    const { needed } = before;
    byDevice.set(free.device, {
      ...before,
      needed: { files: needed.files + files, wal: needed.wal + wal, manifest: needed.manifest + manifest },
    });
  }
  return [...byDevice.values()];
}

/**
 * Types of file systems that do not compress what they are given. Source: statfs(2): ext2 to ext4, XFS, tmpfs, overlayfs (that of
 * containers, which lies on one of the first two), proc (which takes nothing at all).
 */
const plainTypes: ReadonlySet<bigint> = new Set([0xef53n, 0x58465342n, 0x01021994n, 0x794c7630n, 0x9fa0n]);

/**
 * What is free where `path` is or will be: in the nearest directory above that is there. Blocks that are kept for root count only for root.
 * @param path absolute
 * @param writer `server`: the account of a server will write, which is never root; default: who runs this
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function freeSpace(path: ByteString, writer: 'self' | 'server' = 'self'): Promise<FreeSpace> {
  for (let place = path; ; place = parentPath(place)) {
    try {
      const { bavail, bfree, bsize, type } = await statfs(fsPath(place), { bigint: true });
      const { dev: device } = await stat(fsPath(place));
      const blocks = writer === 'self' && process.geteuid?.() === 0 ? bfree : bavail;
      return { freeBytes: blocks * bsize, device, storesAsWritten: plainTypes.has(type) };
    } catch (error) {
      const isAbsent = systemCodeOf(error) === 'ENOENT';
      if (!isAbsent || place === parentPath(place)) throw fileFailure('read', place, error);
    }
  }
}
