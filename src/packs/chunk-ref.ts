/** A pack: the 32 hex digits of the backup that wrote it, and which of its packs, from 0. */
export interface PackId {
  readonly backup: string;
  readonly number: number;
}

/** Where a chunk is and how to read it. What it is made of is in `A pack` of docs/design/repository.md. */
export interface ChunkRef {
  readonly pack: PackId;
  /** First byte in the pack. */
  readonly offset: number;
  /** Bytes in the pack: fewer than `rawBytes`, or as many where it is stored as it is. */
  readonly storedBytes: number;
  /** Bytes of its content, 1 … `mostChunkBytes`. */
  readonly rawBytes: number;
  readonly codec: ChunkCodec;
}

/** 0 as it is, 1 gzip, 2 lz4 frame, 3 zstd frame. */
export type ChunkCodec = 0 | 1 | 2 | 3;

/** Longest content of a chunk, in bytes. */
export const mostChunkBytes = 256 * 1024;

/** A pack is put before it would get longer than this, in bytes. */
export const mostPackBytes = 16 * 1024 * 1024;

const packsOfFolder = 1000;

/** Name of a pack below the folder of its instance. */
export function packName({ backup, number }: PackId): string {
  const folder = String(Math.floor(number / packsOfFolder)).padStart(5, '0');
  return `packs/${backup}/${folder}/${String(number).padStart(8, '0')}`;
}

/** The same for chunks of which all that is said is the same. */
export function chunkKey({ pack, offset, storedBytes, rawBytes, codec }: ChunkRef): string {
  return `${pack.backup} ${pack.number} ${offset} ${storedBytes} ${rawBytes} ${codec}`;
}
