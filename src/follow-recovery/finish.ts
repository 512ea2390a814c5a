import { chmodSync, lchownSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes, fromText, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { writeDurably } from '../files/write-durably.ts';
import { say, type Message } from '../messages/message.ts';
import {
  encodeRecoveryRecord,
  nothingPromised,
  pastRecordName,
  recoveryRecordName,
  restoreScriptName,
  type RecoveryEnd,
} from '../server/recovery-record.ts';
import { targetActionSetting, type Setting } from '../server/recovery-settings.ts';
import { removeSettings } from '../server/settings-block.ts';
import { SettingsFile } from '../server/settings-file.ts';
import type { Lsn } from '../wal/lsn.ts';
import { bytesOf, type DataDirectory } from './data-directory.ts';

type Options = { readonly signal?: AbortSignal | undefined };

/**
 * Takes out again what was configured for the recovery alone, and the record of it; what is kept says that there was one.
 * Call it when the server is read-write and where it should be.
 * @param end `lsn`: where the recovery ended, if anybody could tell; `archiveRecovery`: what it was
 * @returns what was done
 */
export async function finishRecovery(
  data: DataDirectory,
  { lsn, archiveRecovery }: { readonly lsn: Lsn | undefined; readonly archiveRecovery: boolean },
  options: Options,
): Promise<Message[]> {
  const { path, dialect } = data;
  const record = data.record ?? nothingPromised;
  const done: Message[] = [];
  const file = join(path, dialect.settingsFile);
  const before = bytesOf(file);
  if (record.addedSettings.length > 0 && before !== undefined) {
    const after = toBytes(withoutRecovery(fromBytes(before), record.addedSettings));
    if (!after.equals(before)) {
      await replace(file, after, options);
      done.push(say('recovery.settings-removed', { file: dialect.settingsFile }));
    }
  }
  const past = { ...record, archiveRecovery, ended: { how: 'done' as const, lsn, text: undefined } };
  await replace(join(path, pastRecordName), encodeRecoveryRecord(past), options);
  // The record last: as long as it is there, this can be repeated.
  for (const name of [restoreScriptName, recoveryRecordName]) rmSync(join(path, name), { force: true });
  return done;
}

/** What `removeSettings` leaves, without the other action that a user chose after a shutdown at the target. */
function withoutRecovery(text: ByteString, added: readonly Setting[]): ByteString {
  const hasAction = added.some(({ name }) => name === targetActionSetting);
  const rest = removeSettings(text, added);
  if (!hasAction) return rest;
  const chosen = new Set(
    new SettingsFile(rest)
      .lines()
      .filter(({ name }) => name === targetActionSetting)
      .map(({ index }) => index),
  );
  return rest
    .split('\n')
    .filter((_, index) => !chosen.has(index))
    .join('\n') as ByteString;
}

/** Notes in the record how the recovery ended. It stays there: a later look must not take the copy for what it is not. */
export async function markEnd(
  { path, record }: DataDirectory,
  { archiveRecovery, ...ended }: RecoveryEnd & { readonly archiveRecovery: boolean },
  options: Options,
): Promise<void> {
  const whole = { ...(record ?? nothingPromised), archiveRecovery, ended };
  await replace(join(path, recoveryRecordName), encodeRecoveryRecord(whole), options);
}

/** Keeps owner and permissions of a file that is there. */
async function replace(file: string, bytes: Uint8Array, { signal }: Options): Promise<void> {
  const before = lstatSync(file, { throwIfNoEntry: false });
  const mode = before === undefined ? 0o600 : before.mode & 0o777;
  await writeDurably(fromText(file), bytes, { signal, mode });
  // Only root can be somebody else than the owner here, and only root can do this.
  if (before !== undefined && lstatSync(file).uid !== before.uid) lchownSync(file, before.uid, before.gid);
  chmodSync(file, mode);
}
