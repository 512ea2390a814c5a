import { openWal } from '../archiving/open-wal.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { walDirectories } from '../content/content-names.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ContentReader } from '../packs/content-reader.ts';
import type { FileRecord } from '../packs/record.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { openPlace } from '../storage/place.ts';
import type { Member } from '../tar/member.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { findFormProblem } from '../survey/read-segment.ts';
import { isSegmentSize, segmentName, segmentStart, type TimelineId } from '../wal/segment.ts';
import { lsn } from '../wal/lsn.ts';

/** The WAL from the start of a backup to its end. */
export interface NeededWal {
  /** Its directory in a data directory. */
  readonly directory: string;
  /** Files of the backup that are among it, by their names in the data directory. */
  readonly own: ReadonlySet<string>;
  /** Each segment, with the mark that keeps a server from archiving it again. */
  members(signal: AbortSignal): AsyncGenerator<Member, void, undefined>;
}

/** A file of WAL wherever it is. */
interface WalFile {
  readonly name: string;
  readonly sizeBytes: number | undefined;
  read(signal: AbortSignal): ByteSource;
}

/** What the backup itself has of WAL. */
interface OwnWal {
  readonly directory: string;
  /** By the names of segments. */
  readonly segments: ReadonlyMap<string, FileRecord>;
}

/** Histories are small. */
const historyLimit = 1024 * 1024;

/**
 * Looks for each segment that a backup needs: in the backup itself, which has those that no archive takes, else in the archive of its instance.
 * @throws BackupError `WAL_MISSING` for the first one that is not there
 */
export async function findNeededWal(
  instance: Instance,
  commit: Commit,
  reader: ContentReader,
  signal: AbortSignal,
): Promise<NeededWal> {
  const own = await findOwnWal(reader, signal);
  const opened = await openSource(instance, commit, signal);
  const source = opened instanceof BackupError ? undefined : opened;
  const segmentSizeBytes = source?.segmentSizeBytes ?? [...own.segments.values()][0]?.sizeBytes ?? 0;
  if (!isSegmentSize(segmentSizeBytes)) throw opened instanceof BackupError ? opened : missing(commit, 'WAL');
  const files: WalFile[] = [];
  const used = new Set<string>();
  const { timeline, startLsn, endLsn } = commit;
  for (let at = segmentStart(startLsn, segmentSizeBytes); at < endLsn; at = lsn(at + BigInt(segmentSizeBytes))) {
    const name = segmentName(timeline, at, segmentSizeBytes);
    const record = own.segments.get(name);
    if (record?.sizeBytes === segmentSizeBytes) {
      used.add(record.name);
      files.push({
        name,
        sizeBytes: segmentSizeBytes,
        read: (readSignal) => reader.content(record, { signal: readSignal }),
      });
      continue;
    }
    const object = await source?.find(name, { signal, orUnsound: true });
    if (object === undefined) throw opened instanceof BackupError ? opened : missing(commit, name);
    const damage = findFormProblem(object, segmentSizeBytes);
    if (damage !== undefined) throw new BackupError('CORRUPT', damage, { hint: say('exporting.wal-missing.hint') });
    files.push({ name, sizeBytes: segmentSizeBytes, read: (readSignal) => object.read({ signal: readSignal }) });
  }
  const history = timeline > 1 ? await source?.find(historyName(timeline), { signal }) : undefined;
  if (history !== undefined) {
    files.push({
      name: historyName(timeline),
      sizeBytes: undefined,
      read: (readSignal) => history.read({ signal: readSignal }),
    });
  }
  return { directory: own.directory, own: used, members: (readSignal) => membersOf(files, readSignal) };
}

/** The archive of the instance, or what is wrong with it: it may not be needed. */
async function openSource(
  { wal }: Instance,
  commit: Commit,
  signal: AbortSignal,
): Promise<WalSource | BackupError | undefined> {
  try {
    const { storage } = await openPlace(wal);
    const { systemIdentifier, generation } = commit;
    return (await openWal({ storage, systemIdentifier, generation }, { signal })).source;
  } catch (error) {
    // A backup may have all of it itself.
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    if (error instanceof BackupError && error.code === 'CORRUPT') return error;
    throw error;
  }
}

async function findOwnWal(reader: ContentReader, signal: AbortSignal): Promise<OwnWal> {
  let directory: string | undefined;
  const segments = new Map<string, FileRecord>();
  let isBase = false;
  for await (const record of reader.records({ signal })) {
    if (record.kind === 'part') isBase = record.oid === undefined;
    else if (isBase && record.kind !== 'file') {
      if (walDirectories.includes(record.name)) directory ??= record.name;
    } else if (isBase && record.kind === 'file') {
      const [, folder, name] = /^([^/]+)\/([0-9A-F]{24})$/.exec(record.name) ?? [];
      if (folder === undefined || name === undefined || !walDirectories.includes(folder)) continue;
      directory ??= folder;
      segments.set(name, record);
    }
  }
  if (directory === undefined) throw new BackupError('CORRUPT', say('exporting.no-wal-directory'));
  return { directory, segments };
}

async function* membersOf(files: readonly WalFile[], signal: AbortSignal): AsyncGenerator<Member, void, undefined> {
  for (const file of files) {
    const { name, sizeBytes } = file;
    if (sizeBytes === undefined) {
      const content = await wholeOf(file.read(signal), name);
      yield member(name, content.length, once(content));
    } else yield member(name, sizeBytes, file.read(signal));
    yield member(`archive_status/${name}.done`, 0, once(new Uint8Array(0)));
  }
}

function member(name: string, size: number, content: ByteSource): Member {
  const header = { name: name as ByteString, type: 'file', mode: 0o600, size, mtime: undefined } as const;
  return { header: { ...header, linkName: '' as ByteString }, content };
}

async function wholeOf(source: ByteSource, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > historyLimit) throw new BackupError('CORRUPT', say('exporting.history-too-long', { name }));
    pieces.push(Uint8Array.from(piece));
  }
  return Buffer.concat(pieces);
}

async function* once(content: Uint8Array): ByteSource {
  if (content.length > 0) yield await Promise.resolve(content);
}

function historyName(timeline: TimelineId): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

function missing({ name: backup }: Commit, name: string): BackupError {
  return new BackupError('WAL_MISSING', say('exporting.wal-missing', { backup, name }), {
    hint: say('exporting.wal-missing.hint'),
  });
}
