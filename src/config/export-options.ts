import type { OptionGroup } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

/** Of `gausskeep export`. */
export const exportOptions: readonly OptionGroup[] = [
  repositoryGroup,
  {
    title: 'wal-commands.help.options',
    options: [
      { long: 'to', argument: 'DIRECTORY', help: 'export-help.to' },
      { long: 'format', short: 'F', argument: 'p|t', values: ['plain', 'tar'], help: 'export-help.format' },
      {
        long: 'tablespace-mapping',
        short: 'T',
        aliases: ['tablespace-map'],
        argument: 'OLDDIR|OID=NEWDIR',
        repeatable: true,
        help: 'export-help.tablespace-mapping',
      },
      { long: 'tablespace-map-all', argument: 'DIR', help: 'export-help.tablespace-map-all' },
      {
        long: 'compress',
        short: 'Z',
        argument: 'METHOD[:LEVEL]',
        values: ['none', 'gzip', 'lz4', 'zstd'],
        help: 'export-help.compress',
      },
    ],
  },
];
