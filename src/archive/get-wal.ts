import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import { findArchive } from '../repository/archive.ts';
import { readReceipt, walFolder } from '../repository/archive-wal.ts';
import { parseWalFileName, segmentAt } from '../repository/wal-file-name.ts';
import type { WalObject, WalSource } from '../repository/wal-source.ts';
import type { Storage } from '../storage/storage.ts';
import { openWal, type OpenedWal } from './open-wal.ts';

export interface GetRequest {
  /** One that keeps at it (`openRetrying`) where a passing failure must not end a recovery. */
  readonly storage: Storage;
  /** What the server calls the file: `%f`. */
  readonly name: string;
  /** Where it goes: `%p`. What is there is replaced. */
  readonly target: string;
  readonly generation?: number | undefined;
  /** Of the instance that asks. WAL of another one is refused. */
  readonly systemIdentifier?: bigint | undefined;
  /** Whether the beginning of a segment will do where it is not there whole; default true. */
  readonly partial?: boolean | undefined;
}

export type GetResult =
  | {
      readonly outcome: 'found';
      /** Where it came from. */
      readonly storedName: string;
      readonly sizeBytes: number;
      /** Bytes of zeros that stand for the rest of a partial segment. */
      readonly paddingBytes: number;
    }
  /** The archive was opened, is that of the instance, and has no such file. */
  | { readonly outcome: 'absent' };

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers one file of WAL, as restore_command asks: a private copy, of exact size, that appears at once under its name.
 * Absence is an answer; whatever keeps us from knowing is an error, because a server that is told "not there" opens the database.
 */
export async function getWal(request: GetRequest, { signal }: Options = {}): Promise<GetResult> {
  if (parseWalFileName(request.name) === undefined) {
    throw new BackupError('USAGE', say('archive.no-wal-name', { name: request.name }), {
      hint: say('archive.get-name.hint'),
    });
  }
  const options = { signal };
  const { name, storage, generation, systemIdentifier, partial = true } = request;
  const opened = await openWal({ storage, generation, systemIdentifier }, options);
  const { source } = opened;
  const object = await source.find(name, options);
  if (object !== undefined) return deliver(source, object, request.target, options);
  const unsound = await source.findUnsound(name, options);
  if (unsound !== undefined) {
    throw new BackupError('CORRUPT', say('archive.half-written', { name, stored: unsound }), {
      hint: say('archive.half-written.hint'),
    });
  }
  if (partial && parseWalFileName(name)?.kind === 'segment') {
    const beginning = await source.find(`${name}.partial`, options);
    if (beginning !== undefined) return deliver(source, beginning, request.target, options);
  }
  await refuseGap(request.name, opened, options);
  await proveAbsent(request, opened, storage, options);
  return { outcome: 'absent' };
}

/**
 * A segment that is missing between others of its timeline is no end of WAL: a server that is told so opens the database and
 * loses what follows. Looks at the segment's folder and the next, which is 4 GiB of WAL at least.
 */
async function refuseGap(name: string, { archive, generation }: OpenedWal, options: Options): Promise<void> {
  if (archive === undefined || generation === undefined || parseWalFileName(name)?.kind !== 'segment') return;
  const { segmentSizeBytes } = archive.identity;
  const before = segmentAt(name, -1, segmentSizeBytes);
  if (before === undefined || (await readReceipt(archive.storage, generation, before, options)) === undefined) return;
  const nextFolder = segmentAt(name, 2 ** 32 / segmentSizeBytes, segmentSizeBytes);
  for (const one of nextFolder === undefined ? [name] : [name, nextFolder]) {
    for await (const stored of archive.storage.list(`${walFolder(generation)}${one.slice(0, 16)}/`, options)) {
      const later = /([0-9A-F]{24})\.receipt$/.exec(stored.name)?.[1];
      if (later === undefined || later <= name) continue;
      throw new BackupError('WAL_MISSING', say('archive.gap', { name, before, later }), {
        hint: say('archive.gap.hint'),
      });
    }
  }
}

/** That a name was not found proves something only if the archive is still there, and is the right one. */
async function proveAbsent(
  { name, systemIdentifier }: GetRequest,
  { archive }: OpenedWal,
  storage: Storage,
  options: Options,
): Promise<void> {
  if (archive !== undefined) {
    const again = await findArchive(storage, options);
    if (again?.identity.archive === archive.identity.archive) return;
    throw new BackupError('STORAGE_UNAVAILABLE', say('archive.identity-changed', { storage: storage.description }));
  }
  if (systemIdentifier !== undefined) return;
  throw new BackupError('WAL_MISSING', say('archive.absent-unproved', { name, storage: storage.description }), {
    hint: say('archive.absent-unproved.hint'),
  });
}

async function deliver(source: WalSource, object: WalObject, target: string, options: Options): Promise<GetResult> {
  // The server's own name for what it asks for (RECOVERYXLOG) with something behind it: it ignores that.
  const temporary = join(
    dirname(target),
    `${basename(target)}.gausskeep-${process.pid}-${randomBytes(4).toString('hex')}`,
  );
  const isSegment = object.file.kind === 'segment' || object.file.kind === 'partial';
  const wanted = isSegment && !target.endsWith('.partial') ? source.segmentSizeBytes : undefined;
  try {
    const written = await writeCopy(temporary, object, wanted, options);
    await local('rename', target, () => rename(temporary, target));
    return { outcome: 'found', storedName: object.storedName, ...written };
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Not synced: after a crash the server asks for it again. @throws BackupError `CORRUPT` when the size is wrong */
async function writeCopy(
  path: string,
  object: WalObject,
  wanted: number | undefined,
  options: Options,
): Promise<{ sizeBytes: number; paddingBytes: number }> {
  const file = await local('create', path, () => open(path, 'wx', 0o600));
  try {
    let sizeBytes = 0;
    for await (const piece of object.read(options)) {
      options.signal?.throwIfAborted();
      for (let done = 0; done < piece.length;) {
        done += (await local('write', path, () => file.write(piece, done))).bytesWritten;
      }
      sizeBytes += piece.length;
    }
    if (wanted === undefined || sizeBytes === wanted) return { sizeBytes, paddingBytes: 0 };
    if (object.file.kind !== 'partial' || sizeBytes > wanted) {
      throw new BackupError(
        'CORRUPT',
        say('archive.wrong-size', { name: object.storedName, actual: sizeBytes, expected: wanted }),
      );
    }
    await local('write', path, () => file.truncate(wanted));
    return { sizeBytes: wanted, paddingBytes: wanted - sizeBytes };
  } finally {
    await file.close();
  }
}

/** A failure of the target is not one of the archive: it is not retried. */
async function local<Result>(
  action: 'create' | 'write' | 'rename',
  path: string,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw fileFailure(action, fromText(path), error);
  }
}
