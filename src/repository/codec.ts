import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** How a segment is compressed in an archive. */
export type Codec = 'none' | 'gzip' | 'lz4' | 'zstd';

/** What follows the name; the longest first, so that `none` is tried last. */
export const codecSuffixes: readonly (readonly [Codec, string])[] = [
  ['gzip', '.gz'],
  ['lz4', '.lz4'],
  ['zstd', '.zst'],
  ['none', ''],
];

export function suffixOf(codec: Codec): string {
  return codecSuffixes.find(([name]) => name === codec)?.[1] ?? '';
}

export function isCodec(value: unknown): value is Codec {
  return codecSuffixes.some(([name]) => name === value);
}

/** `source` compressed. @param level 1 (fast) … 9 (small) for gzip */
export function compressed(codec: Codec, source: ByteSource, level = 6): ByteSource {
  if (codec === 'none') return source;
  if (codec === 'gzip') return through(source, createGzip({ level }));
  throw notYet(codec);
}

/** `source` decompressed. @throws BackupError `CORRUPT` when it is damaged or ends early */
export async function* decompressed(codec: Codec, source: ByteSource, name: string): ByteSource {
  if (codec === 'none') {
    yield* source;
    return;
  }
  if (codec !== 'gzip') throw notYet(codec);
  try {
    yield* through(source, createGunzip());
  } catch (error) {
    if (error instanceof BackupError || (error instanceof Error && error.name === 'AbortError')) throw error;
    throw new BackupError('CORRUPT', say('archive.undecodable', { name, reason: reasonOf(error) }), { cause: error });
  }
}

function notYet(codec: Codec): BackupError {
  return new BackupError('USAGE', say('archive.no-codec', { codec }));
}

async function* through(source: ByteSource, transform: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>): ByteSource {
  const done = pipeline(Readable.from(source, { objectMode: false }), transform);
  // Its failure reaches us through the iteration; here it is only kept from being unhandled.
  done.catch(() => undefined);
  yield* transform;
  await done;
}
