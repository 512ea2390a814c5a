import { parsed, record } from './answer-xml.ts';
import type { S3Client } from './client.ts';
import type { ObjectLock } from './storage-record.ts';

/** What the bucket says of object lock; undefined where it has none, or the store does not know such a thing. */
export async function lockRule(client: S3Client, signal?: AbortSignal): Promise<ObjectLock | undefined> {
  const answers = [200, 400, 403, 404, 405, 501];
  const { status, text } = await client.text({ method: 'GET', query: { 'object-lock': '' }, answers }, signal);
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
