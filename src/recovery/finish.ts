import { chmodSync, lchownSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes, fromText, toBytes } from '../bytes/byte-string.ts';
import { writeDurably } from '../files/write-durably.ts';
import { say, type Message } from '../messages/message.ts';
import { recoveryRecordName, restoreScriptName } from '../server/recovery-record.ts';
import { removeSettings } from '../server/settings-block.ts';
import { bytesOf, type DataDirectory } from './data-directory.ts';

/**
 * Takes out again what was configured for the recovery alone, and the record of it. Call it when the server is read-write.
 * @returns what was done
 */
export async function finishRecovery(
  { path, dialect, record }: DataDirectory,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Message[]> {
  if (record === undefined) return [];
  const done: Message[] = [];
  const file = join(path, dialect.settingsFile);
  const before = bytesOf(file);
  if (record.addedSettings.length > 0 && before !== undefined) {
    const after = toBytes(removeSettings(fromBytes(before), record.addedSettings));
    if (!after.equals(before)) {
      const { uid, gid, mode } = lstatSync(file);
      await writeDurably(fromText(file), after, { signal, mode: mode & 0o777 });
      // Only root can be somebody else than the owner here, and only root can do this.
      if (lstatSync(file).uid !== uid) lchownSync(file, uid, gid);
      chmodSync(file, mode & 0o777);
      done.push(say('recovery.settings-removed', { file: dialect.settingsFile }));
    }
  }
  // The record last: as long as it is there, this can be repeated.
  for (const name of [restoreScriptName, recoveryRecordName]) rmSync(join(path, name), { force: true });
  return done;
}
