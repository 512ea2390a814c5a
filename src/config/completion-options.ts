import type { OptionGroup } from './option-table.ts';

/** Of `gausskeep completion`, which has none of its own. */
export const completionOptions: readonly OptionGroup[] = [];
