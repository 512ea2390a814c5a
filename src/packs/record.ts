import type { ByteString } from '../bytes/byte-string.ts';
import type { BlockedFile } from './block-size.ts';
import type { ChunkRef } from './chunk-ref.ts';

/** What the records behind it belong to: `base`, a tablespace by its oid, `mot`. */
export interface PartName {
  /** At most 255 bytes. */
  readonly name: string;
  /** Undefined: it is no tablespace. */
  readonly oid: number | undefined;
}

export interface StoredAttributes {
  /** Relative, without `.` and `..`, unique in its part, at most 4096 bytes. */
  readonly name: ByteString;
  /** Bits of permission, 0 … 0xffff. */
  readonly mode: number;
  /** Since 1970. */
  readonly mtimeSeconds: number;
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
  /** The pack that the record is in. */
  readonly object: string;
}

/** The leaf within the record, encoded, or where the leaves are. */
export type FileLeaves = { readonly inline: Uint8Array } | { readonly stored: readonly LeafRef[] };

/** Where a leaf is in the content of a chunk. */
export interface LeafRef {
  readonly chunk: ChunkRef;
  readonly start: number;
  readonly length: number;
}

/** What a backup says about one of its files, directories and links. */
export type StoredRecord = PartRecord | DirectoryRecord | LinkRecord | FileRecord;

/** A record on its way into a chunk. */
export type NewRecord = PartRecord | DirectoryRecord | LinkRecord | NewFile;
export type NewFile = Omit<FileRecord, 'object' | 'part'>;

/** Longest name and target, in bytes. */
export const mostNameBytes = 4096;
/** Longest name of a part. */
export const mostPartBytes = 255;
