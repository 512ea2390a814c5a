import type { OptionGroup } from './option-table.ts';

/** Options of `gausskeep restore` for a recovery to a point in time. */
export const targetOptions: readonly OptionGroup[] = [
  {
    title: 'restore-recovery.help.target',
    options: [
      { long: 'target-time', argument: 'TIME', help: 'restore-recovery.help.target-time' },
      { long: 'target-lsn', argument: 'LSN', help: 'restore-recovery.help.target-lsn' },
      { long: 'target-xid', argument: 'XID', help: 'restore-recovery.help.target-xid' },
      { long: 'target-name', argument: 'NAME', help: 'restore-recovery.help.target-name' },
      { long: 'target-immediate', help: 'restore-recovery.help.target-immediate' },
      { long: 'target-inclusive', help: 'restore-recovery.help.target-inclusive' },
      { long: 'target-exclusive', help: 'restore-recovery.help.target-exclusive' },
      {
        long: 'target-timeline',
        argument: 'TIMELINE',
        values: ['current', 'latest'],
        help: 'restore-recovery.help.target-timeline',
      },
      {
        long: 'target-action',
        argument: 'ACTION',
        values: ['pause', 'promote', 'shutdown'],
        help: 'restore-recovery.help.target-action',
      },
      { long: 'require-pause', help: 'restore-recovery.help.require-pause' },
      { long: 'allow-end-of-wal', help: 'restore-recovery.help.allow-end-of-wal' },
      { long: 'allow-tablespace-replay', help: 'restore-recovery.help.allow-tablespace-replay' },
    ],
  },
  {
    title: 'restore-recovery.help.wal',
    options: [
      { long: 'archive', argument: 'PLACE', help: 'restore-recovery.help.archive' },
      { long: 'generation', argument: 'NUMBER', help: 'wal-commands.help.generation' },
      { long: 'backups', argument: 'DIRECTORY', repeatable: true, help: 'restore-recovery.help.backups' },
      { long: 'wal-from', argument: 'DIRECTORY', repeatable: true, help: 'restore-recovery.help.wal-from' },
      { long: 'wal-supply', argument: 'copy|restore-command', help: 'restore-recovery.help.wal-supply' },
      { long: 'prefetch', argument: 'COUNT', help: 'restore-recovery.help.prefetch' },
      { long: 'restore-command', argument: 'COMMAND', help: 'restore-recovery.help.restore-command' },
      { long: 'archive-cleanup-command', argument: 'COMMAND', help: 'restore-recovery.help.archive-cleanup-command' },
      { long: 'recovery-end-command', argument: 'COMMAND', help: 'restore-recovery.help.recovery-end-command' },
    ],
  },
];
