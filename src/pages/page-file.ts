import type { ByteString } from '../bytes/byte-string.ts';

/** The two families of on-disk names, as formats: which one applies is known from pg_control. */
export type PageFormat = 'postgresql' | 'opengauss';

/** Why the pages of a file are not judged. */
export type UnjudgedReason = 'columnStore' | 'compressed' | 'bulkChangeMap' | 'hashBucket' | 'temporary';

/**
 * What a file name says about page checksums: `pages` holds pages, the first of which has `firstBlock` in its checksum;
 * `unjudged` holds relation data in a form whose checksums we do not check; `other` has no pages at all (logs, maps, settings).
 */
export type PageFile =
  | { readonly kind: 'pages'; readonly firstBlock: number }
  | { readonly kind: 'unjudged'; readonly reason: UnjudgedReason }
  | { readonly kind: 'other' };

/** Where the relation files of a file lie: the tablespace's oid (0: the default one), the database (0: shared), the relation. */
export interface RelationFile {
  readonly tablespace: number;
  readonly database: number;
  readonly relation: number;
  readonly fork: number;
}

const other: PageFile = { kind: 'other' };

/** Pages in a file of undo records and in one of undo transaction slots. Source: basebackup.h of openGauss. */
const undoBlocksPerFile = 128;
const undoMetaBlocksPerFile = 4;

const directoryPattern =
  /^(?:global|base\/(?<base>[0-9]+)|pg_tblspc\/(?<tablespace>[0-9]+)\/[^/]+\/(?<database>[0-9]+))\/(?<name>[^/]+)$/;
const mainPattern = /^(?<relation>[0-9]+)(?:_(?<fork>fsm|vm|init))?(?:\.(?<segment>[0-9]+))?$/;
const undoPattern = /^undo\/[a-z]+\/[0-9A-F]{5,8}\.(?<meta>meta\.)?(?<segment>[0-9A-F]{7,16})$/;

/** Fork numbers of PostgreSQL. openGauss counts `init` as 4, with its bulk-change map before it. */
const forkNumbers: Readonly<Record<string, number>> = { main: 0, fsm: 1, vm: 2, init: 3 };

/** openGauss names beside those of PostgreSQL, with what they hold. Source: catalog.cpp, custorage.cpp, cfs_converter.h. */
const opengaussPatterns: readonly (readonly [RegExp, UnjudgedReason])[] = [
  [/^[0-9]+_C[0-9]+\.[0-9]+$/, 'columnStore'],
  [/^[0-9]+(?:_C[0-9]+)?_bcm(?:\.[0-9]+)?$/, 'bulkChangeMap'],
  [/^[0-9]+_compress(?:\.[0-9]+)?$/, 'compressed'],
  [/^[0-9]+(?:\.[0-9]+)?_pc[ad](?:\.[0-9]+)?$/, 'compressed'],
  [/^[0-9]+_b[0-9]+(?:_[a-z]+)?(?:\.[0-9]+)?$/, 'hashBucket'],
];
const temporaryPattern = /^t[0-9]+_[0-9]+(?:_[a-z]+)?(?:\.[0-9]+)?$/;

/**
 * Classifies a file by its name.
 * @param path relative to the data directory, tablespaces as `pg_tblspc/<oid>/…`
 * @param blocksPerSegment pages in a full segment file, from pg_control (131072)
 */
export function classifyPageFile(path: ByteString, format: PageFormat, blocksPerSegment: number): PageFile {
  if (format === 'opengauss') {
    const undo = undoPattern.exec(path)?.groups;
    if (undo !== undefined) {
      const blocks = undo['meta'] === undefined ? undoBlocksPerFile : undoMetaBlocksPerFile;
      return pages(Number.parseInt(undo['segment'] ?? '0', 16), blocks);
    }
  }
  const name = directoryPattern.exec(path)?.groups?.['name'];
  if (name === undefined) return other;
  const main = mainPattern.exec(name)?.groups;
  if (main !== undefined) return pages(Number(main['segment'] ?? 0), blocksPerSegment);
  if (temporaryPattern.test(name)) return { kind: 'unjudged', reason: 'temporary' };
  if (format === 'opengauss') {
    const match = opengaussPatterns.find(([pattern]) => pattern.test(name));
    if (match !== undefined) return { kind: 'unjudged', reason: match[1] };
  }
  return other;
}

/** The relation that a page file belongs to, in the numbers that WAL records name it by; undefined for any other file. */
export function relationOf(path: ByteString): RelationFile | undefined {
  const directory = directoryPattern.exec(path)?.groups;
  const main = mainPattern.exec(directory?.['name'] ?? '')?.groups;
  if (directory === undefined || main === undefined) return undefined;
  return {
    // 1663 is pg_default, 1664 pg_global. Source: catalog/pg_tablespace.dat
    tablespace: Number(directory['tablespace'] ?? (directory['base'] === undefined ? 1664 : 1663)),
    database: Number(directory['database'] ?? directory['base'] ?? 0),
    relation: Number(main['relation']),
    fork: forkNumbers[main['fork'] ?? 'main'] ?? 0,
  };
}

function pages(segment: number, blocksPerFile: number): PageFile {
  const firstBlock = segment * blocksPerFile;
  // A block number has 32 bits; a name that would exceed them is not one that a server made.
  return firstBlock <= 0xffff_ffff ? { kind: 'pages', firstBlock } : other;
}
