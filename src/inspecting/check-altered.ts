import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Findings } from './finding.ts';

/** Names what somebody overwrote or hid, where the storage keeps what was there before: gausskeep puts each name once, and deletes all of it. */
export async function checkAltered(storage: Storage, findings: Findings, options: StorageOptions): Promise<void> {
  const found = { hidden: { count: 0, name: '' }, overwritten: { count: 0, name: '' } };
  try {
    for await (const { name, how } of storage.altered?.(options) ?? []) {
      if (found[how].count === 0) found[how].name = name;
      found[how].count += 1;
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'AUTHENTICATION') throw error;
    findings.note('', say('lock.check.not-told'), say('lock.check.not-told.action'));
    return;
  }
  const { hidden, overwritten } = found;
  if (hidden.count > 0) findings.damage(hidden.name, say('lock.check.hidden', hidden), say('lock.check.hidden.action'));
  if (overwritten.count > 0) {
    findings.damage(overwritten.name, say('lock.check.several', overwritten), say('lock.check.several.action'));
  }
}
