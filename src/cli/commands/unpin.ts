import { unpinOptions } from '../../config/mark-options.ts';
import { liftMarks } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { markedBackup, told } from '../marked-backup.ts';

export const unpinCommand: Command = {
  synopsis: say('repo.mark.unpin.synopsis'),
  summary: say('repo.mark.unpin.what'),
  options: unpinOptions,
  run: async (given, context) => {
    const { storage, backup, name } = await markedBackup(given, context);
    const { signal } = context;
    const count = await liftMarks(storage, backup, 'pin', { text: given.last('reason'), signal });
    return told(context, say(count > 0 ? 'repo.mark.unpinned' : 'repo.mark.not-pinned', { name }));
  },
};
