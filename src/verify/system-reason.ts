import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import type { MessageValue } from '../messages/message.ts';

/** Why a call of the operating system failed, in its own words. */
export function systemReason(error: unknown): MessageValue {
  return systemErrorText(failedCall(error) ?? error);
}

/** The failure of a call of the operating system that `error` is, or that caused it; undefined: it is none. */
export function failedCall(error: unknown): Error | undefined {
  if (error instanceof BackupError) return failedCall(error.cause);
  return error instanceof Error && /^E[A-Z0-9]+$/.test(systemCodeOf(error) ?? '') ? error : undefined;
}
