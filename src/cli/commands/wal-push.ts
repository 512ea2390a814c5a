import { walPushOptions } from '../../config/wal-options.ts';
import { findShellRemains, shellRemainsError, type PushTarget } from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import { archiveCommandFor } from '../archive-command.ts';
import { dangerText } from '../backlog-text.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { exitStatus } from '../exit-status.ts';
import { namedPlaces, namedWal } from '../named-wal.ts';
import { pushAsync, runPusher } from '../push-async.ts';
import { openPushTarget } from '../push-target.ts';
import { readPushWords } from '../push-words.ts';
import { speak } from '../speech.ts';

export const walPushCommand: Command = {
  synopsis: say('wal-commands.push.synopsis'),
  summary: say('wal-commands.push.what'),
  options: walPushOptions,
  // Within 1 to 125, by a signal too: above 128 openGauss stops its archiver, above 125 PostgreSQL restarts it.
  statusRule: (error) => exitStatus(error, 'by-code'),
  // openGauss does not read more than one buffer of it.
  talkLimitBytes: 4000,
  run: async (given, context) => {
    const { program, terminal } = context;
    const remains = findShellRemains(given.operands);
    if (remains !== undefined)
      throw shellRemainsError(remains, await archiveCommandFor(await namedPlaces(given, context)));
    const { path, compression } = readPushWords(program, given);
    const named = await namedWal(given, context);
    const open = (): Promise<PushTarget> => openPushTarget(named, compression, context);
    if (given.has('push-ahead')) {
      await runPusher(given, context, named, path, open);
      return 0;
    }
    const pushed = given.has('async') ? await pushAsync(given, context, named, path) : undefined;
    const { report, notes } = pushed ?? (await (await open()).push(path));
    for (const note of notes) terminal.line(`${program}: ${speak(note)}`);
    if (pushed?.danger !== undefined) terminal.line(warningLine(program, dangerText(pushed.danger)));
    // Whoever archives must not be told of a failure that was none: the server would push the same file for ever.
    if (given.has('json')) await terminal.report(`${JSON.stringify({ messageType: 'push', ...report })}\n`);
    else if (given.has('verbose')) {
      terminal.line(`${program}: ${speak(say(`wal-commands.pushed.${report.result}`, report))}`);
    }
    return 0;
  },
};
