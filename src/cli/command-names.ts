import type { MessageKey } from '../messages/message.ts';

/** The commands of `gausskeep`, in the order of `--help`: the words behind it, and the sentence that sums each up. */
export const commandNames: readonly { readonly name: string; readonly summary: MessageKey }[] = [
  { name: 'backup', summary: 'backup-help.summary' },
  { name: 'verify', summary: 'verify.help.summary' },
  { name: 'wal init', summary: 'wal-commands.init.summary' },
  { name: 'doctor', summary: 'doctor.help.summary' },
  { name: 'restore', summary: 'restore.help.summary' },
  { name: 'recover', summary: 'recovery-help.recover.summary' },
  { name: 'resume', summary: 'recovery-help.resume.summary' },
  { name: 'status', summary: 'recovery-help.status.summary' },
  { name: 'list', summary: 'repo.list.summary' },
  { name: 'expire', summary: 'expire-help.summary' },
  { name: 'pin', summary: 'repo.mark.pin.summary' },
  { name: 'unpin', summary: 'repo.mark.unpin.summary' },
  { name: 'note', summary: 'repo.mark.note.summary' },
  { name: 'condemn', summary: 'repo.mark.condemn.summary' },
  { name: 'export', summary: 'export-help.summary' },
  { name: 'repo adopt', summary: 'adopt-help.summary' },
  { name: 'repo copy', summary: 'copy-help.summary' },
  { name: 'repo stats', summary: 'stats-help.summary' },
  { name: 'repo check', summary: 'check-help.summary' },
  { name: 'repo key', summary: 'repo-key.summary' },
  { name: 'repo probe', summary: 'store.probe.summary' },
  { name: 'repo init', summary: 'repo.init.summary' },
  { name: 'window', summary: 'window.help.summary' },
  { name: 'wal receive', summary: 'receive-help.summary' },
  { name: 'wal status', summary: 'receive-help.status.summary' },
  { name: 'wal push', summary: 'wal-commands.push.summary' },
  { name: 'wal get', summary: 'wal-commands.get.summary' },
  { name: 'wal cleanup', summary: 'wal-commands.cleanup.summary' },
  { name: 'wal wrapper', summary: 'wal-commands.wrapper.summary' },
  { name: 'wal generation', summary: 'wal-commands.generation.summary' },
  { name: 'completion', summary: 'completion.summary' },
];

/** Other names that `gausskeep` may be called by, and the command that each stands for. */
export const commandsByProgramName: Readonly<Record<string, string>> = {
  pg_verifybackup: 'verify',
  pg_receivewal: 'wal receive',
  pg_receivexlog: 'wal receive',
};
