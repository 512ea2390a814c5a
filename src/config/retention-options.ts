import type { OptionGroup } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

/** Of `gausskeep expire`. */
export const expireOptions: readonly OptionGroup[] = [
  repositoryGroup,
  {
    title: 'wal-commands.help.options',
    options: [
      { long: 'dry-run', short: 'n', help: 'expire-help.dry-run' },
      { long: 'grace', argument: 'TIME', help: 'expire-help.grace' },
      { long: 'wal-window', argument: 'TIME', help: 'pruned.help.wal-window' },
      { long: 'json', help: 'wal-commands.help.json' },
    ],
  },
  {
    title: 'expire-help.rules',
    options: [
      { long: 'keep-last', argument: 'NUMBER', help: 'expire-help.keep-last' },
      { long: 'keep-within', argument: 'TIME', help: 'expire-help.keep-within' },
      { long: 'keep-window', argument: 'TIME', help: 'expire-help.keep-window' },
      { long: 'keep-daily', argument: 'NUMBER', help: 'expire-help.keep-daily' },
      { long: 'keep-weekly', argument: 'NUMBER', help: 'expire-help.keep-weekly' },
      { long: 'keep-monthly', argument: 'NUMBER', help: 'expire-help.keep-monthly' },
      { long: 'keep-yearly', argument: 'NUMBER', help: 'expire-help.keep-yearly' },
      { long: 'keep-minimum', argument: 'NUMBER', help: 'expire-help.keep-minimum' },
      { long: 'time-zone', argument: 'ZONE', help: 'expire-help.time-zone' },
    ],
  },
];
