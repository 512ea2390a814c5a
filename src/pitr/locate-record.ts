import type { StorageOptions } from '../storage/storage.ts';
import type { StopRules } from '../server/stop-rules.ts';
import { decodeEvent, isEventRecord } from '../wal/decode-event.ts';
import type { Lsn } from '../wal/lsn.ts';
import { WalReader } from '../wal/wal-reader.ts';
import type { WalRecord } from '../wal/wal-record.ts';
import type { RecordPlace } from './replay.ts';
import type { ReadLineSegment } from '../survey/read-line.ts';

/**
 * The first record that begins at `position` or behind it and at which `rules` can stop. Indexes have only the records that
 * mean something, so the WAL itself is read, from the segment of `position` on.
 * @param segments of the line, from one before `position` on
 */
export async function locateRecord(
  segments: AsyncIterable<ReadLineSegment>,
  position: Lsn,
  rules: StopRules,
  options: StorageOptions = {},
): Promise<RecordPlace | undefined> {
  let place: RecordPlace | undefined;
  let reader: WalReader | undefined;
  let expected: bigint | undefined;
  const visit = (record: WalRecord): boolean => {
    if (record.startLsn < position || !canStopAt(record, rules)) return true;
    place = { startLsn: record.startLsn, endLsn: record.endLsn };
    return false;
  };
  for await (const { startLsn, segmentSizeBytes, content, found, brokenBefore } of segments) {
    if (startLsn + BigInt(segmentSizeBytes) <= position) continue;
    if ('damage' in content || (expected !== undefined && startLsn !== expected)) return place;
    if (brokenBefore !== undefined) return place;
    expected = startLsn + BigInt(segmentSizeBytes);
    if (reader === undefined) reader = new WalReader({ start: startLsn, check: 'visited-records', visit });
    else reader.beginSegment(startLsn);
    for await (const piece of found.object.read(options)) if (!reader.push(piece) || reader.isAfterSwitch) break;
    if (place !== undefined) return place;
    if (reader.isAfterSwitch) reader.skipToNextSegment();
    else if (reader.hasEnded) return undefined;
  }
  return place;
}

function canStopAt(record: WalRecord, rules: StopRules): boolean {
  if (rules.lsnStopsAt === 'every-record' || record.rmid === 0) return true;
  if (!isEventRecord(record.rmid, record.info, record.format)) return false;
  const kind = decodeEvent(record)?.kind;
  return kind === 'commit' || kind === 'abort' || kind === 'barrier';
}
