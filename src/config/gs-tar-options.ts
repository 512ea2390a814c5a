import { languageOption } from './language.ts';
import type { OptionGroup } from './option-table.ts';

/** Options of gs_tar: those of its manual; `--filename` works here. */
export const gsTarOptions: readonly OptionGroup[] = [
  {
    title: 'unpack.help.options',
    options: [
      { long: 'destination', short: 'D', argument: 'DIRECTORY', help: 'unpack.help.destination' },
      { long: 'filename', aliases: ['fileName'], short: 'F', argument: 'FILE', help: 'unpack.help.filename' },
      { long: 'no-sync', short: 'N', help: 'unpack.help.no-sync' },
      languageOption,
      { long: 'version', short: 'V', help: 'unpack.help.version' },
      { long: 'help', short: '?', help: 'unpack.help.help' },
    ],
  },
];
