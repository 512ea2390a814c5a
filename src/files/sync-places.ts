import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { ByteString } from '../bytes/byte-string.ts';
import { parentPath } from './path.ts';
import { syncFileSystem } from './sync-file-system.ts';
import { syncDirectory, syncTree } from './sync-tree.ts';

/** What was written there, all in new files of directories that hold nothing else. */
export interface WrittenPlaces {
  readonly directories: readonly ByteString[];
  readonly files: number;
  readonly bytes: number;
}

/** What decides how it is made durable. */
export interface FlushFacts {
  readonly files: number;
  readonly bytes: number;
  /** Bytes of all programs that wait in memory to be written; undefined where the system does not tell. */
  readonly waitingBytes: number | undefined;
  /** Release of the kernel, as `uname -r` has it. */
  readonly kernel: string;
}

/** From so many files on one flush of a whole file system is faster than one of each file, by far. */
const manyFiles = 2000;

/** What others may have written meanwhile, beside twice our own: the flush of it must not take longer than ours. */
const ofOthersBytes = 256 * 1024 * 1024;

/**
 * Whether the file systems are to be flushed as a whole: there are many files, little of what waits is somebody else's, and
 * the kernel tells of writes that failed (Linux 5.8; man 2 sync).
 */
export function flushesAsWhole({ files, bytes, waitingBytes, kernel }: FlushFacts): boolean {
  const [major = 0, minor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  const tellsFailures = major > 5 || (major === 5 && minor >= 8);
  return tellsFailures && files >= manyFiles && waitingBytes !== undefined && waitingBytes <= 2 * bytes + ofOthersBytes;
}

/**
 * Makes everything durable that was written to these places, and their names: file by file, or whole file systems where
 * that is faster and no burden. No other file system may be mounted within.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function syncPlaces(
  { directories, files, bytes }: WrittenPlaces,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const asWhole = flushesAsWhole({ files, bytes, waitingBytes: waitingBytes(), kernel: release() });
  for (const path of directories) {
    signal.throwIfAborted();
    const isFlushed = asWhole && (await syncFileSystem(path));
    // The name of a place lies in another file system where it is a mount point.
    if (isFlushed) await syncDirectory(parentPath(path));
    else await syncTree(path, { signal });
  }
}

/** Source: proc(5), meminfo: what waits to be written, and what is being written. */
function waitingBytes(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/meminfo', 'utf8');
  } catch {
    return undefined;
  }
  const [dirty, writeback] = ['Dirty', 'Writeback'].map(
    (name) => new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1],
  );
  return dirty === undefined || writeback === undefined ? undefined : (Number(dirty) + Number(writeback)) * 1024;
}
