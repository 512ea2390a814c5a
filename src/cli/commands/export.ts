import { resolve } from 'node:path';
import { parseWalCompression } from '../../config/compression-option.ts';
import { readEnvironment } from '../../config/environment.ts';
import { exportOptions } from '../../config/export-options.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { tooMany, usage } from '../../config/parse-options.ts';
import { readRepositorySettings } from '../../config/repository-settings.ts';
import { BackupError } from '../../errors/backup-error.ts';
import { exportBackup, type ExportResult } from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { openNamedInstance } from '../open-instance.ts';
import { sizeText } from '../size-text.ts';
import { speak } from '../speech.ts';

export const exportCommand: Command = {
  synopsis: say('export-help.synopsis'),
  summary: say('export-help.what'),
  options: exportOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [backup, further] = given.operands;
    if (further !== undefined) throw tooMany(program, given, further);
    if (backup === undefined) throw usage(program, say('exporting.no-backup'));
    const to = given.last('to') ?? '';
    if (to === '') throw usage(program, say('exporting.no-target'));
    requireTar(given);
    const method = given.last('compress');
    const compression = method === undefined ? undefined : parseWalCompression(method);
    const settings = await readRepositorySettings(given, readEnvironment());
    const instance = await openNamedInstance(settings, context);
    const directory = resolve(to);
    const result = await exportBackup({ instance, backup, directory, compression }, { signal });
    if (!result.isHeld) terminal.line(warningLine(program, say('exporting.not-held')));
    await terminal.data(`${speak(doneSentence(result, instance.name, directory))}\n`);
    return 0;
  },
};

/** Refuses what looks like a form of `gs_basebackup` that is not made here. @throws BackupError `USAGE` */
function requireTar(given: GivenOptions): void {
  const format = given.last('format') ?? 't';
  if (format === 't' || format === 'tar') return;
  const isPlain = format === 'p' || format === 'plain';
  const sentence = isPlain ? say('exporting.no-plain') : say('exporting.bad-format', { text: format });
  throw new BackupError('USAGE', sentence, { hint: isPlain ? say('exporting.no-plain.hint') : undefined });
}

function doneSentence({ commit, names, writtenBytes }: ExportResult, instance: string, directory: string): Message {
  const list = { items: [...names], separator: ', ' };
  return say('exporting.done', { name: commit.name, instance, directory, list, size: sizeText(writtenBytes) });
}
