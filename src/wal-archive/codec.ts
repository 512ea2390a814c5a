import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Compression } from '../compression/detect.ts';

/** How a segment is compressed in an archive. */
export type Codec = 'none' | Compression;

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

/** `source` compressed. @param level as the codec counts; undefined: its default */
export async function* compressed(codec: Codec, source: ByteSource, level?: number): ByteSource {
  if (codec === 'none') {
    yield* source;
    return;
  }
  // Loaded when needed: a command that a server runs for each segment must start fast.
  const { compress } = await import('../compression/decompress.ts');
  yield* compress(source, codec, { level });
}

/** `source` decompressed. @throws BackupError `CORRUPT` when it is damaged or ends early */
export async function* decompressed(codec: Codec, source: ByteSource): ByteSource {
  if (codec === 'none') {
    yield* source;
    return;
  }
  const { decompress } = await import('../compression/decompress.ts');
  yield* decompress(source, codec);
}

/** As `decompressed`, of what is still written: up to where it cannot be decoded any more. @param read gives it from its start */
export async function* beginningOf(codec: Codec, read: () => ByteSource): ByteSource {
  if (codec === 'none') {
    yield* read();
    return;
  }
  const { decompressBeginning } = await import('../compression/decompress-beginning.ts');
  yield* decompressBeginning(read, codec);
}
