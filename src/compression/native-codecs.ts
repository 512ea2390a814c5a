import type * as zstd from '@cloudpss/zstd/napi';
import type * as lz4 from 'lz4-napi';
import { reasonOf, BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Compression } from './detect.ts';

export type Lz4Codec = typeof lz4;
export type ZstdCodec = typeof zstd;
export type ZstdBlocks = Pick<ZstdCodec['_NapiBindings'], 'Compressor' | 'Decompressor'>;

/** The lz4 package, an optional dependency with a native part. @throws BackupError `CONFIG_INVALID` when it is not there */
export async function loadLz4(): Promise<Lz4Codec> {
  try {
    return await import('lz4-napi');
  } catch (error) {
    throw missing('lz4', 'lz4-napi', error);
  }
}

/** A decoder of zstd, which has a native part. @throws BackupError `CONFIG_INVALID` when the package, an optional dependency, is not there */
export async function loadZstd(): Promise<Pick<ZstdCodec, 'Decompressor'>> {
  try {
    // Not the package's main module, which goes on with a form in WebAssembly that has no streams.
    return await import('@cloudpss/zstd/napi');
  } catch (error) {
    throw missing('zstd', '@cloudpss/zstd', error);
  }
}

/** Contexts of the zstd package below its streams. @throws BackupError `CONFIG_INVALID` when it is not there */
export async function loadZstdBlocks(): Promise<ZstdBlocks> {
  try {
    return (await import('@cloudpss/zstd/napi'))._NapiBindings;
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
