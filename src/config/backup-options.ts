import { gsBasebackupOptions } from './gs-basebackup-options.ts';
import type { OptionGroup, OptionSpec } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

/** The rows of gs_basebackup's table, which say the same here. */
function same(...names: readonly string[]): OptionSpec[] {
  return gsBasebackupOptions.flatMap(({ options }) => options).filter(({ long }) => names.includes(long));
}

/** Of `gausskeep backup`. */
export const backupOptions: readonly OptionGroup[] = [
  repositoryGroup,
  {
    title: 'backup-help.backup',
    options: [
      { long: 'from', argument: 'DIRECTORY', help: 'importing.help.from' },
      { long: 'label', short: 'l', argument: 'LABEL', help: 'backup.help.label' },
      { long: 'note', argument: 'TEXT', help: 'backup-help.note' },
      { long: 'pin', inlineArgument: 'DATE', help: 'backup-help.pin' },
      {
        long: 'compress',
        short: 'Z',
        argument: 'METHOD[:LEVEL]',
        values: ['none', 'gzip', 'lz4', 'zstd'],
        help: 'backup-help.compress',
      },
      { long: 'generation', argument: 'NUMBER', help: 'wal-commands.help.generation' },
      { long: 'spool', argument: 'DIR', help: 'backup-help.spool' },
      ...same('checkpoint', 'max-rate', 'slot', 'create-slot', 'no-slot', 'manifest-checksums', 'no-verify-checksums'),
      ...same('config-dir', 'allow-missing-config', 'progress'),
      { long: 'json', help: 'backup-help.json' },
      ...same('verbose'),
    ],
  },
  ...gsBasebackupOptions.filter(({ title }) => title === 'backup.help.connection'),
];

/** What says how a backup is kept, and which: all that can be said with `--from`, which asks no server. */
const withFrom = new Set([
  ...repositoryGroup.options.map(({ long }) => long),
  ...['from', 'label', 'note', 'pin', 'compress', 'generation', 'spool', 'progress', 'json', 'verbose'],
]);

/** Long names of the options that only a server makes sense for. */
export const serverOnlyOptions: readonly string[] = backupOptions
  .flatMap(({ options }) => options.map(({ long }) => long))
  .filter((long) => !withFrom.has(long));
