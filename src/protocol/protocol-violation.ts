import { BackupError } from '../errors/backup-error.ts';
import { say, type Message, type MessageValue } from '../messages/message.ts';

/** `PROTOCOL_VIOLATION`: the peer sent something that is no message, or not one that may come now. */
export function protocolViolation(sentence: Message, cause?: unknown): BackupError {
  return new BackupError('PROTOCOL_VIOLATION', sentence, { hint: say('protocol.hint'), cause });
}

/** A message came that has no place in `phase`, for example `protocol.phase.query`. */
export function unexpectedMessage(message: { readonly type: string }, phase: MessageValue): BackupError {
  return protocolViolation(say('protocol.unexpected', { message: message.type, phase }));
}
