import { commandNames } from './command-names.ts';
import type { CommandEntry } from './command.ts';

type Loaders = Pick<CommandEntry, 'load' | 'loadOriginal'>;

const loaders = new Map<string, Loaders>([
  ['backup', { load: async () => (await import('./commands/backup.ts')).backupCommand }],
  ['verify', { load: async () => (await import('./commands/verify.ts')).verifyCommand }],
  ['wal init', { load: async () => (await import('./commands/wal-init.ts')).walInitCommand }],
  ['doctor', { load: async () => (await import('./commands/doctor.ts')).doctorCommand }],
  ['restore', { load: async () => (await import('./commands/restore.ts')).restoreCommand }],
  ['recover', { load: async () => (await import('./commands/recover.ts')).recoverCommand }],
  ['resume', { load: async () => (await import('./commands/resume.ts')).resumeCommand }],
  ['status', { load: async () => (await import('./commands/status.ts')).statusCommand }],
  ['list', { load: async () => (await import('./commands/list.ts')).listCommand }],
  ['expire', { load: async () => (await import('./commands/expire.ts')).expireCommand }],
  ['pin', { load: async () => (await import('./commands/pin.ts')).pinCommand }],
  ['unpin', { load: async () => (await import('./commands/unpin.ts')).unpinCommand }],
  ['note', { load: async () => (await import('./commands/note.ts')).noteCommand }],
  ['condemn', { load: async () => (await import('./commands/condemn.ts')).condemnCommand }],
  ['export', { load: async () => (await import('./commands/export.ts')).exportCommand }],
  ['repo adopt', { load: async () => (await import('./commands/repo-adopt.ts')).repoAdoptCommand }],
  ['repo copy', { load: async () => (await import('./commands/repo-copy.ts')).repoCopyCommand }],
  ['repo stats', { load: async () => (await import('./commands/repo-stats.ts')).repoStatsCommand }],
  ['repo check', { load: async () => (await import('./commands/repo-check.ts')).repoCheckCommand }],
  ['repo key', { load: async () => (await import('./commands/repo-key.ts')).repoKeyCommand }],
  ['repo probe', { load: async () => (await import('./commands/repo-probe.ts')).repoProbeCommand }],
  ['repo init', { load: async () => (await import('./commands/repo-init.ts')).repoInitCommand }],
  ['window', { load: async () => (await import('./commands/window.ts')).windowCommand }],
  [
    'wal receive',
    {
      load: async () => (await import('./commands/wal-receive.ts')).walReceiveCommand,
      loadOriginal: async () => (await import('./commands/wal-receive.ts')).receivewalCommand,
    },
  ],
  ['wal status', { load: async () => (await import('./commands/wal-status.ts')).walStatusCommand }],
  ['wal push', { load: async () => (await import('./commands/wal-push.ts')).walPushCommand }],
  ['wal get', { load: async () => (await import('./commands/wal-get.ts')).walGetCommand }],
  ['wal cleanup', { load: async () => (await import('./commands/wal-cleanup.ts')).walCleanupCommand }],
  ['wal wrapper', { load: async () => (await import('./commands/wal-wrapper.ts')).walWrapperCommand }],
  ['completion', { load: async () => (await import('./commands/completion.ts')).completionCommand }],
  ['wal generation', { load: async () => (await import('./commands/wal-generation.ts')).walGenerationCommand }],
]);

/** The commands of `gausskeep`, in the order of `--help`. */
export const commandList: readonly CommandEntry[] = commandNames.flatMap((entry) => {
  const loader = loaders.get(entry.name);
  return loader === undefined ? [] : [{ ...entry, ...loader }];
});
