import { extraWord, usage } from '../../config/parse-options.ts';
import { wholeNumber } from '../../config/places.ts';
import { walGenerationOptions } from '../../config/wal-options.ts';
import {
  closeGeneration,
  formatLsn,
  openArchive,
  openGeneration,
  parseLsn,
  readGenerations,
  reopenGeneration,
  type Generation,
} from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { namedWal } from '../named-wal.ts';
import { speak } from '../speech.ts';

export const walGenerationCommand: Command = {
  synopsis: say('wal-commands.generation.synopsis'),
  summary: say('wal-commands.generation.what'),
  options: walGenerationOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const { storage } = await (await namedWal(given, context)).open();
    const archive = await openArchive(storage, { signal });
    const closed = given.last('close');
    if (closed !== undefined) {
      await closeGeneration(archive, wholeNumber('--close', closed, 1, 999_999_999), 'by hand', { signal });
    }
    const reopened = given.last('reopen');
    if (reopened !== undefined) {
      await reopenGeneration(archive, wholeNumber('--reopen', reopened, 1, 999_999_999), { signal });
    }
    if (given.has('open')) {
      const [parent, fork] = [given.last('parent'), given.last('fork-lsn')];
      if (parent === undefined || fork === undefined) throw usage(program, say('wal-commands.open-needs'));
      const forkLsn = parseLsn(fork);
      const request = { parent: wholeNumber('--parent', parent, 1, 999_999_999), forkLsn, reason: 'by hand' };
      await openGeneration(archive, request, { signal });
    }
    for (const generation of await readGenerations(archive, { signal })) {
      await terminal.data(`${given.has('json') ? jsonLine(generation) : textLine(generation)}\n`);
    }
    return 0;
  },
};

function textLine({ number, parent, forkLsn, createdAt, closed, reason }: Generation): string {
  const state = say(closed ? 'wal-commands.generation.closed' : 'wal-commands.generation.open');
  if (parent === undefined || forkLsn === undefined) {
    return speak(say('wal-commands.generation-line', { number, createdAt, state, reason }));
  }
  const fork = formatLsn(forkLsn);
  return speak(say('wal-commands.child-line', { number, createdAt, state, parent, forkLsn: fork, reason }));
}

function jsonLine({ forkLsn, ...rest }: Generation): string {
  const fork = forkLsn === undefined ? {} : { forkLsn: formatLsn(forkLsn) };
  return JSON.stringify({ messageType: 'generation', ...rest, ...fork });
}
