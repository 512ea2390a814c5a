import { say, type Message } from '../messages/message.ts';
import type { Catalogue, DamagedCommit, ListedBackup } from './catalogue.ts';
import { unreadNewer } from './choose-backup.ts';

/** What a user has to know who reads the backup that was chosen for what he wrote: newer ones that cannot be read, and that somebody condemned it. */
export function choiceWarnings(catalogue: Catalogue, wanted: string, chosen: ListedBackup): Message[] {
  const unread = wanted === 'latest' ? unreadNewer(catalogue, chosen) : [];
  return [...unread.map(passedOver), ...(chosen.isCondemned ? [condemned(chosen)] : [])];
}

/** A commit that cannot be read, and why, when another backup is taken. */
export function passedOver({ backup: name, error }: Pick<DamagedCommit, 'backup' | 'error'>): Message {
  return say('repo.passed-over', { name, reason: error.sentence });
}

function condemned({ commit: { name }, marks }: ListedBackup): Message {
  const reason = marks.find(({ kind }) => kind === 'condemn')?.text ?? '';
  return reason === '' ? say('repo.condemned', { name }) : say('repo.condemned-why', { name, reason });
}
