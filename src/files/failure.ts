import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message, type MessageKey } from '../messages/message.ts';

/** What was tried on a local file. */
export type FileAction = 'read' | 'write' | 'create' | 'link' | 'sync' | 'rename' | 'remove' | 'mode' | 'owner';

/**
 * The error for a failed call of the operating system on `path`: `STORAGE_UNAVAILABLE`, with a hint where the system's
 * code has a usual remedy. An error that is ours, or the abort of a signal, comes back as it is.
 */
export function fileFailure(action: FileAction, path: ByteString, error: unknown): Error {
  if (error instanceof BackupError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  const code = systemCodeOf(error);
  return new BackupError(
    'STORAGE_UNAVAILABLE',
    say(`files.failed-${action}`, { path: display(path), reason: reason(error) }),
    {
      hint: hintOf(code, action),
      context: code === undefined ? { path: display(path) } : { path: display(path), systemCode: code },
      cause: error,
      // A full or broken disk does not heal by asking again at once; an interrupted or busy one may.
      retryable: code === 'EAGAIN' || code === 'EBUSY' || code === 'ETIMEDOUT',
    },
  );
}

/** Node's text without the call and path at its end, which the sentence names already. */
function reason(error: unknown): string {
  return reasonOf(error).replace(/^(E[A-Z0-9]+): (.+?), [a-z]+(?: '.*)?$/s, '$2 ($1)');
}

const hints: Readonly<Partial<Record<string, MessageKey>>> = {
  ENOSPC: 'files.no-space.hint',
  EDQUOT: 'files.no-space.hint',
  EACCES: 'files.permission.hint',
  EPERM: 'files.permission.hint',
  EIO: 'files.damaged-disk.hint',
  EMFILE: 'files.too-many-open.hint',
  ENFILE: 'files.too-many-open.hint',
  EROFS: 'files.read-only.hint',
};

function hintOf(code: string | undefined, action: FileAction): Message | undefined {
  const isDenied = code === 'EACCES' || code === 'EPERM';
  if (isDenied && action === 'read') return say('files.permission-read.hint');
  if (isDenied && (action === 'owner' || action === 'mode')) return say('files.permission-owner.hint');
  const key = code === undefined ? undefined : hints[code];
  return key === undefined ? undefined : { key, parameters: {} };
}
