import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { joinPath } from '../files/path.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { parseArchiveName } from '../wal-archive/tar-set.ts';
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

/** An archive of a tar format backup, by its name. */
export interface PlannedTar {
  readonly name: string;
  readonly path: ByteString;
  /** What is in front of its members' names in the manifest: '' or `pg_tblspc/<oid>/`. */
  readonly prefix: string;
  /** The tablespace's oid; undefined for the data directory. */
  readonly tablespace: number | undefined;
}

/** The archive of WAL, whose segments lie at its top. */
export interface WalArchive {
  readonly name: string;
  readonly path: ByteString;
  /** As its name says. */
  readonly directory: 'pg_wal' | 'pg_xlog';
}

/** Where WAL is looked for. In an archive its segments lie in `folder` ('' is the top). */
export type WalLocation =
  | { readonly kind: 'directory'; readonly path: ByteString }
  | { readonly kind: 'archive'; readonly path: ByteString; readonly folders: readonly string[] };

/** What will be done: plain data. */
export interface VerifyPlan {
  readonly format: 'plain' | 'tar';
  readonly root: ByteString;
  readonly manifestPath: ByteString;
  readonly ignored: readonly string[];
  readonly readContent: boolean;
  readonly archives: readonly PlannedTar[];
  /** The archive of the WAL received beside the backup. */
  readonly walArchive: WalArchive | undefined;
  /** Archives that are there twice, each with the one before it: nothing says which one is meant. */
  readonly repeated: readonly { readonly name: string; readonly other: string }[];
  /** Names in a directory of archives that are none. */
  readonly unexpected: readonly string[];
  /** Undefined when no WAL is to be read. */
  readonly wal: WalLocation | undefined;
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

export function planVerification(options: VerifyOptions, facts: PlaceFacts): VerifyPlan {
  const root = fromText(options.path);
  const format = options.format ?? (facts.isDataDirectory ? 'plain' : 'tar');
  const ignored = [...alwaysIgnored, ...(options.ignore ?? [])];
  const parts = format === 'tar' ? sortTars(root, facts.names, new Set(ignored)) : noTars;
  return {
    format,
    root,
    manifestPath:
      options.manifestPath === undefined ? joinPath(root, manifestFileName) : fromText(options.manifestPath),
    ignored,
    readContent: options.skipChecksums !== true,
    ...parts,
    wal: options.parseWal === false ? undefined : walPlace(options, facts, root, parts),
  };
}

type Parts = Pick<VerifyPlan, 'archives' | 'walArchive' | 'repeated' | 'unexpected'>;

const noTars: Parts = { archives: [], walArchive: undefined, repeated: [], unexpected: [] };

/** The archives of a backup: the data directory's first, tablespaces by oid. */
function sortTars(root: ByteString, names: readonly string[], ignored: ReadonlySet<string>): Parts {
  const archives: PlannedTar[] = [];
  const unexpected: string[] = [];
  const repeated: { name: string; other: string }[] = [];
  const seen = new Map<string, string>();
  let walArchive: WalArchive | undefined;
  for (const name of [...names].sort()) {
    if (ignored.has(name)) continue;
    const part = parseArchiveName(name)?.part;
    if (part === undefined) {
      unexpected.push(name);
      continue;
    }
    const isWal = part === 'pg_wal' || part === 'pg_xlog';
    const other = seen.get(isWal ? 'wal' : part);
    if (other !== undefined) repeated.push({ name, other });
    seen.set(isWal ? 'wal' : part, name);
    const path = joinPath(root, name);
    if (isWal) {
      walArchive ??= { name, path, directory: part };
    } else {
      const tablespace = part === 'base' ? undefined : Number(part);
      archives.push({ name, path, prefix: tablespace === undefined ? '' : `pg_tblspc/${tablespace}/`, tablespace });
    }
  }
  archives.sort((a, b) => (a.tablespace ?? 0) - (b.tablespace ?? 0));
  return { archives, walArchive, repeated, unexpected };
}

function walPlace(options: VerifyOptions, facts: PlaceFacts, root: ByteString, parts: Parts): WalLocation | undefined {
  if (options.walPath !== undefined) {
    const path = fromText(options.walPath);
    if (facts.walPathIsDirectory) return { kind: 'directory', path };
    return { kind: 'archive', path, folders: ['', ...walFolders] };
  }
  if (parts.walArchive !== undefined) {
    return { kind: 'archive', path: parts.walArchive.path, folders: [''] };
  }
  const base = parts.archives.find(({ tablespace }) => tablespace === undefined);
  if (base !== undefined) {
    return { kind: 'archive', path: base.path, folders: walFolders };
  }
  return { kind: 'directory', path: joinPath(root, facts.walDirectories[0] ?? 'pg_wal') };
}
