import type { OptionGroup, OptionSpec } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';
import { connectionGroup } from './wal-receive-options.ts';

/** It takes one server and connects once, where a receiver looks for the primary and comes back. */
const ownHelp: Readonly<Record<string, OptionSpec['help']>> = {
  host: 'doctor.help.host',
  'rw-timeout': 'doctor.help.rw-timeout',
};

/** Of `gausskeep doctor`. */
export const doctorOptions: readonly OptionGroup[] = [
  {
    title: 'doctor.help.options',
    options: [
      { long: 'backup-directory', short: 'D', argument: 'DIR', help: 'doctor.help.directory' },
      { long: 'restore-directory', argument: 'DIR', help: 'doctor.help.restore-directory' },
      { long: 'archive', argument: 'PLACE', help: 'doctor.help.archive' },
      { long: 'generation', argument: 'NUMBER', help: 'wal-commands.help.generation' },
      { long: 'json', help: 'doctor.help.json' },
      { long: 'verbose', short: 'v', help: 'doctor.help.verbose' },
    ],
  },
  repositoryGroup,
  {
    ...connectionGroup,
    options: connectionGroup.options.map((option) => ({ ...option, help: ownHelp[option.long] ?? option.help })),
  },
];
