import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import { detectCompression, magicLength, type Compression } from './detect.ts';
import { EventTurns } from './event-turns.ts';
import { gunzipMembers, type DecompressOptions } from './gunzip.ts';
import { gzipMembers, type CompressOptions } from './gzip-members.ts';
import { lz4FrameEncoder, lz4Frames, unlz4Frames } from './lz4-frames.ts';
import { createZstdEncoder } from './zstd-encoder.ts';
import { requireZstdDecoder, unzstdFrames, zstdFrames } from './zstd-frames.ts';

/** `source` compressed, in blocks of 1 MiB of their own. lz4 knows no level. See the writer of each kind. */
export function compress(
  source: ByteSource,
  kind: Compression,
  options: CompressOptions = {},
): AsyncGenerator<Uint8Array> {
  switch (kind) {
    case 'gzip':
      return gzipMembers(source, options);
    case 'lz4':
      return lz4Frames(source, options);
    case 'zstd':
      return zstdFrames(source, options);
  }
}

/** Whether `compress` can do it here, for those who want to know before they begin. @throws BackupError `CONFIG_INVALID` */
export async function requireEncoder(kind: Compression, level?: number): Promise<void> {
  if (kind === 'lz4') await lz4FrameEncoder();
  if (kind === 'zstd') (await createZstdEncoder({ level, workers: 1 })).close();
}

/** The same of `decompress`, by the name of a method that somebody else compresses with. */
export async function requireDecoder(method: string): Promise<void> {
  if (method === 'zstd') await requireZstdDecoder();
}

/**
 * The content of `source`. Everything is checked: checksums that are there, its end, what follows it. Memory is bounded.
 * @throws BackupError `CORRUPT`; `CONFIG_INVALID` when the codec's package is not installed
 */
export function decompress(
  source: ByteSource,
  kind: Compression,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array> {
  switch (kind) {
    case 'gzip':
      return gunzipMembers(source, options);
    case 'lz4':
      return unlz4Frames(source, options);
    case 'zstd':
      return unzstdFrames(source, options);
  }
}

/**
 * The content of `source`, decompressed when its first bytes say that it is compressed, else as it is. An aborted signal
 * ends it whatever a few bytes decompress to.
 */
export async function* decompressDetected(
  source: ByteSource,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(source);
  try {
    const head = Buffer.alloc(magicLength);
    let filled = 0;
    while (filled < magicLength) {
      const piece = await reader.readSome(magicLength - filled);
      if (piece === undefined) break;
      head.set(piece, filled);
      filled += piece.length;
    }
    const whole = withHead(head.subarray(0, filled), reader);
    const kind = detectCompression(head.subarray(0, filled));
    if (kind === undefined) {
      yield* whole;
      return;
    }
    const turns = new EventTurns(options.signal);
    for await (const piece of decompress(whole, kind, options)) {
      yield piece;
      await turns.after(piece.length);
    }
  } finally {
    await reader.close();
  }
}

async function* withHead(head: Uint8Array, reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head;
  for (;;) {
    const piece = await reader.readSome(Number.MAX_SAFE_INTEGER);
    if (piece === undefined) return;
    yield piece;
  }
}
