import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { usage } from '../../config/parse-options.ts';
import { walStatusOptions } from '../../config/wal-receive-options.ts';
import { readStatusFile, type ReceiverRecord } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { mayRun } from '../receive-status.ts';
import { judgeReceiver, receiverLines } from '../receiver-text.ts';

/** As of what was done with warnings: monitoring has to look. */
const notWell = 3;
/** A receiver that runs has written its status anew by then, in ms. */
const nextWriteMs = 2000;

export const walStatusCommand: Command = {
  synopsis: say('receive-help.status.synopsis'),
  summary: say('receive-help.status.what'),
  options: walStatusOptions,
  run: async (given, { program, terminal }) => {
    const [file, further] = given.operands;
    if (file === undefined || file === '') throw usage(program, say('wal-commands.missing', { what: 'FILE' }));
    if (further !== undefined) throw usage(program, say('options.too-many', { word: further }));
    const { record, hasProcess } = await look(resolve(file));
    const verdict = judgeReceiver(record, Date.now(), hasProcess);
    const { ageSeconds, isSilent, isGone, isWell } = verdict;
    const lines = given.has('json')
      ? [JSON.stringify({ ...record, ageSeconds, isSilent, isGone })]
      : receiverLines(record, verdict);
    await terminal.data(`${lines.join('\n')}\n`);
    return isWell ? 0 : notWell;
  },
};

/** A process that is not seen from here may be in a container with the name of this host, or was followed by another: then it writes. */
async function look(path: string): Promise<{ readonly record: ReceiverRecord; readonly hasProcess: boolean }> {
  const record = readStatusFile(path);
  if (record.outcome !== null || mayRun(record)) return { record, hasProcess: true };
  await delay(nextWriteMs);
  const later = readStatusFile(path);
  return { record: later, hasProcess: later.at !== record.at };
}
