import { dirname } from 'node:path';
import { usage } from '../../config/parse-options.ts';
import { wholeNumber } from '../../config/places.ts';
import { walPushOptions } from '../../config/wal-options.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  checkFirstPush,
  findShellRemains,
  giveArchiveToServer,
  isCodec,
  pushWal,
  refuseArchiveInData,
  shellRemainsError,
  type Codec,
} from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import { archiveCommandFor } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { namedPlaces, namedWal } from '../named-wal.ts';
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
    const { program, terminal, signal } = context;
    const remains = findShellRemains(given.operands);
    if (remains !== undefined)
      throw shellRemainsError(remains, await archiveCommandFor(await namedPlaces(given, context)));
    const [path, second] = given.operands;
    if (path === undefined) throw usage(program, say('wal-commands.missing', { what: 'PATH' }));
    if (second !== undefined) throw usage(program, say('options.too-many', { word: second }));
    const compression = compressionOf(given.last('compress'));
    const named = await namedWal(given, context);
    const { generation } = named;
    const { storage, directory, systemIdentifier } = await named.open();
    const creation = { happened: false };
    const beforeCreation = async (facts: { readonly systemIdentifier: bigint }): Promise<void> => {
      if (systemIdentifier !== undefined) refuseOther(systemIdentifier, facts.systemIdentifier);
      // A repository is there: its file system is mounted.
      if (named.isOfRepository && directory !== undefined) await refuseArchiveInData(directory, dirname(path));
      else if (directory !== undefined) await checkFirstPush(directory, path);
      creation.happened = !named.isOfRepository;
    };
    const report = await pushWal({ storage, path, generation, ...compression, beforeCreation }, { signal });
    // In the server's log, once: that it was this directory, and that nothing before is in it.
    if (creation.happened && directory !== undefined) {
      await giveArchiveToServer(directory, path);
      terminal.line(`${program}: ${speak(say('wal-commands.began', { directory, name: report.name }))}`);
    }
    // Whoever archives must not be told of a failure that was none: the server would push the same file for ever.
    if (given.has('json')) await terminal.report(`${JSON.stringify({ messageType: 'push', ...report })}\n`);
    else if (given.has('verbose')) {
      terminal.line(`${program}: ${speak(say(`wal-commands.pushed.${report.result}`, report))}`);
    }
    return 0;
  },
};

/** An archive that was not begun yet says nothing itself. @throws BackupError `SYSTEM_MISMATCH` */
function refuseOther(expected: bigint, actual: bigint): void {
  if (actual === expected) return;
  throw new BackupError('SYSTEM_MISMATCH', say('archive.other-systemIdentifier', { expected, actual }), {
    hint: say('archive.other.hint'),
  });
}

function compressionOf(text = 'none'): { codec: Codec; level: number | undefined } {
  const [codec, level, ...rest] = text.split(':');
  if (!isCodec(codec) || rest.length > 0 || (level !== undefined && codec === 'none')) {
    throw new BackupError('CONFIG_INVALID', say('wal-commands.bad-compress', { text }), {
      hint: say('wal-commands.bad-compress.hint'),
    });
  }
  return { codec, level: level === undefined ? undefined : wholeNumber('--compress', level, 0, 22) };
}
