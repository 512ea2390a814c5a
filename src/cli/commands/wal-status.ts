import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { extraWord, refuseStore, usage } from '../../config/parse-options.ts';
import { walStatusOptions } from '../../config/wal-receive-options.ts';
import { readStatusFile, type ReceiverRecord } from '../../index.ts';
import { say } from '../../messages/message.ts';
import { archivingRecord, conditionOf, looking, readArchivingStatus } from '../archiving-status.ts';
import { archivingLines } from '../backlog-text.ts';
import type { Command } from '../command.ts';
import { mayRun } from '../receive-status.ts';
import { spoolDirectory } from '../push-async.ts';
import { judgeReceiver, receiverLines } from '../receiver-text.ts';
import { speak } from '../speech.ts';

/** As of what was done with warnings: monitoring has to look. */
const notWell = 3;
/** As of a server about which `doctor` has errors: it will stop. */
const inDanger = 4;
/** A receiver that runs has written its status anew by then, in ms. */
const nextWriteMs = 2000;

export const walStatusCommand: Command = {
  synopsis: say('receive-help.status.synopsis'),
  summary: say('receive-help.status.what'),
  options: walStatusOptions,
  run: async (given, { program, terminal }) => {
    const [place, further] = given.operands;
    if (place === undefined || place === '') {
      throw usage(program, say('wal-commands.missing', { what: 'FILE | DATA-DIRECTORY' }));
    }
    refuseStore('FILE | DATA-DIRECTORY', place);
    if (further !== undefined) throw extraWord(program, further);
    if (isDirectory(place)) {
      const directory = resolve(place);
      const status = readArchivingStatus(directory, spoolDirectory(given, directory));
      const lines = given.has('json')
        ? [JSON.stringify(archivingRecord(status))]
        : archivingLines(status).map((line) => speak(line));
      await terminal.data(`${lines.join('\n')}\n`);
      const condition = conditionOf(status);
      return condition === 'well' ? 0 : condition === 'endangered' ? inDanger : notWell;
    }
    const { record, hasProcess } = await look(resolve(place));
    const verdict = judgeReceiver(record, Date.now(), hasProcess);
    const { ageSeconds, isSilent, isGone, isWell } = verdict;
    const lines = given.has('json')
      ? [JSON.stringify({ ...record, ageSeconds, isSilent, isGone })]
      : receiverLines(record, verdict);
    await terminal.data(`${lines.join('\n')}\n`);
    return isWell ? 0 : notWell;
  },
};

function isDirectory(path: string): boolean {
  return looking(path, () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
}

/** A process that is not seen from here may be in a container with the name of this host, or was followed by another: then it writes. */
async function look(path: string): Promise<{ readonly record: ReceiverRecord; readonly hasProcess: boolean }> {
  const record = readStatusFile(path);
  if (record.outcome !== null || mayRun(record)) return { record, hasProcess: true };
  await delay(nextWriteMs);
  const later = readStatusFile(path);
  return { record: later, hasProcess: later.at !== record.at };
}
