import type { OptionGroup } from './option-table.ts';
import { connectionGroup } from './wal-receive-options.ts';

/** Of `gausskeep doctor`. */
export const doctorOptions: readonly OptionGroup[] = [
  {
    title: 'doctor.help.options',
    options: [
      { long: 'backup-directory', short: 'D', argument: 'DIR', help: 'doctor.help.directory' },
      { long: 'json', help: 'doctor.help.json' },
      { long: 'verbose', short: 'v', help: 'doctor.help.verbose' },
    ],
  },
  connectionGroup,
];
