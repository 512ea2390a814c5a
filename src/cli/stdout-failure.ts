import { getSystemErrorMap } from 'node:util';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** The reader went away (EPIPE), the disk is full, … */
export function stdoutFailure(cause: unknown): BackupError {
  const number = cause instanceof Error && 'errno' in cause ? Number(cause.errno) : Number.NaN;
  const [code, text] = getSystemErrorMap().get(number) ?? [];
  const reason = code === undefined ? reasonOf(cause) : `${text} (${code})`;
  return new BackupError('STORAGE_UNAVAILABLE', say('common.stdout', { reason }), { cause });
}
