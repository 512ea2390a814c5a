import { createHash } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { FileWriter } from '../files/file-writer.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { ProvedSegment } from '../survey/prove-wal.ts';
import type { Lsn } from '../wal/lsn.ts';

export interface SupplyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Permission bits of the files. */
  readonly mode: number;
}

/**
 * Puts segments into the WAL directory as private copies with their `.done` marks, so that the server neither fetches nor
 * archives them. The last is zero from `cutLsn` on. What is put is what was proved: its content hash is compared while it is
 * copied. Where a segment is damaged behind what is needed of it, zeros take the place of the rest.
 * @throws BackupError `CORRUPT` when a segment is not what the proof saw, `WAL_MISSING` when it is there no more
 */
export async function supplyWal(
  segments: readonly ProvedSegment[],
  walDirectory: ByteString,
  { cutLsn, signal, mode }: SupplyOptions & { readonly cutLsn: Lsn | undefined },
): Promise<void> {
  const marks = joinPath(walDirectory, 'archive_status');
  mkdirSync(fsPath(marks), { recursive: true, mode: 0o700 });
  for (const segment of segments) {
    signal?.throwIfAborted();
    await copySegment(segment, walDirectory, cutLsn, { signal, mode });
    touch(joinPath(marks, `${segment.name}.done`), mode);
  }
}

async function copySegment(
  segment: ProvedSegment,
  directory: ByteString,
  cutLsn: Lsn | undefined,
  { signal, mode }: SupplyOptions,
): Promise<void> {
  const { name, startLsn, segmentSizeBytes, found, content } = segment;
  const path = joinPath(directory, name);
  const keptBytes =
    cutLsn === undefined ? segmentSizeBytes : Math.min(segmentSizeBytes, Number(BigInt(cutLsn) - startLsn));
  const hash = createHash('sha256');
  const provedBytes = content?.keptBytes ?? 0;
  const writer = create(path, mode);
  let position = 0;
  try {
    for await (const piece of sound(found.object.read({ signal }), () => position >= provedBytes)) {
      hash.update(piece.subarray(0, Math.max(0, provedBytes - position)));
      const kept = piece.subarray(0, Math.max(0, keptBytes - position));
      if (kept.length > 0) writer.write(kept);
      position += piece.length;
    }
    writeZeros(writer, segmentSizeBytes - Math.min(position, keptBytes));
  } catch (error) {
    throw isGone(error) ? goneSince(segment, error) : error;
  } finally {
    writer.close();
  }
  if (content !== undefined && position >= provedBytes && hash.digest('hex') === content.sha256) return;
  throw new BackupError('CORRUPT', say('restore-recovery.changed', { name, from: segment.from }), {
    hint: say('restore-recovery.changed.hint'),
  });
}

function isGone(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND';
}

/** Archives are cleaned up while somebody restores from them. */
function goneSince({ name, from }: ProvedSegment, cause: unknown): BackupError {
  return new BackupError('WAL_MISSING', say('restore-recovery.gone', { name, from }), {
    cause,
    hint: say('restore-recovery.changed.hint'),
  });
}

/** `source`, which ends where the rest is damaged and nobody needs it. */
async function* sound(source: ByteSource, isEnough: () => boolean): ByteSource {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT' || !isEnough()) throw error;
  }
}

/** A private file: never a link to what is in the archive. */
function create(path: ByteString, mode: number): FileWriter {
  try {
    if (existsSync(fsPath(path))) unlinkSync(fsPath(path));
    return new FileWriter(path, openSync(fsPath(path), 'wx', mode));
  } catch (error) {
    throw fileFailure('create', path, error);
  }
}

function writeZeros(writer: FileWriter, count: number): void {
  const zeros = Buffer.alloc(Math.min(count, 1024 * 1024));
  for (let left = count; left > 0; left -= zeros.length) writer.write(zeros.subarray(0, Math.min(left, zeros.length)));
}

function touch(path: ByteString, mode: number): void {
  try {
    rmSync(fsPath(path), { force: true });
    closeSync(openSync(fsPath(path), 'wx', mode));
    chmodSync(fsPath(path), mode);
  } catch (error) {
    throw fileFailure('create', path, error);
  }
}
