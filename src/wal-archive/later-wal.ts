import { BackupError } from '../errors/backup-error.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { parseTimelineHistory } from '../wal/timeline-history.ts';
import { parseWalFileName, segmentEnd } from './wal-file-name.ts';
import type { WalSource } from './wal-source.ts';

/**
 * Whether a file of that name shows that the WAL of a segment's timeline went on to its end or behind it: a later segment,
 * a base backup that began there, a timeline that forked off later.
 */
export async function showsLaterWal(
  name: string,
  segment: string,
  { find, segmentSizeBytes }: Pick<WalSource, 'find' | 'segmentSizeBytes'>,
  options?: StorageOptions,
): Promise<boolean> {
  const file = parseWalFileName(name);
  if (file === undefined) return false;
  const timeline = segment.slice(0, 8);
  if (file.kind === 'history') {
    const end = segmentEnd(segment, segmentSizeBytes);
    const history = name.slice(0, 8) > timeline && (await find(name, options));
    if (!history || end === undefined) return false;
    const parents = parentsIn(await textOf(history.read(options)), file.timeline);
    return parents.some((one) => one.timeline === Number.parseInt(timeline, 16) && one.switchLsn >= end);
  }
  if (file.segment.slice(0, 8) !== timeline) return false;
  return file.kind === 'backup-history' ? file.segment >= segment : file.segment > segment;
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(Uint8Array.from(piece));
  return Buffer.concat(read).toString('utf8');
}

/** A history file that nobody can read says nothing here; that it is damaged is said to who asks for it. */
function parentsIn(text: string, timeline: number): ReturnType<typeof parseTimelineHistory> {
  try {
    return parseTimelineHistory(text, timeline);
  } catch (error) {
    if (error instanceof BackupError) return [];
    throw error;
  }
}
