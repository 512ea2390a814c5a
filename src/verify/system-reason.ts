import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';

/** The C library's texts of the errors that reading a backup meets, as the original's messages have them. */
const texts: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EPERM: 'Operation not permitted',
  ESTALE: 'Stale file handle',
};

/** Why a call of the operating system failed, in its own words. */
export function systemReason(error: unknown): string {
  const failed = failedCall(error) ?? error;
  const code = systemCodeOf(failed);
  return (code === undefined ? undefined : texts[code]) ?? reasonOf(failed);
}

/** The failure of a call of the operating system that `error` is, or that caused it; undefined: it is none. */
export function failedCall(error: unknown): Error | undefined {
  if (error instanceof BackupError) return failedCall(error.cause);
  return error instanceof Error && /^E[A-Z0-9]+$/.test(systemCodeOf(error) ?? '') ? error : undefined;
}
