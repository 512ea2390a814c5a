import { resolve } from 'node:path';
import { backupOptions } from '../../config/backup-options.ts';
import { readEnvironment } from '../../config/environment.ts';
import { progressStyle, serverSideSettings, type ServerSideSettings } from '../../config/gs-basebackup-settings.ts';
import { tooMany } from '../../config/parse-options.ts';
import { readRepositorySettings } from '../../config/repository-settings.ts';
import {
  formatLsn,
  storeBackup,
  type SessionSettings,
  type StoreBackupRequest,
  type StoredBackup,
} from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import { backupSources } from '../backup-sources.ts';
import { BackupTalk } from '../backup-talk.ts';
import type { Command } from '../command.ts';
import { importNamed } from '../import-named.ts';
import { keptAs, storedWithWarnings, tellStored } from '../kept-backup.ts';
import { openNamedInstance } from '../open-instance.ts';
import { tellLost } from '../tell-lost.ts';
import { withPassword } from '../with-password.ts';

export const backupCommand: Command = {
  synopsis: say('backup-help.synopsis'),
  summary: say('backup-help.what'),
  options: backupOptions,
  run: async (given, context) => {
    const { program, signal } = context;
    const [operand] = given.operands;
    if (operand !== undefined) throw tooMany(program, given, operand);
    if (given.has('from')) return importNamed(given, context);
    const settings = serverSideSettings(program, given);
    const stored = keptAs(given);
    const repository = await readRepositorySettings(given, readEnvironment());
    const talk = new BackupTalk(context, progressStyle(given), given.count('verbose') > 0);
    const { sources } = await backupSources(given, settings, context);
    const instance = await openNamedInstance(repository, context);
    tellLost(instance, context);
    const result = await withPassword(given, context, (password) => {
      const known =
        password === undefined ? sources : sources.map((one) => ({ ...one, password, passwordFile: undefined }));
      return storeBackup({ ...requestOf(settings, known), ...stored, instance }, { signal, onEvent: talk.listener });
    });
    talk.finish();
    const status = await tellStored(result, linesOf(result), { given, context, instance });
    if (!result.checksumFailures) return status;
    talk.error(say('backup.checksum-failures'), say('backup.checksum-failures.hint'));
    return storedWithWarnings;
  },
};

function requestOf(
  settings: ServerSideSettings,
  [source, ...otherSources]: readonly SessionSettings[],
): Omit<StoreBackupRequest, 'instance' | 'codec' | 'spoolParent'> {
  if (source === undefined) throw new TypeError('no source');
  const { manifest, configDirectory } = settings;
  return {
    source,
    otherSources,
    label: settings.label,
    checkpoint: settings.checkpoint,
    slot: settings.slot,
    maxRateKib: settings.maxRateKib,
    manifest: manifest ?? false,
    verifyChecksums: settings.verifyChecksums,
    statusIntervalMs: settings.statusIntervalMs,
    allowMissingConfig: settings.allowMissingConfig,
    configDirectory: configDirectory === undefined ? undefined : resolve(configDirectory),
    estimateSize: true,
  };
}

function linesOf({ commit, hasOwnWal }: StoredBackup): Message[] {
  const { endLsn, timeline } = commit;
  return [say(hasOwnWal ? 'storing.done-own-wal' : 'storing.done-wal', { endLsn: formatLsn(endLsn), timeline })];
}
