import { backupHelpMessages } from './english/backup-help.ts';
import { backupOptionsMessages } from './english/backup-options.ts';
import { bytesMessages } from './english/bytes.ts';
import { commonMessages } from './english/common.ts';
import { manifestMessages } from './english/manifest.ts';
import { optionsMessages } from './english/options.ts';
import { walMessages } from './english/wal.ts';

/**
 * Every sentence that a user can read, in English, by key. `{name}` is a named parameter.
 * First lines of errors: lower case, no period. Hints: whole sentences. One file per area in `english/`.
 */
export const english = {
  ...backupHelpMessages,
  ...backupOptionsMessages,
  ...commonMessages,
  ...bytesMessages,
  ...manifestMessages,
  ...optionsMessages,
  ...walMessages,
} as const;
