import { resolve } from 'node:path';
import { usage } from '../../config/parse-options.ts';
import { walStatusOptions } from '../../config/wal-receive-options.ts';
import { readStatusFile } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { judgeReceiver, receiverLines } from '../receiver-text.ts';

/** As of what was done with warnings: monitoring has to look. */
const notWell = 3;

export const walStatusCommand: Command = {
  synopsis: say('receive-help.status.synopsis'),
  summary: say('receive-help.status.what'),
  options: walStatusOptions,
  run: async (given, { program, terminal }) => {
    const [file, further] = given.operands;
    if (file === undefined) throw usage(program, say('wal-commands.missing', { what: 'FILE' }));
    if (further !== undefined) throw usage(program, say('options.too-many', { word: further }));
    const record = readStatusFile(resolve(file));
    const verdict = judgeReceiver(record, Date.now());
    const { ageSeconds, isSilent, isWell } = verdict;
    const lines = given.has('json')
      ? [JSON.stringify({ ...record, ageSeconds, isSilent })]
      : receiverLines(record, verdict);
    await terminal.data(`${lines.join('\n')}\n`);
    return isWell ? 0 : notWell;
  },
};
