import { pinOptions } from '../../config/mark-options.ts';
import { pinDate } from '../../config/pin-date.ts';
import { pinBackup } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { markedBackup, told } from '../marked-backup.ts';

export const pinCommand: Command = {
  synopsis: say('repo.mark.pin.synopsis'),
  summary: say('repo.mark.pin.what'),
  options: pinOptions,
  run: async (given, context) => {
    const date = given.last('until');
    const until = date === undefined ? undefined : pinDate(date);
    const { storage, backup, name } = await markedBackup(given, context);
    await pinBackup(storage, backup, { until, text: given.last('reason') }, { signal: context.signal });
    return told(
      context,
      date === undefined ? say('repo.mark.pinned', { name }) : say('repo.mark.pinned-until', { name, date }),
    );
  },
};
