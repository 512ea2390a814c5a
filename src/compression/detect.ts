/** The compressions of backup and WAL files. */
export type Compression = 'gzip' | 'lz4' | 'zstd';

/** What a file's name ends in. */
export const compressionSuffix: Readonly<Record<Compression, string>> = { gzip: '.gz', lz4: '.lz4', zstd: '.zst' };

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** How many bytes `detectCompression` looks at. */
export const magicLength = 4;

/** The compression that a file begins with, by its first bytes (at least 4, or the whole file); undefined for none. */
export function detectCompression(head: Uint8Array): Compression | undefined {
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0];
}

/** The compression that a file's name promises; undefined for none. */
export function compressionOfName(name: string): Compression | undefined {
  return magics.find(([kind]) => name.endsWith(compressionSuffix[kind]))?.[0];
}
