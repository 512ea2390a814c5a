import { chmodSync, lchownSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes, fromText, toBytes } from '../bytes/byte-string.ts';
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
import { removeSettings } from '../server/settings-block.ts';
import type { Lsn } from '../wal/lsn.ts';
import { bytesOf, type DataDirectory } from './data-directory.ts';

type Options = { readonly signal?: AbortSignal | undefined };

/**
 * Takes out again what was configured for the recovery alone, and the record of it. Call it when the server is read-write
 * and where it should be.
 * @param lsn where the recovery ended, if anybody could tell
 * @returns what was done
 */
export async function finishRecovery(data: DataDirectory, lsn: Lsn | undefined, options: Options): Promise<Message[]> {
  const { path, dialect, record } = data;
  if (record === undefined) return [];
  const done: Message[] = [];
  const file = join(path, dialect.settingsFile);
  const before = bytesOf(file);
  if (record.addedSettings.length > 0 && before !== undefined) {
    const after = toBytes(removeSettings(fromBytes(before), record.addedSettings));
    if (!after.equals(before)) {
      await replace(file, after, options);
      done.push(say('recovery.settings-removed', { file: dialect.settingsFile }));
    }
  }
  const past = { ...record, ended: { how: 'done' as const, lsn, text: undefined } };
  await replace(join(path, pastRecordName), encodeRecoveryRecord(past), options);
  // The record last: as long as it is there, this can be repeated.
  for (const name of [restoreScriptName, recoveryRecordName]) rmSync(join(path, name), { force: true });
  return done;
}

/** Notes in the record how the recovery ended. It stays there: a later look must not take the copy for what it is not. */
export async function markEnd({ path, record }: DataDirectory, ended: RecoveryEnd, options: Options): Promise<void> {
  const whole = { ...(record ?? nothingPromised), ended };
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
