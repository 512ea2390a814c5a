import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { joinPath } from '../files/path.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { alwaysIgnored } from './ignored-paths.ts';

export interface VerifyOptions {
  /** The backup: a data directory, or a directory of archives. */
  readonly path: string;
  /** Default: a directory with PG_VERSION or `global` in it is plain, any other holds archives. */
  readonly format?: 'plain' | 'tar' | undefined;
  /** Default: `backup_manifest` in the backup. */
  readonly manifestPath?: string | undefined;
  /** Refuse a backup without manifest, as pg_verifybackup does. Default false: everything else is checked. */
  readonly requireManifest?: boolean | undefined;
  /** Paths to pass over, relative to the data directory, each with all below it. */
  readonly ignore?: readonly string[] | undefined;
  /** Do not read files: names and sizes only. */
  readonly skipChecksums?: boolean | undefined;
  /** Default true: read the WAL that a restore needs. */
  readonly parseWal?: boolean | undefined;
  /** Directory or archive with that WAL. Default: in the backup. */
  readonly walPath?: string | undefined;
  /** End with the first finding. */
  readonly stopAtFirst?: boolean | undefined;
}

/** The codec that an archive's name tells. */
export type ArchiveCompression = 'none' | 'gzip' | 'lz4' | 'zstd';

/** An archive of a tar format backup, by its name. */
export interface PlannedArchive {
  readonly name: string;
  readonly path: ByteString;
  readonly compression: ArchiveCompression;
  /** What is in front of its members' names in the manifest: '' or `pg_tblspc/<oid>/`. */
  readonly prefix: string;
  /** The tablespace's oid; undefined for the data directory. */
  readonly tablespace: number | undefined;
}

/** Where WAL is looked for. In an archive its segments lie in `folder` ('' is the top). */
export type WalPlace =
  | { readonly kind: 'directory'; readonly path: ByteString }
  | {
      readonly kind: 'archive';
      readonly path: ByteString;
      readonly compression: ArchiveCompression;
      readonly folders: readonly string[];
    };

/** What will be done: plain data. */
export interface VerifyPlan {
  readonly format: 'plain' | 'tar';
  readonly root: ByteString;
  readonly manifestPath: ByteString;
  readonly ignored: readonly string[];
  readonly readContent: boolean;
  readonly archives: readonly PlannedArchive[];
  /** Names in a directory of archives that are none. */
  readonly unexpected: readonly string[];
  /** Undefined when no WAL is to be read. */
  readonly wal: WalPlace | undefined;
}

/** What must be known of the place to make a plan. Names of the directory's entries that are regular files. */
export interface PlaceFacts {
  /** It has PG_VERSION or `global`. */
  readonly isDataDirectory: boolean;
  readonly names: readonly string[];
  readonly walPathIsDirectory: boolean;
  /** Names of WAL directories that are there, of `pg_wal` and `pg_xlog`. */
  readonly walDirectories: readonly string[];
}

const walFolders = ['pg_wal', 'pg_xlog'];
const suffixes: readonly (readonly [string, ArchiveCompression])[] = [
  ['.tar', 'none'],
  ['.tar.gz', 'gzip'],
  ['.tgz', 'gzip'],
  ['.tar.lz4', 'lz4'],
  ['.tar.zst', 'zstd'],
];

export function planVerification(options: VerifyOptions, facts: PlaceFacts): VerifyPlan {
  const root = fromText(options.path);
  const format = options.format ?? (facts.isDataDirectory ? 'plain' : 'tar');
  const ignored = [...alwaysIgnored, ...(options.ignore ?? [])];
  const parts = format === 'tar' ? sortArchives(root, facts.names, new Set(ignored)) : noArchives;
  return {
    format,
    root,
    manifestPath:
      options.manifestPath === undefined ? joinPath(root, manifestFileName) : fromText(options.manifestPath),
    ignored,
    readContent: options.skipChecksums !== true,
    archives: parts.archives,
    unexpected: parts.unexpected,
    wal: options.parseWal === false ? undefined : walPlace(options, facts, root, parts),
  };
}

interface Parts {
  readonly archives: readonly PlannedArchive[];
  readonly walArchive: PlannedArchive | undefined;
  readonly unexpected: readonly string[];
}

const noArchives: Parts = { archives: [], walArchive: undefined, unexpected: [] };

/** The archives of a backup: the data directory's first, tablespaces by oid. */
function sortArchives(root: ByteString, names: readonly string[], ignored: ReadonlySet<string>): Parts {
  const archives: PlannedArchive[] = [];
  const unexpected: string[] = [];
  let walArchive: PlannedArchive | undefined;
  for (const name of [...names].sort()) {
    if (ignored.has(name)) continue;
    const archive = archiveOf(root, name);
    if (archive === undefined) unexpected.push(name);
    else if (archive.part === 'wal') walArchive = archive;
    else archives.push(archive);
  }
  archives.sort((a, b) => (a.tablespace ?? 0) - (b.tablespace ?? 0));
  return { archives, walArchive, unexpected };
}

function archiveOf(root: ByteString, name: string): (PlannedArchive & { readonly part: string }) | undefined {
  const match = /^(?<part>base|pg_wal|pg_xlog|[1-9][0-9]{0,9})(?<suffix>\..+)$/.exec(name)?.groups;
  const compression = suffixes.find(([suffix]) => suffix === match?.['suffix'])?.[1];
  if (match === undefined || compression === undefined) return undefined;
  const oid = Number(match['part']);
  if (oid > 0xffff_ffff) return undefined;
  const isTablespace = Number.isInteger(oid);
  return {
    name,
    path: joinPath(root, name),
    compression,
    prefix: isTablespace ? `pg_tblspc/${oid}/` : '',
    tablespace: isTablespace ? oid : undefined,
    part: walFolders.includes(match['part'] ?? '') ? 'wal' : 'data',
  };
}

function walPlace(options: VerifyOptions, facts: PlaceFacts, root: ByteString, parts: Parts): WalPlace | undefined {
  if (options.walPath !== undefined) {
    const path = fromText(options.walPath);
    if (facts.walPathIsDirectory) return { kind: 'directory', path };
    return { kind: 'archive', path, compression: compressionOf(options.walPath), folders: ['', ...walFolders] };
  }
  if (parts.walArchive !== undefined) {
    const { path, compression } = parts.walArchive;
    return { kind: 'archive', path, compression, folders: [''] };
  }
  const base = parts.archives.find(({ tablespace }) => tablespace === undefined);
  if (base !== undefined) {
    return { kind: 'archive', path: base.path, compression: base.compression, folders: walFolders };
  }
  return { kind: 'directory', path: joinPath(root, facts.walDirectories[0] ?? 'pg_wal') };
}

function compressionOf(name: string): ArchiveCompression {
  return [...suffixes].reverse().find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'none';
}
