import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { systemFailure, type FileAction } from '../errors/system-failure.ts';

/**
 * The error for a failed call of the operating system on `path`: `STORAGE_UNAVAILABLE`, with a hint where the system's
 * code has a usual remedy. An error that is ours, or the abort of a signal, comes back as it is.
 */
export function fileFailure(action: FileAction, path: ByteString, error: unknown): Error {
  if (error instanceof BackupError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  return systemFailure(action, display(path), error);
}
