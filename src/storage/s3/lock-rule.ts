import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import type { LockWish } from '../storage.ts';
import { parsed, record } from './answer-xml.ts';
import type { S3Client } from './client.ts';
import type { ObjectLock } from './storage-record.ts';

/**
 * How objects of a place are locked from now on: as is wished, else as the bucket does by itself.
 * @throws BackupError `CONFIG_INVALID` where the bucket can lock nothing
 */
export async function chosenLock(
  client: S3Client,
  wish: LockWish | undefined,
  signal?: AbortSignal,
): Promise<ObjectLock | undefined> {
  const rule = await lockRule(client, signal);
  if (wish === undefined) return rule === 'not told' ? undefined : rule;
  // What is not told shows with the first object: the store refuses it where it cannot lock.
  if (rule !== undefined) return wish;
  throw new BackupError('CONFIG_INVALID', say('lock.no-lock', { bucket: client.words.bucket }), {
    hint: say('lock.no-lock.hint'),
  });
}

/** That what is wished is what was settled when the place was used for the first time. @throws BackupError `CONFIG_INVALID` */
export function refuseOtherLock({ words }: S3Client, wish: LockWish, settled: ObjectLock | undefined): void {
  if (settled?.days === wish.days && settled.mode === wish.mode) return;
  const is =
    settled?.days === undefined
      ? say('lock.settled-none')
      : say('lock.settled-days', { days: settled.days, mode: settled.mode.toLowerCase() });
  throw new BackupError('CONFIG_INVALID', say('lock.settled', { place: words.place, is }), {
    hint: say('lock.settled.hint'),
  });
}

/** What the bucket says of object lock; undefined where it has none, or the store does not know such a thing. */
async function lockRule(client: S3Client, signal?: AbortSignal): Promise<ObjectLock | 'not told' | undefined> {
  const answers = [200, 400, 403, 404, 405, 501];
  const { status, text } = await client.text({ method: 'GET', query: { 'object-lock': '' }, answers }, signal);
  if (status === 403) return 'not told';
  if (status !== 200 || !text.includes('<ObjectLockEnabled>Enabled<')) return undefined;
  const { parseXML } = await import('@aws-sdk/xml-builder');
  const configuration = record(parsed(() => parseXML(text), client)['ObjectLockConfiguration'], client);
  const { Rule: rule } = configuration;
  if (rule === undefined || rule === '') return { mode: 'GOVERNANCE', days: undefined };
  const { Mode: mode, Days: days, Years: years } = record(record(rule, client)['DefaultRetention'], client);
  const count = Number(days ?? Number(years) * 365);
  return {
    mode: mode === 'COMPLIANCE' ? 'COMPLIANCE' : 'GOVERNANCE',
    days: Number.isInteger(count) && count > 0 ? count : undefined,
  };
}
