import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Compression } from './detect.ts';
import { gunzipBeginning } from './gunzip-beginning.ts';
import { unlz4Beginning } from './lz4-frames.ts';
import { unzstdBeginning } from './zstd-frames.ts';

/**
 * The content of a file that is still written, or whose writer was killed: up to where it cannot be decoded any more, without
 * an error. What was flushed (`FlushingEncoder`) comes whole. gzip has no checksum before its end: behind what was flushed a
 * power failure may leave a hole that nothing tells from data, see `gunzipBeginning`.
 * @param read gives the file from its start, each time anew
 * @throws BackupError `CONFIG_INVALID` when the codec's package is not installed; what `read` throws
 */
export function decompressBeginning(
  read: () => ByteSource,
  kind: Compression,
): AsyncGenerator<Uint8Array, void, undefined> {
  switch (kind) {
    case 'gzip':
      return gunzipBeginning(read);
    case 'lz4':
      return unlz4Beginning(read());
    case 'zstd':
      return unzstdBeginning(read());
  }
}
