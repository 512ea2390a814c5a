import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';
import { lineageOf, type Archive, type LineagePart } from './archive.ts';
import { codecSuffixes, suffixOf, type Codec } from './codec.ts';
import { generationFolder, type Generation } from './generation.ts';
import { showsLaterWal } from './later-wal.ts';
import { mergeOrdered } from './merge-ordered.ts';
import { gapsAndPruned, type FindPruned } from './pruned-range.ts';
import { grownBytesOf, openFiles, openFolder, withZerosBehind, type OpenFileName } from './open-folder.ts';
import { decodeReceipt, type Receipt } from './receipt.ts';
import { mostPushesAtOnce } from './push-turn.ts';
import { isNamedRight, startsAsNamed } from './segment-head.ts';
import { readSmallObject } from '../storage/small-object.ts';
import { parseStoredName, parseWalFileName, segmentEnd, type WalFileName } from './wal-file-name.ts';
import { readStored } from './wal-object.ts';
import type { FindWalOptions, ReadWalOptions, WalObject, WalSource } from './wal-source.ts';

/** Largest history or backup history file that is accepted, in bytes. */
export const largestHistoryBytes = 1024 * 1024;

export function walFolder(generation: number): string {
  return `${generationFolder(generation)}wal/`;
}

/** Where the objects of a segment lie: this, with `.receipt`, `.index` or the suffix of a codec behind it. */
export function segmentBase(generation: number, name: string): string {
  return `${walFolder(generation)}${name.slice(0, 16)}/${name}`;
}

/** An object that lies where segments do, and never is there: whether objects can be deleted is asked with it. */
export const probedSegment = `${walFolder(1)}0000000000000000/.none`;

/**
 * The receipt of a segment or partial segment in one generation, ancestors left aside.
 * @throws BackupError `CORRUPT` when it is damaged, `REPOSITORY_VERSION`
 */
export async function readReceipt(
  storage: Storage,
  generation: number,
  name: string,
  options: StorageOptions = {},
): Promise<Receipt | undefined> {
  const path = `${segmentBase(generation, name)}.receipt`;
  const bytes = await readSmallObject(storage, path, options);
  try {
    return bytes && decodeReceipt(bytes, name);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    throw new BackupError('CORRUPT', say('archive.damaged-receipt', { path }), {
      hint: say('archive.damaged-receipt.hint', { name }),
      context: { storage: storage.description },
      cause: error,
    });
  }
}

/**
 * The WAL of a generation, with what it inherits: of an ancestor every segment that ends before the fork. The segment in
 * which the fork lies is never inherited, because the ancestor's holds WAL that the generation never had.
 * @param findPruned what retention removed of it; undefined: nobody knows of any
 */
export function openArchiveWal(
  archive: Archive,
  generations: readonly Generation[],
  number: number,
  findPruned?: FindPruned,
): WalSource {
  const { storage, identity } = archive;
  const lineage = lineageOf(generations, number);
  const find: FindOnLine = async (name, options = {}, isOpen) => {
    const file = parseWalFileName(name);
    if (file === undefined) return undefined;
    // A sound one of an ancestor counts for more.
    const passes = options.orUnsound === true && file.kind === 'segment' ? [false, true] : [false];
    for (const orUnsound of passes) {
      for (const part of lineage) {
        if (!inherits(part, file, identity.segmentSizeBytes)) continue;
        const mayBeOpen = isOpen?.(part.generation, name) ?? true;
        const found = await findInGeneration(archive, part.generation, file, { ...options, mayBeOpen, orUnsound });
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  return {
    description: `${storage.description}, generation ${number}`,
    systemIdentifier: identity.systemIdentifier,
    segmentSizeBytes: identity.segmentSizeBytes,
    find: (name, options) => find(name, options),
    async findUnsound(name, options) {
      if (parseWalFileName(name) === undefined) return undefined;
      const places = codecSuffixes.map(([, suffix]) => segmentBase(number, name) + suffix);
      for (const stored of [...places, openFolder(number) + name]) {
        if ((await storage.stat(stored, options)) !== undefined) return stored;
      }
      return undefined;
    },
    async findLater(segment, options) {
      const { segmentSizeBytes } = identity;
      for await (const name of laterCandidates(archive, lineage, segment, options)) {
        if (await showsLaterWal(name, segment, { find, segmentSizeBytes }, options)) return name;
      }
      return undefined;
    },
    gaps: (options) => gapsAndPruned(storage, lineage, findPruned, options),
    list: (options) => listLineage(archive, lineage, find, options),
    async readIndex(name, options) {
      const found = await find(name, options);
      if (found?.generation === undefined) return undefined;
      return readWhole(storage, `${segmentBase(found.generation, name)}.index`, options);
    },
  };
}

/** As `WalSource.find`. @param isOpen whether a file may be one of a receiver's; undefined: every one may */
type FindOnLine = (
  name: string,
  options?: FindWalOptions,
  isOpen?: (generation: number, name: string) => boolean,
) => Promise<WalObject | undefined>;

function inherits(part: LineagePart, file: WalFileName, segmentSizeBytes: number): boolean {
  // Histories of timelines are facts about all that follows them; they never differ below the fork.
  if (part.end === undefined || file.kind === 'history') return true;
  const end = segmentEnd(file.segment, segmentSizeBytes);
  return end !== undefined && end <= part.end;
}

async function findInGeneration(
  archive: Archive,
  generation: number,
  file: WalFileName,
  { mayBeOpen, orUnsound, ...options }: FindWalOptions & { readonly mayBeOpen: boolean },
): Promise<WalObject | undefined> {
  const { storage } = archive;
  if (file.kind === 'history' || file.kind === 'backup-history') {
    const found = await storage.stat(walFolder(generation) + file.name, options);
    if (found === undefined) return undefined;
    return walObject(archive, generation, file, {
      storedName: found.name,
      codec: 'none',
      storedBytes: found.sizeBytes,
    });
  }
  // Looked for before its receipt: a receiver's segment goes from here to there.
  const open = mayBeOpen ? await storage.stat(openFolder(generation) + file.name, options) : undefined;
  let receipt: Receipt | undefined;
  let receiptFault: Message | undefined;
  try {
    receipt = await readReceipt(storage, generation, file.name, options);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    receiptFault = error.sentence;
  }
  const findOpen = async () => open && (await openObject(archive, generation, file, open, options));
  if (receipt !== undefined) {
    // A standby that was promoted archives the beginning as it had it; a receiver of the primary may have come further.
    if (open !== undefined && file.kind === 'partial' && (await goesFurther(archive, file, open, receipt, options))) {
      const longer = await findOpen();
      if (longer !== undefined) return longer;
    }
    const storedName = segmentBase(generation, file.name) + suffixOf(receipt.codec);
    const { codec, storedBytes } = receipt;
    return walObject(archive, generation, file, { storedName, codec, storedBytes }, receipt);
  }
  const findStored = () => findUnfinished(archive, generation, file, { ...options, orUnsound });
  const found =
    file.kind === 'partial'
      ? ((await findOpen()) ?? (await findStored()))
      : ((await findStored()) ?? (await findOpen()));
  return found && { ...found, receiptFault };
}

/** Whether a receiver's beginning of a segment holds more than what was pushed of it. */
async function goesFurther(
  { storage, identity }: Archive,
  { segment }: { readonly segment: string },
  { name }: StoredObject,
  { links }: Receipt,
  options: StorageOptions,
): Promise<boolean> {
  const start = parseSegmentName(segment, identity.segmentSizeBytes)?.startLsn;
  if (links === undefined || start === undefined) return false;
  let offset = 0;
  let end = 0;
  try {
    for await (const piece of storage.get(name, options)) {
      const last = piece.findLastIndex((byte) => byte !== 0);
      if (last >= 0) end = offset + last + 1;
      offset += piece.length;
    }
  } catch (error) {
    if (error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND') return false;
    throw error;
  }
  return start + BigInt(end) > links.end;
}

/** A receiver's segment, if its first page is what its name says: of one that nothing was written to yet it is not. */
async function openObject(
  archive: Archive,
  generation: number,
  file: OpenFileName,
  { name: storedName, sizeBytes: storedBytes }: StoredObject,
  options: StorageOptions,
): Promise<WalObject | undefined> {
  const { storage, identity } = archive;
  const { segmentSizeBytes } = identity;
  const isGrowing = file.kind === 'partial';
  if (storedBytes > segmentSizeBytes || (!isGrowing && storedBytes !== segmentSizeBytes)) return undefined;
  const stored = { storedName, codec: 'none' as const, storedBytes };
  const plain = { ...walObject(archive, generation, file, stored), isOpen: true };
  const whole = { kind: 'segment', name: file.segment, segment: file.segment } as const;
  const lookAgain = () => findInGeneration(archive, generation, whole, { ...options, mayBeOpen: true });
  const readNow = (read?: ReadWalOptions) => readOrLookAgain(() => plain.read(read), lookAgain, read);
  try {
    if (!isGrowing) {
      const object = { ...plain, read: readNow };
      return (await startsAsNamed(object, identity, options)) ? object : undefined;
    }
    const grownBytes = await grownBytesOf(storage.get(storedName, options));
    const read = (how: ReadWalOptions = {}) =>
      withZerosBehind(readNow(how), grownBytes, how.headOnly === true ? walPageBytes : segmentSizeBytes);
    const object = { ...plain, grownBytes, read };
    return (await startsAsNamed(object, identity, options)) ? object : undefined;
  } catch (error) {
    // It got its other name since it was seen.
    if (error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Reads a receiver's segment, which may have got its other name, or may be stored by now. */
async function* readOrLookAgain(
  read: () => ByteSource,
  lookAgain: () => Promise<WalObject | undefined>,
  options: ReadWalOptions | undefined,
): ByteSource {
  let hasBegun = false;
  try {
    for await (const piece of read()) {
      hasBegun = true;
      yield piece;
    }
    return;
  } catch (error) {
    if (hasBegun || !(error instanceof BackupError) || error.code !== 'OBJECT_NOT_FOUND') throw error;
    const found = await lookAgain();
    if (found === undefined) throw error;
    yield* found.read(options);
  }
}

/** A segment whose push did not come to its receipt: good to read if its first page is what its name says. */
async function findUnfinished(
  archive: Archive,
  generation: number,
  file: WalFileName,
  { orUnsound, ...options }: FindWalOptions,
): Promise<WalObject | undefined> {
  let unsound: WalObject | undefined;
  for (const [codec, suffix] of codecSuffixes) {
    const found = await archive.storage.stat(segmentBase(generation, file.name) + suffix, options);
    if (found === undefined) continue;
    const object = walObject(archive, generation, file, {
      storedName: found.name,
      codec,
      storedBytes: found.sizeBytes,
    });
    if (await isNamedRight(object, archive.identity, options)) return object;
    if (orUnsound === true) unsound ??= { ...object, isUnsound: true };
  }
  return unsound;
}

async function* laterCandidates(
  { storage, identity }: Archive,
  lineage: readonly LineagePart[],
  segment: string,
  options: StorageOptions = {},
): AsyncIterable<string> {
  for (const part of lineage) {
    for (const file of await openFiles(storage, part.generation, options)) {
      if (inherits(part, file, identity.segmentSizeBytes)) yield file.name;
    }
    const wal = walFolder(part.generation);
    const own = `${wal}${segment.slice(0, 16)}/`;
    const folders = [wal];
    for await (const folder of storage.folders(wal, options)) {
      if (folder >= own && folder.startsWith(wal + segment.slice(0, 8))) folders.push(folder);
    }
    for (const folder of folders) {
      for await (const { name } of storage.list(folder, { ...options, recursive: false })) {
        const file = parseStoredName(name.slice(folder.length).replace(/\.receipt$/, ''))?.file;
        if (file === undefined || !inherits(part, file, identity.segmentSizeBytes)) continue;
        if (!name.endsWith('.receipt') && mayOvertake(file, segment, identity.segmentSizeBytes)) continue;
        yield file.name;
      }
    }
  }
}

/**
 * Whether an object without receipt may be there before `segment`, because pushes of one server are on their way at once: then it does not
 * show that the WAL went on, for no server was told that it is archived.
 */
function mayOvertake(file: WalFileName, segment: string, segmentSizeBytes: number): boolean {
  if (file.kind !== 'segment' && file.kind !== 'partial') return false;
  const [from, to] = [segment, file.segment].map((name) => parseSegmentName(name, segmentSizeBytes)?.startLsn);
  if (from === undefined || to === undefined) return false;
  return to > from && to - from < BigInt(mostPushesAtOnce * segmentSizeBytes);
}

function walObject(
  archive: Archive,
  generation: number,
  file: WalFileName,
  stored: { storedName: string; codec: Codec; storedBytes: number },
  receipt?: Receipt,
): WalObject {
  const isSegment = file.kind === 'segment' || file.kind === 'partial';
  const limitBytes = isSegment ? archive.identity.segmentSizeBytes : largestHistoryBytes;
  const { storage } = archive;
  const wholeBytes = file.kind === 'segment' ? limitBytes : undefined;
  const read = (options?: ReadWalOptions) =>
    readStored({ storage, ...stored, receipt, limitBytes, wholeBytes }, options);
  return { file, generation, ...stored, receipt, read };
}

/** All files of a line, each once: a generation's own before its ancestors'. */
async function* listLineage(
  archive: Archive,
  lineage: readonly LineagePart[],
  find: FindOnLine,
  options: StorageOptions = {},
): AsyncIterable<WalObject> {
  // Before what is stored: what is stored meanwhile is found there.
  const open = new Map<number, readonly OpenFileName[]>();
  for (const { generation } of lineage) open.set(generation, await openFiles(archive.storage, generation, options));
  const isOpen = (generation: number, name: string): boolean =>
    open.get(generation)?.some((file) => file.name === name) === true;
  const names = lineage.map((part) => namesInGeneration(archive, part, open.get(part.generation) ?? [], options));
  let lastSegment: string | undefined;
  for await (const name of mergeOrdered(names)) {
    // It may have been cleaned up since it was listed, or one that grew may be whole.
    let object = await find(name, { ...options, orUnsound: true }, isOpen);
    const whole = name.endsWith('.partial') ? name.slice(0, -'.partial'.length) : undefined;
    if (object === undefined && whole !== undefined && whole !== lastSegment) object = await find(whole, options);
    if (object === undefined) continue;
    if (object.file.kind === 'segment') lastSegment = object.file.name;
    yield object;
  }
}

async function* namesInGeneration(
  archive: Archive,
  part: LineagePart,
  open: readonly OpenFileName[],
  options: StorageOptions,
): AsyncIterable<string> {
  const folder = walFolder(part.generation);
  const flat: string[] = [];
  for await (const { name } of archive.storage.list(folder, { ...options, recursive: false })) {
    flat.push(name.slice(folder.length));
  }
  const received = open.map(({ name }) => name);
  yield* mergeOrdered([fromArray(flat.filter(isInherited)), fromArray(received.filter(isInherited)), segments()]);

  function isInherited(name: string): boolean {
    const file = parseWalFileName(name);
    return file !== undefined && inherits(part, file, archive.identity.segmentSizeBytes);
  }

  async function* segments(): AsyncIterable<string> {
    let last: string | undefined;
    for await (const { name } of archive.storage.list(folder, options)) {
      const below = name.slice(folder.length).split('/');
      if (below.length !== 2) continue;
      const own = parseStoredName(below[1]?.replace(/\.receipt$/, '') ?? '')?.file.name;
      if (own === undefined || own === last || !isInherited(own)) continue;
      last = own;
      yield own;
    }
  }
}

async function* fromArray(names: readonly string[]): AsyncIterable<string> {
  await Promise.resolve();
  yield* names;
}

async function readWhole(storage: Storage, name: string, options?: StorageOptions): Promise<Buffer | undefined> {
  if ((await storage.stat(name, options)) === undefined) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of storage.get(name, options)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
