import { realpathSync } from 'node:fs';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { usage } from '../../config/parse-options.ts';
import { archiveOf, readPlaces, systemIdentifierOption } from '../../config/places.ts';
import { walWrapperOptions } from '../../config/wal-options.ts';
import { openLocalStorage, openWal, restoreCommandLine, restoreCommandWrapper } from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';

export const walWrapperCommand: Command = {
  synopsis: say('wal-commands.wrapper.synopsis'),
  summary: say('wal-commands.wrapper.what'),
  options: walWrapperOptions,
  run: async (given, { program, terminal, signal }) => {
    const [word] = given.operands;
    if (word !== undefined) throw usage(program, say('options.too-many', { word }));
    const places = await readPlaces(given, readEnvironment(), ['archive', 'generation']);
    const archive = archiveOf(places);
    const named = { generation: places.generation, systemIdentifier: systemIdentifierOption(given) };
    // Opened now, so that a mistake shows now and not in the middle of a recovery.
    const { source, generation } = await openWal({ storage: await openLocalStorage(archive), ...named }, { signal });
    const text = restoreCommandWrapper({
      node: process.execPath,
      program: realpathSync(process.argv[1] ?? ''),
      archive,
      // Named, so that a generation opened later changes nothing for the server that uses this.
      generation,
      systemIdentifier: source.systemIdentifier,
    });
    const output = given.last('output');
    if (output === undefined) {
      await terminal.data(text);
      return 0;
    }
    const path = resolve(output);
    const line = restoreCommandLine(path);
    await writeFile(`${path}.new`, text, { mode: 0o755 });
    await chmod(`${path}.new`, 0o755);
    await rename(`${path}.new`, path);
    await terminal.data(`${line}\n`);
    return 0;
  },
};
