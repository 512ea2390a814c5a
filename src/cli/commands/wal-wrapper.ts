import { realpathSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { extraWord } from '../../config/parse-options.ts';
import { systemIdentifierOption } from '../../config/places.ts';
import { walWrapperOptions } from '../../config/wal-options.ts';
import { BackupError } from '../../errors/backup-error.ts';
import { openWal, ownerOfNewFiles, restoreCommandLine, restoreCommandWrapper } from '../../wal-archive.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { namedWal, type OpenedWal } from '../named-wal.ts';
import { spoolSettings, spoolWords } from '../wal-spool.ts';

export const walWrapperCommand: Command = {
  synopsis: say('wal-commands.wrapper.synopsis'),
  summary: say('wal-commands.wrapper.what'),
  options: walWrapperOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const archive = await namedWal(given, context);
    const systemIdentifier = systemIdentifierOption(given);
    const spool = spoolSettings(program, given);
    // Opened now, so that a mistake shows now and not in the middle of a recovery.
    const opened = await archive.open();
    const words = archive.words(opened);
    if (archive.isOfRepository) refuseQuestion(words, opened);
    const { source, generation } = await openWal(
      {
        storage: opened.storage,
        generation: archive.generation,
        systemIdentifier: systemIdentifier ?? opened.systemIdentifier,
      },
      { signal },
    );
    const text = restoreCommandWrapper({
      node: process.execPath,
      program: realpathSync(process.argv[1] ?? ''),
      archive: words,
      // Named, so that a generation opened later changes nothing for the server that uses this.
      generation,
      systemIdentifier: source.systemIdentifier,
      options: spool === undefined ? [] : spoolWords(spool),
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

/** @throws BackupError `USAGE` where the script would ask for a password */
function refuseQuestion(words: readonly string[], { isEncrypted }: OpenedWal): void {
  if (isEncrypted !== true) return;
  if (words.some((word) => word === '--password-file' || word === '--password-command')) return;
  throw new BackupError('USAGE', say('repository-wal.asks'), { hint: say('repository-wal.asks.hint') });
}

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
