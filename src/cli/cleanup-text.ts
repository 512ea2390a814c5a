import type { CleanupPlan } from '../wal-archive.ts';
import { say } from '../messages/message.ts';
import { dueTime } from './due-time.ts';
import { speak } from './speech.ts';

/** Files that nobody needs and that stay, because the bucket keeps them. */
export function lockedLines({ locked }: Pick<CleanupPlan, 'locked'>): string[] {
  if (locked.length === 0) return [];
  const untilMs = Math.min(...locked.map((one) => one.untilMs));
  const until = dueTime(untilMs);
  return [speak(say('lock.cleanup', { count: locked.length, until }))];
}

/** Who keeps WAL that was not asked to be kept, the oldest first. */
export function keptLines({ keptFor }: Pick<CleanupPlan, 'keptFor'>): string[] {
  return keptFor.slice(0, 3).map(({ what, name, segment }) => {
    const sentence = what === 'hold' ? 'wal-commands.kept-for-hold' : 'wal-commands.kept-for-backup';
    return speak(say(sentence, { name, segment }));
  });
}
