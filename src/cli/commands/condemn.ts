import { condemnOptions } from '../../config/mark-options.ts';
import { usage } from '../../config/parse-options.ts';
import { condemnBackup, liftMarks } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { markedBackup, told } from '../marked-backup.ts';

export const condemnCommand: Command = {
  synopsis: say('repo.mark.condemn.synopsis'),
  summary: say('repo.mark.condemn.what'),
  options: condemnOptions,
  run: async (given, context) => {
    if (given.has('lift') && given.operands[0] === 'latest') {
      throw usage(context.program, say('repo.mark.lift-latest')).with({ hint: say('repo.mark.lift-latest.hint') });
    }
    const { storage, backup, name } = await markedBackup(given, context);
    const options = { text: given.last('reason'), signal: context.signal };
    if (given.has('lift')) {
      const count = await liftMarks(storage, backup, 'condemn', options);
      return told(context, say(count > 0 ? 'repo.mark.absolved' : 'repo.mark.not-condemned', { name }));
    }
    await condemnBackup(storage, backup, options, options);
    return told(context, say('repo.mark.condemned', { name }));
  },
};
