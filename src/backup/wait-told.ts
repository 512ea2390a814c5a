import { say } from '../messages/message.ts';
import type { BackupWait } from '../replication/base-backup.ts';
import type { BackupNews } from './events.ts';

/** Tells what a silent server is busy with, and since when. */
export function waitTold(tell: (news: BackupNews) => void): (what: BackupWait) => void {
  const begunMs = performance.now();
  return (what) => {
    const seconds = Math.round((performance.now() - begunMs) / 1000);
    const sentence =
      what === 'start-position' ? say('backup.wait-checkpoint', { seconds }) : say('backup.wait-archive', { seconds });
    tell({ type: 'waiting', sentence });
  };
}
