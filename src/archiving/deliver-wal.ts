import { randomBytes } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { ownerOfNewFiles } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';

/** A file of WAL that was put where it was asked for. */
export interface DeliveredWal {
  readonly outcome: 'found';
  /** Where it came from. */
  readonly storedName: string;
  readonly sizeBytes: number;
  /** Bytes of zeros that stand for the rest of a partial segment. */
  readonly paddingBytes: number;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** Sees each piece of what is written, in order. */
  readonly onPiece?: ((piece: Uint8Array) => void) | undefined;
}

/** A name beside `target` that a server takes for nothing: its own for what it asks for (RECOVERYXLOG) with something behind it. */
export function unfinishedName(target: string): string {
  return join(dirname(target), `${basename(target)}.gausskeep-${process.pid}-${randomBytes(4).toString('hex')}`);
}

/** Writes a private copy that appears at once under its name; what is there is replaced. @throws BackupError `CORRUPT` when the size is wrong */
export async function deliver(
  source: Pick<WalSource, 'segmentSizeBytes'>,
  object: WalObject,
  target: string,
  options: Options,
): Promise<DeliveredWal> {
  const temporary = unfinishedName(target);
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
  { signal, onPiece }: Options,
): Promise<{ sizeBytes: number; paddingBytes: number }> {
  const file = await local('create', path, () => open(path, 'wx', 0o600));
  try {
    await local('owner', path, async () => {
      const owner = await ownerOfNewFiles(dirname(path));
      if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    });
    let sizeBytes = 0;
    for await (const piece of object.read({ signal })) {
      signal?.throwIfAborted();
      for (let done = 0; done < piece.length;) {
        done += (await local('write', path, () => file.write(piece, done))).bytesWritten;
      }
      onPiece?.(piece);
      sizeBytes += piece.length;
    }
    if (wanted === undefined || sizeBytes === wanted) {
      return { sizeBytes, paddingBytes: sizeBytes - (object.grownBytes ?? sizeBytes) };
    }
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
  action: 'create' | 'write' | 'rename' | 'owner',
  path: string,
  call: () => Promise<Result>,
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw fileFailure(action, fromText(path), error);
  }
}
