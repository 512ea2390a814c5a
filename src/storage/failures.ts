import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

export function objectExists(name: string, storage: string): BackupError {
  return new BackupError('OBJECT_EXISTS', say('storage.exists', { name }), { context: { storage } });
}

export function objectNotFound(name: string, storage: string): BackupError {
  return new BackupError('OBJECT_NOT_FOUND', say('storage.not-found', { name }), { context: { storage } });
}

const refusals = new Set(['EACCES', 'EPERM', 'EROFS']);

/** What a failed system call on `name` means. Errors that are ours already, and cancellation, are passed on unchanged. */
export function storageFailure(name: string, storage: string, cause: unknown, wish: 'read' | 'write'): unknown {
  const code = systemCodeOf(cause);
  if (cause instanceof BackupError || code === undefined || code === 'ABORT_ERR') return cause;
  const sentence = say('storage.failed', { name, reason: reasonFor(cause) });
  if (refusals.has(code)) {
    const refused = say(wish === 'read' ? 'storage.refused-read.hint' : 'storage.refused-write.hint');
    const hint = code === 'EROFS' ? say('storage.read-only.hint') : refused;
    return new BackupError('AUTHENTICATION', sentence, { hint, cause, context: { storage } });
  }
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const hint = full ? say('storage.full.hint') : undefined;
  return new BackupError('STORAGE_UNAVAILABLE', sentence, { hint, cause, context: { storage } });
}
