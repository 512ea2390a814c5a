import type { MessageValue } from '../messages/message.ts';
import { reasonFor, systemCodeOf } from './backup-error.ts';
import { systemWords } from './system-words.ts';

/** The reason of a failed call of the system, as libpq and the original tools say it. */
export function systemErrorText(error: unknown): MessageValue {
  return systemWords('libc', systemCodeOf(error)) ?? reasonFor(error);
}
