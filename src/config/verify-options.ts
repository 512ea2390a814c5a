import type { OptionGroup } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

/** Options of `gausskeep verify`: those of pg_verifybackup and `--json`. */
export const verifyOptions: readonly OptionGroup[] = [
  {
    title: 'verify.help.options',
    options: [
      { long: 'exit-on-error', short: 'e', help: 'verify.help.exit-on-error' },
      { long: 'format', short: 'F', argument: 'p|t', values: ['plain', 'tar'], help: 'verify.help.format' },
      { long: 'ignore', short: 'i', argument: 'RELATIVE_PATH', repeatable: true, help: 'verify.help.ignore' },
      { long: 'manifest-path', short: 'm', argument: 'PATH', help: 'verify.help.manifest-path' },
      { long: 'no-parse-wal', short: 'n', help: 'verify.help.no-parse-wal' },
      { long: 'progress', short: 'P', help: 'verify.help.progress' },
      { long: 'quiet', short: 'q', help: 'verify.help.quiet' },
      { long: 'skip-checksums', short: 's', help: 'verify.help.skip-checksums' },
      { long: 'wal-path', short: 'w', aliases: ['wal-directory'], argument: 'PATH', help: 'verify.help.wal-path' },
      { long: 'json', help: 'verify.help.json' },
    ],
  },
  {
    ...repositoryGroup,
    options: [
      ...repositoryGroup.options,
      { long: 'read-data', inlineArgument: 'AMOUNT', help: 'verify-stored.help.read-data' },
    ],
  },
];
