import type { CommandEntry } from './command.ts';

/** The commands of `gausskeep`, in the order of `--help`. */
export const commandList: readonly CommandEntry[] = [
  {
    name: 'verify',
    summary: 'verify.help.summary',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
];

/** Other names that `gausskeep` may be called by, and the command that each stands for. */
export const commandsByProgramName: Readonly<Record<string, string>> = {
  pg_verifybackup: 'verify',
};
