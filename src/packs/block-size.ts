import { mostChunkBytes } from './chunk-ref.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** The table of `Blocks` in docs/design/repository.md: files shorter than `below` bytes have blocks of `block` bytes. */
const table: readonly { readonly below: number; readonly block: number }[] = [
  { below: MiB, block: 16 * KiB },
  { below: 16 * MiB, block: 32 * KiB },
  { below: 16 * GiB, block: 64 * KiB },
];

/**
 * Block size, in bytes, of a file.
 * @param prior that of the same file in the backup that this one is compared with; undefined: it is not there
 */
export function blockBytesOf(sizeBytes: number, prior?: number): number {
  const suggested = table.find(({ below }) => sizeBytes < below)?.block ?? 256 * KiB;
  if (prior === undefined || prior > mostChunkBytes) return suggested;
  return prior < 4 * suggested && suggested < 4 * prior ? prior : suggested;
}

/** A file cut into blocks. */
export interface BlockedFile {
  readonly sizeBytes: number;
  readonly blockBytes: number;
}

export function blocksOf({ sizeBytes, blockBytes }: BlockedFile): number {
  return Math.ceil(sizeBytes / blockBytes);
}

/** Length of a block, in bytes: the last one may be shorter than the others. */
export function blockLength({ sizeBytes, blockBytes }: BlockedFile, block: number): number {
  return Math.min(blockBytes, sizeBytes - block * blockBytes);
}

/** Blocks of a leaf. */
export const leafBlocks = 1024;
/** Files of so many blocks at most have their leaf within their record. */
export const mostInlineBlocks = 16;

export function leavesOf(file: BlockedFile): number {
  return Math.ceil(blocksOf(file) / leafBlocks);
}

/** How many blocks the leaf of number `leaf` has. */
export function blocksOfLeaf(file: BlockedFile, leaf: number): number {
  return Math.min(leafBlocks, blocksOf(file) - leaf * leafBlocks);
}
