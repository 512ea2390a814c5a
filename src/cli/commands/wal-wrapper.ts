import { realpathSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { usage } from '../../config/parse-options.ts';
import { archiveOf, readPlaces, systemIdentifierOption } from '../../config/places.ts';
import { walWrapperOptions } from '../../config/wal-options.ts';
import {
  openLocalStorage,
  openWal,
  ownerOfNewFiles,
  restoreCommandLine,
  restoreCommandWrapper,
} from '../../wal-archive.ts';
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
    await writeScript(path, text);
    await terminal.data(`${line}\n`);
    return 0;
  },
};

/** The owner of the directory owns the script, also when root writes it. Nothing that lies under the temporary name is followed. */
async function writeScript(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o755);
  try {
    await file.writeFile(text);
    await file.chmod(0o755);
    const owner = await ownerOfNewFiles(dirname(path));
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
