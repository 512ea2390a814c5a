import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Whether an error says that what is stored is damaged, or is not there. */
export function isDamage(error: unknown): error is BackupError {
  return error instanceof BackupError && (error.code === 'CORRUPT' || error.code === 'OBJECT_NOT_FOUND');
}

/** Content of a backup that cannot be had any more. */
export function contentDamage(sentence: Message, cause?: unknown): BackupError {
  return new BackupError('CORRUPT', sentence, { hint: say('packs.damage.hint'), cause });
}

/** A pack that is not as a backup needs it. */
export interface LostPack {
  readonly object: string;
  /** In bytes. */
  readonly expected: number;
  /** Bytes of what lies in its place; undefined: nothing; -1: no object has the size of it. */
  readonly actual: number | undefined;
}

export function lostPack({ object, expected, actual }: LostPack): Message {
  if (actual === undefined) return say('packs.missing', { object });
  return actual < 0
    ? say('packs.no-size', { object, expected })
    : say('packs.wrong-size', { object, expected, actual });
}
