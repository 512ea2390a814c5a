import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { backupOptions } from '../../config/backup-options.ts';
import { parseWalCompression } from '../../config/compression-option.ts';
import { readEnvironment } from '../../config/environment.ts';
import { progressStyle, serverSideSettings, type ServerSideSettings } from '../../config/gs-basebackup-settings.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { pinDate } from '../../config/pin-date.ts';
import { tooMany } from '../../config/parse-options.ts';
import { wholeNumber } from '../../config/places.ts';
import { readRepositorySettings } from '../../config/repository-settings.ts';
import {
  formatLsn,
  readCatalogue,
  storeBackup,
  type RepositoryInstance,
  type SessionSettings,
  type StoreBackupRequest,
  type StoredBackup,
} from '../../index.ts';
import { say, type Message } from '../../messages/message.ts';
import { warningLine } from '../error-text.ts';
import { backupSources } from '../backup-sources.ts';
import { BackupTalk } from '../backup-talk.ts';
import type { Command } from '../command.ts';
import { backupRecord } from '../list-record.ts';
import { shownInstance } from '../shown-instance.ts';
import { openNamedInstance } from '../open-instance.ts';
import { sizeText } from '../size-text.ts';
import { speak } from '../speech.ts';
import { withPassword } from '../with-password.ts';

/** The backup is stored, but pages failed their checksum on the server, or it could not be pinned. */
const warned = 3;

export const backupCommand: Command = {
  synopsis: say('backup-help.synopsis'),
  summary: say('backup-help.what'),
  options: backupOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [operand] = given.operands;
    if (operand !== undefined) throw tooMany(program, given, operand);
    const settings = serverSideSettings(program, given);
    const stored = storedAs(given);
    const repository = await readRepositorySettings(given, readEnvironment());
    const talk = new BackupTalk(context, progressStyle(given), given.count('verbose') > 0);
    const { sources } = await backupSources(given, settings, context);
    const instance = await openNamedInstance(repository, context);
    const result = await withPassword(given, context, (password) => {
      const known =
        password === undefined ? sources : sources.map((one) => ({ ...one, password, passwordFile: undefined }));
      return storeBackup({ ...requestOf(settings, known), ...stored, instance }, { signal, onEvent: talk.listener });
    });
    talk.finish();
    await terminal.data(
      given.has('json')
        ? `${JSON.stringify(await recordOf(result, instance))}\n`
        : `${linesOf(result, instance.name)
            .map((line) => speak(line))
            .join('\n')}\n`,
    );
    const { pinFailure } = result;
    if (pinFailure !== undefined) {
      terminal.line(warningLine(program, say('storing.not-pinned', { reason: pinFailure.sentence })));
    }
    if (!result.checksumFailures) return pinFailure === undefined ? 0 : warned;
    talk.error(say('backup.checksum-failures'), say('backup.checksum-failures.hint'));
    return warned;
  },
};

/** How it is kept. @throws BackupError `USAGE`, `CONFIG_INVALID` */
function storedAs(
  given: GivenOptions,
): Pick<StoreBackupRequest, 'codec' | 'note' | 'pin' | 'generation' | 'spoolParent'> {
  const text = given.last('compress');
  const codec = text === undefined ? undefined : parseWalCompression(text);
  const generation = given.last('generation');
  return {
    codec: codec && { name: codec.method, level: codec.method === 'none' ? undefined : codec.level },
    note: given.last('note'),
    pin: pinOf(given),
    generation: generation === undefined ? undefined : wholeNumber('--generation', generation, 1, 999_999_999),
    spoolParent: resolve(given.last('spool') ?? tmpdir()),
  };
}

/** Until the end of a day, or for ever. */
function pinOf(given: GivenOptions): StoreBackupRequest['pin'] {
  const date = given.last('pin');
  return date === undefined ? undefined : { until: date === '' ? undefined : pinDate(date) };
}

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

/** As `gausskeep list` tells it. */
async function recordOf({ commit }: StoredBackup, instance: RepositoryInstance): Promise<Record<string, unknown>> {
  const shown = shownInstance(instance, await readCatalogue(instance.storage), { newestWal: undefined, pruned: [] });
  const backup = shown.backups.find(({ id }) => id === commit.name);
  return backup === undefined ? {} : backupRecord(shown, backup);
}

function linesOf({ commit, hasOwnWal }: StoredBackup, instance: string): Message[] {
  const { files, logicalBytes, newBytes, referencedBytes, endLsn, timeline } = commit;
  return [
    say('storing.done', { name: commit.name, instance }),
    say('storing.done-sizes', {
      files,
      logical: sizeText(logicalBytes),
      fresh: sizeText(newBytes),
      referenced: sizeText(referencedBytes),
    }),
    say(hasOwnWal ? 'storing.done-own-wal' : 'storing.done-wal', { endLsn: formatLsn(endLsn), timeline }),
  ];
}
