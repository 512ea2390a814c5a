import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { usage } from '../../config/parse-options.ts';
import { archivePlace, generationPlace, wholeNumber } from '../../config/places.ts';
import { walPushOptions } from '../../config/wal-options.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  archiveCommandLine,
  findShellRemains,
  isCodec,
  openLocalStorage,
  pushWal,
  shellRemainsError,
  type Codec,
} from '../../wal-archive.ts';
import { render, say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit-status.ts';

export const walPushCommand: Command = {
  synopsis: say('wal-commands.push.synopsis'),
  summary: say('wal-commands.push.what'),
  options: walPushOptions,
  // Within 1 to 125, by a signal too: above 128 openGauss stops its archiver, above 125 PostgreSQL restarts it.
  statusRule: (error) => exitStatus(error, 'by-code'),
  run: async (given, { program, terminal, signal }) => {
    const environment = readEnvironment();
    const remains = findShellRemains(given.operands);
    if (remains !== undefined) throw shellRemainsError(remains, commandLine(given, environment['GAUSSKEEP_ARCHIVE']));
    const [path, second] = given.operands;
    if (path === undefined) throw usage(program, say('wal-commands.missing', { what: 'PATH' }));
    if (second !== undefined) throw usage(program, say('options.too-many', { word: second }));
    const generation = generationPlace(given, environment);
    const compression = compressionOf(given.last('compress'));
    const storage = await openLocalStorage(archivePlace(given, environment));
    const report = await pushWal({ storage, path, generation, ...compression }, { signal });
    if (given.has('json')) await terminal.data(`${JSON.stringify({ messageType: 'push', ...report })}\n`);
    else if (given.has('verbose')) {
      terminal.line(`${program}: ${render(say('wal-commands.pushed', report))}`);
    }
    return 0;
  },
};

/** The line to configure instead; with placeholders where a path cannot stand in one. */
function commandLine(given: GivenOptions, fromEnvironment: string | undefined): string {
  const called = process.argv[1] ?? 'gausskeep';
  const archive = given.last('archive') ?? fromEnvironment;
  const place = archive === undefined ? '/ARCHIVE' : resolve(archive);
  try {
    return archiveCommandLine({ program: resolve(called), archive: place });
  } catch {
    return archiveCommandLine({
      program: plainOr(realpathSync(called), '/PATH/gausskeep'),
      archive: plainOr(place, '/ARCHIVE'),
    });
  }
}

function plainOr(path: string, placeholder: string): string {
  return /^[A-Za-z0-9_./:=,@+-]+$/.test(path) ? path : placeholder;
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
