import { say, type Message, type MessageKey, type MessageValue } from '../messages/message.ts';
import { BackupError, reasonOf, systemCodeOf } from './backup-error.ts';
import { readCall } from './system-words.ts';

/** What was tried on a local file. */
export type FileAction = 'read' | 'write' | 'create' | 'link' | 'sync' | 'rename' | 'remove' | 'mode' | 'owner';

/** The error for a failed call of the system on `path`: `STORAGE_UNAVAILABLE`, with a hint where its code has a usual remedy. */
export function systemFailure(action: FileAction, path: string, error: unknown): BackupError {
  const code = systemCodeOf(error);
  return new BackupError('STORAGE_UNAVAILABLE', say(`files.failed-${action}`, { path, reason: callReason(error) }), {
    hint: hintOf(code, action),
    context: code === undefined ? { path } : { path, systemCode: code },
    cause: error,
    // A full or broken disk does not heal by asking again at once; an interrupted or busy one may.
    retryable: code === 'EAGAIN' || code === 'EBUSY' || code === 'ETIMEDOUT',
  });
}

/** The same for a call on a file that nobody expected to fail; anything else comes back as it is. */
export function namedFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof BackupError || !('syscall' in error)) return error;
  const code = systemCodeOf(error);
  const { path, syscall } = error as { path?: unknown; syscall: unknown };
  // What is no call of the system on a file has a `syscall` too: connect, spawn.
  if (code?.startsWith('E') !== true || !(typeof path === 'string' || path instanceof Uint8Array)) return error;
  const action = actions[String(syscall)];
  if (action === undefined) return error;
  return systemFailure(action, Buffer.from(path).toString(), error);
}

const actions: Readonly<Partial<Record<string, FileAction>>> = {
  access: 'read',
  lstat: 'read',
  open: 'read',
  opendir: 'read',
  read: 'read',
  readlink: 'read',
  realpath: 'read',
  scandir: 'read',
  stat: 'read',
  statfs: 'read',
  write: 'write',
  ftruncate: 'write',
  copyfile: 'write',
  mkdir: 'create',
  mkdtemp: 'create',
  link: 'link',
  symlink: 'link',
  fsync: 'sync',
  rename: 'rename',
  rm: 'remove',
  rmdir: 'remove',
  unlink: 'remove',
  chmod: 'mode',
  fchmod: 'mode',
  chown: 'owner',
  fchown: 'owner',
  lchown: 'owner',
};

/** Node's text without the call and path at its end, which the sentence names already. */
export function callReason(error: unknown): MessageValue {
  const text = reasonOf(error);
  const failed = readCall(systemCodeOf(error), text);
  if (failed !== undefined) return say('system.reason', { text: failed.text, code: failed.code });
  return text.replace(/^(E[A-Z0-9]+): (.+?), [a-z]+(?: '.*)?$/s, '$2 ($1)');
}

const hints: Readonly<Partial<Record<string, MessageKey>>> = {
  ENOSPC: 'files.no-space.hint',
  EDQUOT: 'files.no-space.hint',
  EACCES: 'files.permission.hint',
  EPERM: 'files.permission.hint',
  EIO: 'files.damaged-disk.hint',
  EUCLEAN: 'files.damaged-disk.hint',
  EMFILE: 'files.too-many-open.hint',
  ENFILE: 'files.too-many-open.hint',
  EROFS: 'files.read-only.hint',
};

function hintOf(code: string | undefined, action: FileAction): Message | undefined {
  const isDenied = code === 'EACCES' || code === 'EPERM';
  if (isDenied && action === 'read') return say('files.permission-read.hint');
  if (isDenied && (action === 'owner' || action === 'mode')) return say('files.permission-owner.hint');
  // What has a name in a directory is up to the directory.
  if (isDenied && action !== 'write' && action !== 'sync') return say('files.permission-create.hint');
  const key = code === undefined ? undefined : hints[code];
  return key === undefined ? undefined : { key, parameters: {} };
}
