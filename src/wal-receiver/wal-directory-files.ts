import { lstat, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { decompressBeginning } from '../compression/decompress-beginning.ts';
import { fileFailure } from '../files/failure.ts';
import { openRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import { readPieces } from '../files/read-file.ts';
import { say } from '../messages/message.ts';
import { codecSuffixes, decompressed, suffixOf, type Codec } from '../wal-archive/codec.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { parseSegmentName, segmentName } from '../wal/segment.ts';
import type { HeldSegment, SegmentPosition } from './wal-store.ts';

/** A file of a directory of WAL that is named as a segment or as its beginning. */
export interface SegmentFileName {
  readonly name: string;
  /** The 24 digits. */
  readonly segment: string;
  readonly codec: Codec;
  readonly isWhole: boolean;
}

/** What pg_receivewal names a segment, and its beginning: `SEGMENT.gz`, `SEGMENT.gz.partial`. Undefined for every other name. */
export function parseSegmentFileName(name: string): SegmentFileName | undefined {
  const match = /^([0-9A-F]{24})(\.gz|\.lz4|\.zst|)(\.partial)?$/.exec(name);
  const codec = codecSuffixes.find(([, suffix]) => suffix === match?.[2])?.[0];
  if (match?.[1] === undefined || codec === undefined) return undefined;
  return { name, segment: match[1], codec, isWhole: match[3] === undefined };
}

export function segmentFileName(segment: string, codec: Codec, isWhole: boolean): string {
  return `${segment}${suffixOf(codec)}${isWhole ? '' : '.partial'}`;
}

/** All that are named as segments: the newest first, by position, then by timeline; whole ones before beginnings. */
export async function listSegmentFiles(directory: ByteString): Promise<SegmentFileName[]> {
  const files: SegmentFileName[] = [];
  for await (const entry of entriesOf(directory)) {
    const file = parseSegmentFileName(entry.name);
    if (file !== undefined) files.push(file);
  }
  // By timeline first: one that was begun has taken the place of those before it, however far these had come. All parts of a
  // name are of fixed length in hex, so that names order as positions do, whatever the segment size.
  const key = ({ segment, isWhole }: SegmentFileName) => `${segment}${isWhole ? '1' : '0'}`;
  return files.sort((a, b) => (key(a) < key(b) ? 1 : -1));
}

/** The files that there are of one segment, whole ones first. */
export async function segmentFilesAt(
  directory: ByteString,
  { timeline, startLsn }: SegmentPosition,
  segmentSizeBytes: number,
): Promise<SegmentFileName[]> {
  const segment = segmentName(timeline, startLsn, segmentSizeBytes);
  const candidates = [true, false].flatMap((isWhole) =>
    codecSuffixes.map(([codec]) => ({ name: segmentFileName(segment, codec, isWhole), segment, codec, isWhole })),
  );
  const found = await Promise.all(candidates.map(({ name }) => isThere(joinPath(directory, name))));
  return candidates.filter((_, index) => found[index]);
}

async function isThere(path: ByteString): Promise<boolean> {
  try {
    await lstat(fsPath(path));
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw fileFailure('read', path, error);
  }
}

/** A file as the segment that it is named; undefined when no segment of that size has the name. */
export function heldSegment(
  directory: ByteString,
  file: SegmentFileName,
  segmentSizeBytes: number,
): HeldSegment | undefined {
  const position = parseSegmentName(file.segment, segmentSizeBytes);
  if (position === undefined) return undefined;
  const path = joinPath(directory, file.name);
  return {
    ...position,
    isWhole: file.isWhole,
    from: display(path),
    read: () =>
      file.isWhole ? readWhole(path, file.codec, segmentSizeBytes) : readBeginning(path, file.codec, segmentSizeBytes),
  };
}

/** @throws BackupError `CORRUPT` when the content is damaged or not of the size of a segment */
async function* readWhole(path: ByteString, codec: Codec, segmentSizeBytes: number): ByteSource {
  let length = 0;
  try {
    for await (const piece of decompressed(codec, readPieces(path))) {
      length += piece.length;
      if (length > segmentSizeBytes) break;
      yield piece;
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    throw error.with({ sentence: say('wal-directory.damaged', { path: display(path), reason: reasonFor(error) }) });
  }
  if (length === segmentSizeBytes) return;
  const reason = `${length > segmentSizeBytes ? '>' : ''}${Math.min(length, segmentSizeBytes)}`;
  throw new BackupError(
    'CORRUPT',
    say('wal-directory.wrong-size', { path: display(path), size: reason, expected: segmentSizeBytes }),
  );
}

/**
 * What is there of a segment, up to where it ends or cannot be read any more: it may have been cut short anywhere. One file is read,
 * though the name may go to another meanwhile: a new beginning takes the place of an old one that is still compared.
 */
async function* readBeginning(path: ByteString, codec: Codec, segmentSizeBytes: number): ByteSource {
  const handle = await openToRead(path);
  try {
    const read = () => piecesFrom(handle, path);
    let length = 0;
    for await (const piece of codec === 'none' ? read() : decompressBeginning(read, codec)) {
      const part = piece.subarray(0, segmentSizeBytes - length);
      if (part.length > 0) yield part;
      length += part.length;
      if (length === segmentSizeBytes) return;
    }
  } finally {
    await handle.close();
  }
}

async function openToRead(path: ByteString): Promise<FileHandle> {
  try {
    return await openRegular(fsPath(path));
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

/** The file from its start. Pieces are views into one buffer: valid until the next one is asked for. */
async function* piecesFrom(handle: FileHandle, path: ByteString): ByteSource {
  const buffer = new Uint8Array(Buffer.allocUnsafeSlow(256 * 1024).buffer);
  for (let offset = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset).catch((error: unknown) => {
      throw fileFailure('read', path, error);
    });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** How much a beginning holds, in bytes: not compressed, zeros at its end are where nothing was written yet. */
export async function beginningLength(path: ByteString, codec: Codec, segmentSizeBytes: number): Promise<number> {
  let length = 0;
  let content = 0;
  for await (const piece of readBeginning(path, codec, segmentSizeBytes)) {
    const inPiece = piece.findLastIndex((byte) => byte !== 0);
    if (inPiece !== -1) content = length + inPiece + 1;
    length += piece.length;
  }
  return codec === 'none' ? content : length;
}

/** The size of the content of a whole one, or why it cannot be read. Reads no further than `limitBytes`, and a compressed one whole. */
export async function contentSize(path: ByteString, codec: Codec, limitBytes: number): Promise<number | BackupError> {
  if (codec === 'none') {
    try {
      return (await lstat(fsPath(path))).size;
    } catch (error) {
      throw fileFailure('read', path, error);
    }
  }
  let length = 0;
  try {
    for await (const piece of decompressed(codec, readPieces(path))) {
      length += piece.length;
      if (length > limitBytes) break;
    }
    return length;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return error;
    throw error;
  }
}

/** Whose WAL a file has and in what segments, as its first page says; undefined when that says nothing. */
export async function instanceOfFile(
  directory: ByteString,
  file: SegmentFileName,
): Promise<{ readonly systemIdentifier: bigint; readonly segmentSizeBytes: number } | undefined> {
  const path = joinPath(directory, file.name);
  try {
    for await (const piece of decompressed(file.codec, readPieces(path))) {
      const header = decodePageHeader(piece);
      if (header?.format === undefined || header.segment === undefined) return undefined;
      const named = parseSegmentName(file.segment, header.segment.segmentSizeBytes);
      return named?.startLsn === header.address ? header.segment : undefined;
    }
  } catch (error) {
    // Damaged: another one may tell. What is no file cannot.
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
  }
  return undefined;
}
