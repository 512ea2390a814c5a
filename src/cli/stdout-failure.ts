import { getSystemErrorMap } from 'node:util';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { systemWords } from '../errors/system-words.ts';
import { say } from '../messages/message.ts';

/** The reader went away (EPIPE), the disk is full, … */
export function stdoutFailure(cause: unknown): BackupError {
  const number = cause instanceof Error && 'errno' in cause ? Number(cause.errno) : Number.NaN;
  const [code, text] = getSystemErrorMap().get(number) ?? [];
  const words = systemWords('node', code) ?? text;
  const reason =
    code === undefined || words === undefined ? reasonFor(cause) : say('system.reason', { text: words, code });
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const hint = isFull ? say('common.stdout-full.hint') : undefined;
  return new BackupError('STORAGE_UNAVAILABLE', say('common.stdout', { reason }), { hint, cause });
}
