import { suffixOf, type Codec } from './codec.ts';
import { parseStoredName, parseWalFileName } from './wal-file-name.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';

/** The stored bytes of a segment. */
export interface StoredData {
  readonly name: string;
  readonly codec: Codec;
  readonly sizeBytes: number;
}

/** The objects of a segment, or partial segment, by their names. */
export interface FoundSegment {
  /** `SEGMENT` or `SEGMENT.partial`. */
  readonly name: string;
  /** One, or several where a push with another codec did not come to its end. */
  readonly data: readonly StoredData[];
  readonly index: string | undefined;
  readonly receipt: string | undefined;
  /** Sizes of the two, as the listing tells them. */
  readonly sizes?: { readonly index?: number; readonly receipt?: number } | undefined;
}

export interface SegmentFolder {
  /** By name. */
  readonly segments: ReadonlyMap<string, FoundSegment>;
  /** Objects there that are none of an archive. */
  readonly unknown: readonly string[];
}

/**
 * What lies in one folder `generations/N/wal/TTTTTTTTXXXXXXXX/`: names and sizes, nothing is read. Ordered by name.
 * @param onObject is told of everything that is listed
 */
export async function readSegmentFolder(
  storage: Storage,
  folder: string,
  { onObject, signal }: StorageOptions & { readonly onObject?: ((object: StoredObject) => void) | undefined } = {},
): Promise<SegmentFolder> {
  const segments = new Map<string, FoundSegment>();
  const unknown: string[] = [];
  for await (const object of storage.list(folder, { signal, recursive: false })) {
    onObject?.(object);
    const { name: stored, sizeBytes } = object;
    const part = partOf(stored.slice(folder.length));
    if (part === undefined || !folder.endsWith(`/${part.name.slice(0, 16)}/`)) {
      unknown.push(stored);
      continue;
    }
    const known: FoundSegment = segments.get(part.name) ?? {
      ...{ name: part.name, data: [], index: undefined, receipt: undefined },
    };
    const more =
      part.what === 'data'
        ? { data: [...known.data, { name: stored, codec: part.codec, sizeBytes }] }
        : { [part.what]: stored, sizes: { ...known.sizes, [part.what]: sizeBytes } };
    segments.set(part.name, { ...known, ...more });
  }
  return { segments, unknown };
}

type Part =
  | { readonly name: string; readonly what: 'receipt' | 'index' }
  | { readonly name: string; readonly what: 'data'; readonly codec: Codec };

function partOf(last: string): Part | undefined {
  for (const what of ['receipt', 'index'] as const) {
    if (!last.endsWith(`.${what}`)) continue;
    const name = last.slice(0, -what.length - 1);
    return isSegment(name) ? { name, what } : undefined;
  }
  const { file, codec } = parseStoredName(last) ?? {};
  if (file === undefined || codec === undefined || !isSegment(file.name)) return undefined;
  // Other tools put the endings in another order.
  return last === file.name + suffixOf(codec) ? { name: file.name, what: 'data', codec } : undefined;
}

function isSegment(name: string): boolean {
  const kind = parseWalFileName(name)?.kind;
  return kind === 'segment' || kind === 'partial';
}

/** The folders of segments below `generations/N/wal/`, in order, and what else is there as a folder. */
export async function segmentFolders(
  storage: Storage,
  wal: string,
  options: StorageOptions = {},
): Promise<{ readonly folders: readonly string[]; readonly unknown: readonly string[] }> {
  const folders: string[] = [];
  const unknown: string[] = [];
  for await (const folder of storage.folders(wal, options)) {
    (/^[0-9A-F]{16}$/.test(folder.slice(wal.length, -1)) ? folders : unknown).push(folder);
  }
  return { folders, unknown };
}
