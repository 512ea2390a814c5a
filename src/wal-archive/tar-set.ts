import { compressionOfName, compressionSuffix, type Compression } from '../compression/detect.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';

/** An archive of a tar backup. */
export interface SetTar {
  /** Name of the object in the storage. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly compression: Compression | undefined;
}

/** The archives of a tar backup of gausskeep, pg_basebackup or gs_basebackup, by what they hold. */
export interface TarSet {
  readonly base: SetTar;
  /** By oid, ascending. */
  readonly tablespaces: readonly (SetTar & { readonly oid: number })[];
  /** The WAL received beside the backup: segments at its top. */
  readonly wal: (SetTar & { readonly directory: 'pg_wal' | 'pg_xlog' }) | undefined;
  readonly manifest: StoredObject | undefined;
  /** Names that make it ambiguous: the same archive in two compressions. */
  readonly repeated: readonly string[];
}

/** The tar set in a folder ('' or ending in `/`); undefined when there is no base archive. */
export async function findTarSet(
  storage: Storage,
  folder: string,
  options: StorageOptions = {},
): Promise<TarSet | undefined> {
  let base: SetTar | undefined;
  let wal: TarSet['wal'];
  let manifest: StoredObject | undefined;
  const tablespaces = new Map<number, SetTar & { oid: number }>();
  const repeated: string[] = [];
  for await (const object of storage.list(folder, { ...options, recursive: false })) {
    const name = object.name.slice(folder.length);
    if (name === 'backup_manifest') manifest = object;
    const parsed = parseArchiveName(name);
    if (parsed === undefined) continue;
    const archive = { ...object, compression: parsed.compression };
    const { part } = parsed;
    if (part === 'base') {
      if (base !== undefined) repeated.push(object.name);
      base ??= archive;
    } else if (part === 'pg_wal' || part === 'pg_xlog') {
      if (wal !== undefined) repeated.push(object.name);
      wal ??= { ...archive, directory: part };
    } else {
      const oid = Number(part);
      if (tablespaces.has(oid)) repeated.push(object.name);
      else tablespaces.set(oid, { ...archive, oid });
    }
  }
  if (base === undefined) return undefined;
  return { base, tablespaces: [...tablespaces.values()].sort((a, b) => a.oid - b.oid), wal, manifest, repeated };
}

/** What an archive's name says: `base`, `pg_wal`, `pg_xlog` or an oid; undefined for any other name. */
export function parseArchiveName(
  name: string,
): { readonly part: string; readonly compression: Compression | undefined } | undefined {
  const compression = name.endsWith('.tgz') ? 'gzip' : compressionOfName(name);
  const suffix = compression === undefined ? '' : compressionSuffix[compression];
  const plain = name.endsWith('.tgz') ? `${name.slice(0, -4)}.tar` : name.slice(0, name.length - suffix.length);
  const part = /^(base|pg_wal|pg_xlog|[1-9][0-9]{0,9})\.tar$/.exec(plain)?.[1];
  if (part === undefined || Number(part) > 0xffff_ffff) return undefined;
  return { part, compression };
}
