import type { CleanupPlan } from '../wal-archive.ts';
import { say } from '../messages/message.ts';
import { speak } from './speech.ts';

/** Who keeps WAL that was not asked to be kept, the oldest first. */
export function keptLines({ keptFor }: Pick<CleanupPlan, 'keptFor'>): string[] {
  return keptFor.slice(0, 3).map(({ what, name, segment }) => {
    const sentence = what === 'hold' ? 'wal-commands.kept-for-hold' : 'wal-commands.kept-for-backup';
    return speak(say(sentence, { name, segment }));
  });
}
