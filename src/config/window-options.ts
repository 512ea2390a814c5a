import type { OptionGroup } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

/** Options of `gausskeep window`. */
export const windowOptions: readonly OptionGroup[] = [
  {
    title: 'wal-commands.help.options',
    options: [
      { long: 'archive', argument: 'PLACE', help: 'window.help.archive' },
      { long: 'backups', argument: 'DIRECTORY', repeatable: true, help: 'window.help.backups' },
      { long: 'generation', argument: 'NUMBER', help: 'window.help.generation' },
      { long: 'timeline', argument: 'NUMBER', help: 'window.help.timeline' },
      { long: 'json', help: 'window.help.json' },
      { short: 'P', long: 'progress', help: 'window.help.progress' },
    ],
  },
  repositoryGroup,
  {
    title: 'window.help.transactions',
    options: [
      { long: 'commits', help: 'window.help.commits' },
      { long: 'from-time', argument: 'TIME', help: 'window.help.from-time' },
      { long: 'to-time', argument: 'TIME', help: 'window.help.to-time' },
      { long: 'from-lsn', argument: 'LSN', help: 'window.help.from-lsn' },
      { long: 'to-lsn', argument: 'LSN', help: 'window.help.to-lsn' },
      { long: 'xid', argument: 'XID', help: 'window.help.xid' },
    ],
  },
];
