import type { ByteString } from '../bytes/byte-string.ts';
import type { BlockedFile } from './block-size.ts';
import type { PackIndexes } from './chunk-ref-codec.ts';
import type { LeafBlock } from './leaf.ts';
import type { LeafEntry, LeafRef } from './leaf-list.ts';

/** What the records behind it belong to: `base`, the name space of the data directory, or a tablespace. */
export interface PartName {
  /** At most 255 bytes. */
  readonly name: string;
  /** Of the tablespace; undefined: it is none. */
  readonly oid: number | undefined;
}

export interface StoredAttributes {
  /** Relative, without `.` and `..`, once in its part, 1 … 4096 bytes. */
  readonly name: ByteString;
  /** Bits of permission, 0 … 0xffff. */
  readonly mode: number;
  /** Since 1970; undefined: not known. */
  readonly mtimeSeconds: number | undefined;
}

export interface PartRecord extends PartName {
  readonly kind: 'part';
}

export interface DirectoryRecord extends StoredAttributes {
  readonly kind: 'directory';
}

export interface LinkAttributes extends StoredAttributes {
  readonly target: ByteString;
  /** Relative to the data directory (openGauss). */
  readonly isRelative: boolean;
}

export interface LinkRecord extends LinkAttributes {
  readonly kind: 'link';
}

/** A file. What its content is made of, only `ContentReader.content` needs to know. */
export interface FileRecord extends StoredAttributes, BlockedFile {
  readonly kind: 'file';
  readonly part: PartName;
  readonly leaves: FileLeaves;
  /** What indexes of packs in `leaves` mean. */
  readonly packs: PackIndexes;
  /** The pack that the record is in. */
  readonly object: string;
}

/** The leaf within the record, encoded; the list of leaves; or where that list is, encoded. */
export type FileLeaves =
  | { readonly inline: Uint8Array }
  | { readonly entries: readonly LeafEntry[] }
  | { readonly listed: readonly LeafRef[] };

/** What a backup says about one of its files, directories and links. */
export type StoredRecord = PartRecord | DirectoryRecord | LinkRecord | FileRecord;

/** A file on its way into a chunk of records. */
export interface NewFile extends StoredAttributes, BlockedFile {
  readonly kind: 'file';
  readonly leaves: { readonly blocks: readonly LeafBlock[] } | { readonly entries: readonly LeafEntry[] };
}

export type NewRecord = PartRecord | DirectoryRecord | LinkRecord | NewFile;

/** Longest name and target, in bytes. */
export const mostNameBytes = 4096;
/** Longest name of a part. */
export const mostPartBytes = 255;
