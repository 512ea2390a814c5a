import { say, type Message, type MessageValue } from '../messages/message.ts';
import { BackupError, reasonFor } from './backup-error.ts';

/**
 * The error for a thread of ours that ended, or was never started, for a reason that is none of the work that it did.
 * @param sentenceOf says what ended, of the reason
 */
export function threadFailure(cause: unknown, sentenceOf: (reason: MessageValue) => Message): BackupError {
  const sentence = sentenceOf(reasonFor(cause));
  // Node says this of a thread that it has no descriptors for.
  const lacksDescriptors = cause instanceof Error && /^Worker initialization failure: E[MN]FILE$/.test(cause.message);
  return lacksDescriptors
    ? new BackupError('STORAGE_UNAVAILABLE', sentence, { hint: say('files.too-many-open.hint'), cause })
    : new BackupError('INTERNAL', sentence, { cause });
}
