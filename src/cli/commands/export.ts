import { resolve } from 'node:path';
import { parseWalCompression } from '../../config/compression-option.ts';
import { readEnvironment } from '../../config/environment.ts';
import { exportOptions } from '../../config/export-options.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { tooMany, usage } from '../../config/parse-options.ts';
import { readRepositorySettings } from '../../config/repository-settings.ts';
import { tablespaceSettings } from '../../config/restore-settings.ts';
import { exportBackup, pathToText, type ExportRequest, type ExportResult } from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { openNamedInstance } from '../open-instance.ts';
import { tellLost } from '../tell-lost.ts';
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
    const form = formOf(program, given);
    const settings = await readRepositorySettings(given, readEnvironment());
    const instance = await openNamedInstance(settings, context);
    tellLost(instance, context);
    const directory = resolve(to);
    const result = await exportBackup(
      { instance, backup, directory, form },
      { signal, onEvent: ({ sentence }) => terminal.line(warningLine(program, sentence)) },
    );
    if (!result.isHeld) terminal.line(warningLine(program, say('exporting.not-held')));
    if (result.written.kind === 'plain') {
      for (const name of result.written.unusedMappings) {
        terminal.line(warningLine(program, say('restore.mapping-unused', { name })));
      }
    }
    const sentences = doneSentences(result, instance.name, directory);
    await terminal.data(sentences.map((sentence) => `${speak(sentence)}\n`).join(''));
    return 0;
  },
};

/** Plain unless something else is said, as with every tool that writes these forms. @throws BackupError `USAGE` */
function formOf(program: string, given: GivenOptions): ExportRequest['form'] {
  const text = given.last('format') ?? 'p';
  if (text === 'p' || text === 'plain') {
    if (given.has('compress')) throw usage(program, say('exporting.only-tars-compress'));
    return { kind: 'plain', ...tablespaceSettings(given) };
  }
  if (text !== 't' && text !== 'tar') throw usage(program, say('exporting.bad-format', { text }));
  const placed = (['tablespace-mapping', 'tablespace-map-all'] as const).find((option) => given.has(option));
  if (placed !== undefined) throw usage(program, say('exporting.only-plain-maps', { option: `--${placed}` }));
  const method = given.last('compress');
  return { kind: 'tar', compression: method === undefined ? undefined : parseWalCompression(method) };
}

function doneSentences({ commit: { name }, written }: ExportResult, instance: string, directory: string): Message[] {
  const values = { name, instance, directory, size: sizeText(written.writtenBytes) };
  if (written.kind === 'tar') {
    return [say('exporting.done', { ...values, list: { items: [...written.names], separator: ', ' } })];
  }
  const { files, tablespaces } = written;
  return [
    say('exporting.done-plain', { ...values, files }),
    ...tablespaces.map(({ oid, directory: path }) => say('exporting.tablespace', { oid, path: pathToText(path) })),
  ];
}
