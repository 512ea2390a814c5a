import { noteOptions } from '../../config/mark-options.ts';
import { usage } from '../../config/parse-options.ts';
import { noteBackup } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { markedBackup, told } from '../marked-backup.ts';

export const noteCommand: Command = {
  synopsis: say('repo.mark.note.synopsis'),
  summary: say('repo.mark.note.what'),
  options: noteOptions,
  run: async (given, context) => {
    const [, text] = given.operands;
    if (text === undefined) throw usage(context.program, say('wal-commands.missing', { what: 'NAME TEXT' }));
    const { storage, backup, name } = await markedBackup(given, context, 2);
    await noteBackup(storage, backup, text, { signal: context.signal });
    return told(context, say(text === '' ? 'repo.mark.note-gone' : 'repo.mark.noted', { name }));
  },
};
