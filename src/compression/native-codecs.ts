import type * as zstd from '@cloudpss/zstd';
import type * as lz4 from 'lz4-napi';
import { reasonOf, BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Compression } from './detect.ts';

export type Lz4Codec = typeof lz4;
export type ZstdCodec = typeof zstd;

/** The lz4 package, an optional dependency with a native part. @throws BackupError `CONFIG_INVALID` when it is not there */
export async function loadLz4(): Promise<Lz4Codec> {
  try {
    return await import('lz4-napi');
  } catch (error) {
    throw missing('lz4', 'lz4-napi', error);
  }
}

/** The zstd package, an optional dependency with a native part. @throws BackupError `CONFIG_INVALID` when it is not there */
export async function loadZstd(): Promise<ZstdCodec> {
  try {
    return await import('@cloudpss/zstd');
  } catch (error) {
    throw missing('zstd', '@cloudpss/zstd', error);
  }
}

function missing(codec: Compression, name: string, cause: unknown): BackupError {
  // Node's text goes on with the import stack; its first line says it.
  const reason = reasonOf(cause).split('\n')[0] ?? '';
  return new BackupError('CONFIG_INVALID', say('compression.codec-missing', { codec, package: name, reason }), {
    hint: say('compression.codec-missing.hint', { package: name }),
    cause,
  });
}
