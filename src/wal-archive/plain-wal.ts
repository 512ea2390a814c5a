import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { noArchive } from './no-archive.ts';
import type { Storage, StoredObject, StorageOptions } from '../storage/storage.ts';
import { decodePageHeader, walPageBytes } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { largestHistoryBytes } from './archive-wal.ts';
import { startsAsNamed } from './segment-head.ts';
import { codecSuffixes, decompressed, type Codec } from './codec.ts';
import { showsLaterWal } from './later-wal.ts';
import { parseStoredName, parseWalFileName, type WalFileName } from './wal-file-name.ts';
import { readStored } from './wal-object.ts';
import type { ListWalOptions, ReadWalOptions, WalObject, WalSource } from './wal-source.ts';

/** Files that are looked at at the same time. */
const looksAtOnce = 8;

/** Largest segment that any server has, in bytes: the limit while the size is not known yet. */
const largestSegmentBytes = 1024 * 1024 * 1024;

export interface PlainWalOptions extends StorageOptions {
  /** Where the files lie: '' or ending in `/`. */
  readonly folder?: string | undefined;
  /** Files of other instances are passed over. Undefined: that of the newest segment. */
  readonly systemIdentifier?: bigint | undefined;
}

/**
 * A directory of WAL as `cp`, pg_receivewal, pg_receivexlog, archive_dest or gs_basebackup leave it, or a `pg_wal` itself:
 * each file judged by its content, not by its name. A file counts as a segment when its first page is of the instance and
 * of the named position and its size is right; anything else named as one is passed over, as half-written. Only `list` has
 * those as well of which nothing but the first page is wrong.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when no file tells whose WAL it is
 */
export async function openPlainWal(storage: Storage, options: PlainWalOptions = {}): Promise<WalSource> {
  const { folder = '', signal } = options;
  const names = await filesByName(storage, folder, { signal });
  const instance = await instanceOf(
    storage,
    [...names.values()].flat().map(({ name }) => name),
    options,
  );
  const soundObject = async (found: StoredObject, storage_: ListWalOptions): Promise<WalObject | undefined> => {
    const parsed = parseStoredName(found.name.slice(folder.length));
    if (parsed === undefined) return undefined;
    const object = plainObject(storage, found.name, found.sizeBytes, parsed, instance.segmentSizeBytes);
    return (await isSound(object, instance, storage_)) ? object : undefined;
  };
  const objectOf = async (storedName: string, storage_: StorageOptions): Promise<WalObject | undefined> => {
    const found = await storage.stat(storedName, storage_);
    return found && soundObject(found, storage_);
  };
  const find = async (name: string, find_: StorageOptions = {}): Promise<WalObject | undefined> => {
    if (parseWalFileName(name) === undefined) return undefined;
    for (const stored of storedNamesOf(name)) {
      const object = await objectOf(folder + stored, find_);
      if (object !== undefined) return object;
    }
    return undefined;
  };
  /** A segment of which the first page is lost and the second is there: no file that was kept to be used again, but damage. */
  const beheaded = async (name: string, beheaded_: StorageOptions): Promise<WalObject | undefined> => {
    for (const stored of storedNamesOf(name)) {
      const parsed = parseStoredName(stored);
      const found = await storage.stat(folder + stored, beheaded_);
      if (parsed === undefined || found === undefined) continue;
      const { segmentSizeBytes } = instance;
      const object = plainObject(storage, folder + stored, found.sizeBytes, parsed, segmentSizeBytes);
      if (await goesOnAsNamed(object, segmentSizeBytes, beheaded_)) return object;
    }
    return undefined;
  };
  return {
    // The names of its files begin with the folder.
    description: storage.description,
    ...instance,
    find,
    async findUnsound(name, options_ = {}) {
      for (const stored of storedNamesOf(name)) {
        if ((await storage.stat(folder + stored, options_)) !== undefined) return folder + stored;
      }
      return undefined;
    },
    async findLater(segment, later = {}) {
      const { segmentSizeBytes } = instance;
      for (const name of [...(await filesByName(storage, folder, later)).keys()].sort()) {
        if (!(await showsLaterWal(name, segment, { find, segmentSizeBytes }, later))) continue;
        // A segment that a server keeps for later use has a later name and old content.
        if ((await find(name, later)) !== undefined) return name;
      }
      return undefined;
    },
    async *list(list = {}) {
      const current = [...(await filesByName(storage, folder, list))].sort(([a], [b]) => (a < b ? -1 : 1));
      const first = async ([name, files]: readonly [string, readonly StoredObject[]]): Promise<
        WalObject | undefined
      > => {
        const order = storedNamesOf(name).map((stored) => folder + stored);
        for (const stored of order) {
          const file = files.find((one) => one.name === stored);
          const object = file && (await soundObject(file, list));
          if (object !== undefined) return object;
        }
        return beheaded(name, list);
      };
      for (let at = 0; at < current.length; at += looksAtOnce) {
        const found = await Promise.all(current.slice(at, at + looksAtOnce).map(first));
        for (const object of found) if (object !== undefined) yield object;
      }
    },
    readIndex: () => Promise.resolve(undefined),
  };
}

/** File names under which a directory may hold the file that a server calls `name`. */
function storedNamesOf(name: string): string[] {
  const names = codecSuffixes.map(([, suffix]) => name + suffix).reverse();
  if (!name.endsWith('.partial')) return names;
  const segment = name.slice(0, -'.partial'.length);
  return [...names, ...codecSuffixes.flatMap(([, suffix]) => (suffix === '' ? [] : [`${segment}${suffix}.partial`]))];
}

/** Files of a folder by what they are; several where one is there both plain and compressed. */
async function filesByName(
  storage: Storage,
  folder: string,
  options: StorageOptions,
): Promise<Map<string, StoredObject[]>> {
  const files = new Map<string, StoredObject[]>();
  for await (const object of storage.list(folder, { ...options, recursive: false })) {
    const parsed = parseStoredName(object.name.slice(folder.length));
    if (parsed === undefined) continue;
    files.set(parsed.file.name, [...(files.get(parsed.file.name) ?? []), object]);
  }
  return files;
}

interface Instance {
  readonly systemIdentifier: bigint;
  readonly segmentSizeBytes: number;
}

/** Whose WAL it is: by the newest segment whose first page says so (of the expected instance, where one is expected). */
async function instanceOf(storage: Storage, names: readonly string[], options: PlainWalOptions): Promise<Instance> {
  const { folder = '', systemIdentifier, signal } = options;
  let other: bigint | undefined;
  for (const storedName of names.toSorted().reverse()) {
    const parsed = parseStoredName(storedName.slice(folder.length));
    if (parsed === undefined || (parsed.file.kind !== 'segment' && parsed.file.kind !== 'partial')) continue;
    const segment = await readSegmentIdentity(storage, storedName, parsed, signal);
    if (segment === undefined) continue;
    if (systemIdentifier === undefined || segment.systemIdentifier === systemIdentifier) return segment;
    other = segment.systemIdentifier;
  }
  const context = { storage: storage.description };
  if (other !== undefined && systemIdentifier !== undefined) {
    const parameters = { expected: systemIdentifier, actual: other };
    throw new BackupError('SYSTEM_MISMATCH', say('archive.other-systemIdentifier', parameters), { context });
  }
  throw noArchive(storage);
}

async function readSegmentIdentity(
  storage: Storage,
  storedName: string,
  { file, codec }: { file: WalFileName; codec: Codec },
  signal: AbortSignal | undefined,
): Promise<Instance | undefined> {
  try {
    const options = codec === 'none' ? { signal, length: walPageBytes } : { signal };
    for await (const piece of decompressed(codec, storage.get(storedName, options))) {
      const header = decodePageHeader(piece);
      if (header?.format === undefined || header.segment === undefined || !('segment' in file)) return undefined;
      const { systemIdentifier, segmentSizeBytes } = header.segment;
      const named = parseSegmentName(file.segment, segmentSizeBytes);
      return named?.startLsn === header.address ? { systemIdentifier, segmentSizeBytes } : undefined;
    }
  } catch (error) {
    // Damaged: another file may tell. That it is damaged is said when it is needed.
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
  }
  return undefined;
}

function plainObject(
  storage: Storage,
  storedName: string,
  storedBytes: number,
  { file, codec }: { file: WalFileName; codec: Codec },
  segmentSizeBytes: number,
): WalObject {
  const isSegment = file.kind === 'segment' || file.kind === 'partial';
  const limitBytes = isSegment ? Math.min(segmentSizeBytes, largestSegmentBytes) : largestHistoryBytes;
  const isBeginning = file.kind === 'partial';
  const wholeBytes = file.kind === 'segment' ? segmentSizeBytes : undefined;
  const stored = { storage, storedName, codec, receipt: undefined, limitBytes, wholeBytes, isBeginning };
  const read = (options?: ReadWalOptions) => readStored(stored, options);
  return { file, storedName, codec, storedBytes, receipt: undefined, generation: undefined, read };
}

async function isSound(object: WalObject, instance: Instance, { isKnown, signal }: ListWalOptions): Promise<boolean> {
  const { file, codec, storedBytes } = object;
  if (file.kind === 'segment' && codec === 'none' && storedBytes !== instance.segmentSizeBytes) return false;
  try {
    return (await isKnown?.(object)) === true || (await startsAsNamed(object, instance, { signal }));
  } catch (error) {
    if (error instanceof BackupError && error.code === 'CORRUPT') return false;
    throw error;
  }
}

/** Whether the second page of a segment is of the position that the name says, and the first is not. */
async function goesOnAsNamed(object: WalObject, segmentSizeBytes: number, options: StorageOptions): Promise<boolean> {
  const { file, codec, storedBytes } = object;
  if (codec === 'none' && storedBytes !== segmentSizeBytes) return false;
  const start = file.kind === 'segment' ? parseSegmentName(file.segment, segmentSizeBytes)?.startLsn : undefined;
  if (start === undefined) return false;
  let begin = Buffer.alloc(0);
  try {
    for await (const piece of object.read(options)) {
      begin = Buffer.concat([begin, piece]);
      if (begin.length < walPageBytes + 40) continue;
      const [first, second] = [0, walPageBytes].map((at) => {
        const header = decodePageHeader(begin.subarray(at, at + 40));
        return header?.format !== undefined && header.address === start + BigInt(at);
      });
      return first === false && second === true;
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
  }
  return false;
}
