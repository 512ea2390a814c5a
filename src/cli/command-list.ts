import type { CommandEntry } from './command.ts';

/** The commands of `gausskeep`, in the order of `--help`. */
export const commandList: readonly CommandEntry[] = [
  {
    name: 'verify',
    summary: 'verify.help.summary',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'wal init',
    summary: 'wal-commands.init.summary',
    load: async () => (await import('./commands/wal-init.ts')).walInitCommand,
  },
  {
    name: 'restore',
    summary: 'restore.help.summary',
    load: async () => (await import('./commands/restore.ts')).restoreCommand,
  },
  {
    name: 'recover',
    summary: 'recovery-help.recover.summary',
    load: async () => (await import('./commands/recover.ts')).recoverCommand,
  },
  {
    name: 'resume',
    summary: 'recovery-help.resume.summary',
    load: async () => (await import('./commands/resume.ts')).resumeCommand,
  },
  {
    name: 'status',
    summary: 'recovery-help.status.summary',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'window',
    summary: 'window.help.summary',
    load: async () => (await import('./commands/window.ts')).windowCommand,
  },
  {
    name: 'wal receive',
    summary: 'receive-help.summary',
    load: async () => (await import('./commands/wal-receive.ts')).walReceiveCommand,
    loadOriginal: async () => (await import('./commands/wal-receive.ts')).receivewalCommand,
  },
  {
    name: 'wal status',
    summary: 'receive-help.status.summary',
    load: async () => (await import('./commands/wal-status.ts')).walStatusCommand,
  },
  {
    name: 'wal push',
    summary: 'wal-commands.push.summary',
    load: async () => (await import('./commands/wal-push.ts')).walPushCommand,
  },
  {
    name: 'wal get',
    summary: 'wal-commands.get.summary',
    load: async () => (await import('./commands/wal-get.ts')).walGetCommand,
  },
  {
    name: 'wal cleanup',
    summary: 'wal-commands.cleanup.summary',
    load: async () => (await import('./commands/wal-cleanup.ts')).walCleanupCommand,
  },
  {
    name: 'wal wrapper',
    summary: 'wal-commands.wrapper.summary',
    load: async () => (await import('./commands/wal-wrapper.ts')).walWrapperCommand,
  },
  {
    name: 'wal generation',
    summary: 'wal-commands.generation.summary',
    load: async () => (await import('./commands/wal-generation.ts')).walGenerationCommand,
  },
];

/** Other names that `gausskeep` may be called by, and the command that each stands for. */
export const commandsByProgramName: Readonly<Record<string, string>> = {
  pg_verifybackup: 'verify',
  pg_receivewal: 'wal receive',
  pg_receivexlog: 'wal receive',
};
