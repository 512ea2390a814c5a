import { realpath, stat } from 'node:fs/promises';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { readCall } from '../errors/system-words.ts';
import { directoryState } from '../files/directory-state.ts';
import { isLockName } from '../files/lock-directory.ts';
import { fsPath } from '../files/path.ts';
import { say, type MessageValue } from '../messages/message.ts';

/** What `gs_tar -D DIRECTORY -F FILE` was asked for. */
export interface UnpackRequest {
  /** The archive: the original's format or tar, compressed with gzip, lz4, zstd or not at all; its content tells. */
  readonly file: ByteString;
  /** An existing, empty directory. */
  readonly directory: ByteString;
  /** False leaves out fsync; default true. */
  readonly sync?: boolean | undefined;
}

/** The request after a look at what is there. Making a plan changes nothing. */
export interface UnpackPlan {
  readonly file: ByteString;
  readonly fileSizeBytes: number;
  /** Absolute, without links, because openGauss's own relative links are made absolute with it. */
  readonly directory: ByteString;
  readonly sync: boolean;
}

/**
 * @throws BackupError `TARGET_NOT_EMPTY` in the words of the original; `STORAGE_UNAVAILABLE` for a missing directory or file
 */
export async function planUnpack(request: UnpackRequest): Promise<UnpackPlan> {
  const { file, sync = true } = request;
  const directory = await realDirectory(request.directory);
  const state = await directoryState(directory, isLockName);
  if (state !== 'empty') {
    throw new BackupError(
      'TARGET_NOT_EMPTY',
      say('unpack.destination-not-empty', { path: display(request.directory) }),
      {
        hint: say('unpack.destination-not-empty.hint'),
      },
    );
  }
  return { file, fileSizeBytes: await sizeOf(file), directory, sync };
}

async function realDirectory(path: ByteString): Promise<ByteString> {
  try {
    return (await realpath(fsPath(path), { encoding: 'latin1' })) as ByteString;
  } catch (error) {
    const values = { path: display(path), reason: shortReason(error) };
    throw new BackupError('STORAGE_UNAVAILABLE', say('unpack.destination-failed', values), {
      hint: say('unpack.destination-failed.hint'),
      cause: error,
      retryable: false,
    });
  }
}

async function sizeOf(file: ByteString): Promise<number> {
  try {
    const stats = await stat(fsPath(file));
    if (!stats.isDirectory()) return stats.size;
  } catch (error) {
    const values = { path: display(file), reason: shortReason(error) };
    throw new BackupError('STORAGE_UNAVAILABLE', say('unpack.file-failed', values), { cause: error, retryable: false });
  }
  throw new BackupError('USAGE', say('unpack.not-a-file', { path: display(file) }));
}

/** Node's text without the call and the path, which the sentence has already. */
function shortReason(error: unknown): MessageValue {
  const text = reasonOf(error);
  return readCall(systemCodeOf(error), text)?.text ?? text.replace(/^(E[A-Z0-9]+): (.+?), .*$/s, '$2');
}
