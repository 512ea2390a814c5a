import type { ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { NewFile } from '../files/new-file.ts';
import type { SyncMethod } from '../files/sync-file-system.ts';

/**
 * Files that are written one after the other. Where a call returns a promise, the next call waits for it; bytes are free to be reused then.
 * After a failure each call may throw, and `finish` does.
 */
export interface FileSequence {
  /** Whether it makes checksums. */
  readonly sums: boolean;
  /** @param bits permissions of the new file, 0 … 0777 */
  open(file: NewFile, bits: number): void | Promise<void>;
  /** @param isContent whether the bytes count for the checksum; those of headers and fillings do not */
  write(bytes: Uint8Array, isContent: boolean): void | Promise<void>;
  /** The content of a file of the backup has come whole: `lastSum` is its checksum from then on. */
  endContent(): void | Promise<void>;
  /** Lower-case hex, settled when the content was seen; never rejected unless `finish` is. */
  readonly lastSum: Promise<string>;
  close(): void | Promise<void>;
  /** Resolves when all is written, and flushed where that was asked for. @throws BackupError `STORAGE_UNAVAILABLE`, `OBJECT_EXISTS` */
  finish(): Promise<void>;
  /** Ends it after a failure; when it resolves nothing is written any more. */
  abandon(): void | Promise<void>;
}

export interface FileSequenceOptions {
  /** What is summed of each content; undefined: nothing. */
  readonly algorithm: ChecksumAlgorithm | undefined;
  /** How the files are flushed, which begins early; with `syncfs` only large ones, while they grow: the file system is the caller's to flush. */
  readonly sync: SyncMethod | undefined;
}
