import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageKey } from '../messages/message.ts';

/** What can be wrong with a member, by its sentence. */
export type MemberFault = Extract<MessageKey, `tar.member-${string}`>;

/** What can be wrong with the archive at some byte, by its sentence. */
export type TarFault =
  | 'tar.bad-checksum'
  | 'tar.no-name'
  | 'tar.endless-name'
  | 'tar.bad-extension'
  | 'tar.large-extension'
  | 'tar.lone-extension'
  | 'tar.trailing-data';

/** The error for a member whose header is damaged or not acceptable. */
export function memberFault(fault: MemberFault, member: ByteString): BackupError {
  const refused = fault.startsWith('tar.member-name-') || fault.startsWith('tar.member-link-');
  const hint = fault === 'tar.member-sparse' ? say('tar.sparse.hint') : refused ? say('tar.bad-name.hint') : undefined;
  return new BackupError('CORRUPT', say(fault, { member: display(member) }), { hint });
}

export function tarFault(fault: TarFault, offset: number): BackupError {
  return new BackupError('CORRUPT', say(fault, { offset }));
}

export function endlessZeros(limit: number): BackupError {
  return new BackupError('CORRUPT', say('tar.endless-zeros', { limit }));
}

export function noEndMark(): BackupError {
  return new BackupError('CORRUPT', say('tar.no-end-mark'), { hint: say('tar.truncated.hint') });
}

export function truncatedMember(member: ByteString, left: number): BackupError {
  return new BackupError('CORRUPT', say('tar.truncated-member', { left, member: display(member) }), {
    hint: say('tar.truncated.hint'),
  });
}

export function notATar(): BackupError {
  return new BackupError('CORRUPT', say('tar.not-an-archive'), { hint: say('tar.not-an-archive.hint') });
}
