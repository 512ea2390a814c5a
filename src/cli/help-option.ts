import { languageOption } from '../config/language.ts';
import type { OptionGroup } from '../config/option-table.ts';

const helpOption: OptionGroup = {
  title: 'cli.help.general',
  options: [languageOption, { long: 'help', short: '?', help: 'cli.help.help' }],
};

/** The options of a command; `--help` is one of every command's. */
export function withHelp(groups: readonly OptionGroup[]): readonly OptionGroup[] {
  const has = groups.some(({ options }) => options.some(({ long }) => long === 'help'));
  return has ? groups : [...groups, helpOption];
}
