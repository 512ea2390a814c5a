import { bytesMessages } from './english/bytes.ts';
import { commonMessages } from './english/common.ts';
import { walMessages } from './english/wal.ts';

/**
 * Every sentence that a user can read, in English, by key. `{name}` is a named parameter.
 * First lines of errors: lower case, no period. Hints: whole sentences. One file per area in `english/`.
 */
export const english = {
  ...commonMessages,
  ...bytesMessages,
  ...walMessages,
} as const;
