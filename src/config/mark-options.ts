import type { OptionGroup, OptionSpec } from './option-table.ts';
import { repositoryGroup } from './repository-options.ts';

const reason: OptionSpec = { long: 'reason', argument: 'TEXT', help: 'repo.mark.help.reason' };

function markOptions(...options: OptionSpec[]): readonly OptionGroup[] {
  return [repositoryGroup, { title: 'wal-commands.help.options', options }];
}

export const pinOptions = markOptions({ long: 'until', argument: 'DATE', help: 'repo.mark.help.until' }, reason);
export const unpinOptions = markOptions(reason);
export const noteOptions: readonly OptionGroup[] = [repositoryGroup];
export const condemnOptions = markOptions(reason, { long: 'lift', help: 'repo.mark.help.lift' });
