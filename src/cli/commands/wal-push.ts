import { readEnvironment } from '../../config/environment.ts';
import { usage } from '../../config/parse-options.ts';
import { archiveOf, readPlaces, wholeNumber } from '../../config/places.ts';
import { walPushOptions } from '../../config/wal-options.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  checkFirstPush,
  findShellRemains,
  giveArchiveToServer,
  isCodec,
  openLocalStorage,
  pushWal,
  shellRemainsError,
  type Codec,
} from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import { archiveCommandFor } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { speak } from '../speech.ts';

export const walPushCommand: Command = {
  synopsis: say('wal-commands.push.synopsis'),
  summary: say('wal-commands.push.what'),
  options: walPushOptions,
  // Within 1 to 125, by a signal too: above 128 openGauss stops its archiver, above 125 PostgreSQL restarts it.
  statusRule: (error) => exitStatus(error, 'by-code'),
  // openGauss does not read more than one buffer of it.
  talkLimitBytes: 4000,
  run: async (given, { program, terminal, signal }) => {
    const places = await readPlaces(given, readEnvironment(), ['archive', 'generation']);
    const remains = findShellRemains(given.operands);
    if (remains !== undefined) throw shellRemainsError(remains, await archiveCommandFor(places));
    const [path, second] = given.operands;
    if (path === undefined) throw usage(program, say('wal-commands.missing', { what: 'PATH' }));
    if (second !== undefined) throw usage(program, say('options.too-many', { word: second }));
    const compression = compressionOf(given.last('compress'));
    const { generation } = places;
    const directory = archiveOf(places);
    const storage = await openLocalStorage(directory);
    const creation = { happened: false };
    const beforeCreation = async (): Promise<void> => {
      await checkFirstPush(directory, path);
      creation.happened = true;
    };
    const report = await pushWal({ storage, path, generation, ...compression, beforeCreation }, { signal });
    // In the server's log, once: that it was this directory, and that nothing before is in it.
    if (creation.happened) await giveArchiveToServer(directory, path);
    if (creation.happened)
      terminal.line(`${program}: ${speak(say('wal-commands.began', { directory, name: report.name }))}`);
    // Whoever archives must not be told of a failure that was none: the server would push the same file for ever.
    if (given.has('json')) await terminal.report(`${JSON.stringify({ messageType: 'push', ...report })}\n`);
    else if (given.has('verbose')) {
      terminal.line(`${program}: ${speak(say(`wal-commands.pushed.${report.result}`, report))}`);
    }
    return 0;
  },
};

function compressionOf(text = 'none'): { codec: Codec; level: number | undefined } {
  const [codec, level, ...rest] = text.split(':');
  if (!isCodec(codec) || rest.length > 0 || (level !== undefined && codec === 'none')) {
    throw new BackupError('CONFIG_INVALID', say('wal-commands.bad-compress', { text }), {
      hint: say('wal-commands.bad-compress.hint'),
    });
  }
  return { codec, level: level === undefined ? undefined : wholeNumber('--compress', level, 0, 22) };
}
