// Built into one file of its own, see wal-push-single.ts: the backup of a small database is over soon.
import { resolve } from 'node:path';
import { gsBasebackupOptions, pgBasebackupOptions } from '../config/gs-basebackup-options.ts';
import { basebackupSettings, progressStyle, type BasebackupSettings } from '../config/gs-basebackup-settings.ts';
import type { GivenOptions } from '../config/option-table.ts';
import {
  takeBackup,
  version,
  type BackupTarget,
  type BackupRequest,
  type BackupResult,
  type SessionSettings,
  type TarCompression,
} from '../index.ts';
import { say } from '../messages/message.ts';
import { BackupTalk } from './backup-talk.ts';
import { readCommandLine } from './command-line.ts';
import { helpText } from './help-text.ts';
import { backupSources } from './backup-sources.ts';
import { runProgram } from './program.ts';
import { stdoutSink } from './stdout-sink.ts';
import { withPassword } from './with-password.ts';

/** gs_basebackup, under whichever name. Exit status 0 or 1, as the original. */
export async function runBasebackup(program: string, argv: readonly string[]): Promise<void> {
  await runProgram({ program, statusRule: 'always-one' }, async (context) => {
    const options = program === 'pg_basebackup' ? pgBasebackupOptions : gsBasebackupOptions;
    const given = readCommandLine(program, options, argv);
    if (given.has('help')) {
      await context.terminal.data(
        helpText(
          [say('backup.help.what', { program }), say('backup.help.usage', { program })],
          options,
          [say('backup.help.foot')],
          context.terminal.helpColumns,
        ),
      );
      return 0;
    }
    if (given.has('version')) {
      await context.terminal.data(`${program} (gausskeep) ${version}\n`);
      return 0;
    }
    const settings = basebackupSettings(program, given);
    const talk = new BackupTalk(context, progressStyle(given), given.count('verbose') > 0);
    const { sources, further } = await backupSources(given, settings, context);
    const result = await withPassword(given, context, (password) => {
      const known =
        password === undefined ? sources : sources.map((one) => ({ ...one, password, passwordFile: undefined }));
      return takeBackup(requestOf(settings, known, given, further), { signal: context.signal, onEvent: talk.listener });
    });
    return finish(result, talk);
  });
}

function finish(result: BackupResult, talk: BackupTalk): number {
  talk.finish();
  for (const sentence of result.advice) talk.note(sentence);
  if (!result.checksumFailures) return 0;
  talk.error(say('backup.checksum-failures'), say('backup.checksum-failures.hint'));
  return 1;
}

function requestOf(
  settings: BasebackupSettings,
  [source, ...otherSources]: readonly SessionSettings[],
  given: GivenOptions,
  standbyParameters: Readonly<Record<string, string>>,
): BackupRequest {
  if (source === undefined) throw new TypeError('no source');
  return {
    source,
    otherSources,
    output: outputOf(settings),
    label: settings.label,
    checkpoint: settings.checkpoint,
    wal: settings.wal,
    slot: settings.slot,
    maxRateKib: settings.maxRateKib,
    manifest: settings.manifest ?? false,
    manifestForceEncode: settings.manifestForceEncode,
    serverCompression: settings.compression.at === 'server' ? settings.compression : undefined,
    verifyChecksums: settings.verifyChecksums,
    standby: settings.standby,
    standbyParameters,
    incrementalTo: settings.incremental === undefined ? undefined : resolve(settings.incremental),
    estimateSize: given.has('no-estimate-size') ? false : given.has('progress') || undefined,
    statusIntervalMs: settings.statusIntervalMs,
    sync: settings.sync,
    syncMethod: settings.syncMethod,
    clean: settings.clean,
    allowMissingConfig: settings.allowMissingConfig,
    configDirectory: settings.configDirectory === undefined ? undefined : resolve(settings.configDirectory),
  };
}

function outputOf({ serverTarget, target = '', ...settings }: BasebackupSettings): BackupTarget {
  if (serverTarget !== undefined) return { kind: 'server', ...serverTarget };
  const compression = tarCompression(settings);
  const tarFormat = settings.tarFormat;
  if (target === '-') return { kind: 'stream', sink: stdoutSink, compression, tarFormat };
  const directory = resolve(target);
  if (settings.format === 'tar') return { kind: 'tar', directory, compression, tarFormat };
  return { kind: 'plain', directory, walDirectory: settings.walDirectory, mappings: settings.mappings };
}

function tarCompression({ compression, standby }: Pick<BasebackupSettings, 'compression' | 'standby'>): TarCompression {
  if (compression.at === 'client') return compression;
  // With -R the tars are made anew, in the compression that was asked for.
  const { method } = compression;
  if (!standby || (method !== 'gzip' && method !== 'lz4' && method !== 'zstd')) return { method: 'none' };
  return { method, level: undefined };
}
