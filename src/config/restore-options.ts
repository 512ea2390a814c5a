import { manifestAlgorithms } from './manifest-algorithm.ts';
import type { OptionGroup } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';
import { targetOptions } from './target-options.ts';

/** Options of `gausskeep restore`, named as pgBackRest, pg_basebackup and pg_verifybackup name them. */
export const restoreOptions: readonly OptionGroup[] = [
  {
    title: 'restore.help.places',
    options: [
      { long: 'from', argument: 'BACKUP', repeatable: true, help: 'restore.help.from' },
      { long: 'backup', argument: 'latest|NAME', help: 'restore.help.backup' },
      { long: 'pgdata', short: 'D', argument: 'DIRECTORY', help: 'restore.help.pgdata' },
      {
        long: 'tablespace-mapping',
        short: 'T',
        aliases: ['tablespace-map'],
        argument: 'OLDDIR|OID=NEWDIR',
        repeatable: true,
        help: 'restore.help.tablespace-mapping',
      },
      { long: 'tablespace-map-all', argument: 'DIR', help: 'restore.help.tablespace-map-all' },
      { long: 'owner', argument: 'USER', help: 'restore.help.owner' },
    ],
  },
  repositoryGroup,
  {
    title: 'restore.help.existing',
    options: [
      { long: 'force', help: 'restore.help.force' },
      { long: 'delta', help: 'restore.help.delta' },
      { long: 'allow-foreign', help: 'restore.help.allow-foreign' },
    ],
  },
  ...targetOptions,
  {
    title: 'restore.help.settings',
    options: [
      { long: 'port', short: 'p', argument: 'PORT', help: 'restore.help.port' },
      { long: 'listen', argument: 'ADDRESSES', help: 'restore.help.listen' },
      { long: 'set', argument: 'NAME=VALUE', repeatable: true, help: 'restore.help.set' },
      { long: 'standalone', help: 'restore.help.standalone' },
      { long: 'archive-mode', argument: 'off|preserve', help: 'restore.help.archive-mode' },
    ],
  },
  {
    title: 'restore.help.general',
    options: [
      { long: 'plan', inlineArgument: 'quick', help: 'restore.help.plan' },
      { long: 'progress', short: 'P', help: 'restore.help.progress' },
      { long: 'quiet', short: 'q', help: 'restore.help.quiet' },
      { long: 'no-verify', help: 'restore.help.no-verify' },
      {
        long: 'manifest-checksums',
        argument: 'ALGORITHM',
        values: manifestAlgorithms,
        help: 'restore.help.manifest-checksums',
      },
      { long: 'no-space-check', help: 'restore.help.no-space-check' },
      { long: 'no-sync', short: 'N', help: 'restore.help.no-sync' },
      { long: 'sync-method', argument: 'METHOD', values: ['fsync', 'syncfs'], help: 'restore.help.sync-method' },
      { long: 'json', help: 'restore.help.json' },
    ],
  },
];
