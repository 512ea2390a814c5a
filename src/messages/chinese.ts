import { bytesMessages } from './chinese/bytes.ts';
import { commonMessages } from './chinese/common.ts';
import type { Catalogue } from './message.ts';

/** Every sentence in Chinese, by the keys of `english`. One file per area in `chinese/`, called as in `english/`. */
export const chinese: Catalogue = {
  ...bytesMessages,
  ...commonMessages,
};
