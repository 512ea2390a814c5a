import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Member } from '../tar/member.ts';
import { findTarSet } from '../wal-archive/tar-set.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { knownOf, type SegmentReader } from './read-whole.ts';
import { readSegment } from './segment-reading.ts';
import { TarMembers } from './tar-members.ts';
import type { WalKnowledge } from './wal-knowledge.ts';
import { stamps, type WalPlace } from './wal-place.ts';

export interface FindTarWalOptions extends StorageOptions {
  /** Directory of the storage, where it is one; it lets files be recognised. */
  readonly directory?: string | undefined;
  /** What lies before it is not judged. */
  readonly from?: Lsn | undefined;
  /** With both of them each segment is read whole while it passes by. */
  readonly knowledge?: WalKnowledge | undefined;
  readonly reader?: SegmentReader | undefined;
  /** Told of what is named as a segment and is none: half-written, damaged in its first page, kept for later use. */
  readonly onStray?: ((name: string) => void) | undefined;
}

type Instance = Pick<WalSource, 'systemIdentifier' | 'segmentSizeBytes'>;

/**
 * The WAL inside a tar backup: in a tar of its own, or in the base tar. Found by one pass over it, in which it is read whole
 * where that is wanted: members of a compressed tar cannot be reached but by reading all before them.
 * @returns undefined where there is none
 * @throws BackupError `CORRUPT` where the tar cannot be read to its end: with the segment and the place in it
 */
export async function findTarWal(
  storage: Storage,
  folder: string,
  options: FindTarWalOptions = {},
): Promise<WalPlace | undefined> {
  const set = await findTarSet(storage, folder, options);
  if (set === undefined) return undefined;
  const { signal, directory, reader } = options;
  const tar = set.wal ?? set.base;
  const isWanted = set.wal === undefined ? /^pg_(?:wal|xlog)\/([^/]+)$/ : /^(?:\.\/)?([^/]+)$/;
  const members = new TarMembers(storage, tar);
  const objects = new Map<string, WalObject>();
  let place: WalPlace | undefined;
  let doneBytes = 0;
  const onBytes = (count: number): void => {
    doneBytes += count;
    reader?.tell(doneBytes, tar.sizeBytes);
  };
  try {
    for await (const { header, content } of members.all({ signal }, onBytes)) {
      const name = header.type === 'file' ? isWanted.exec(header.name)?.[1] : undefined;
      const file = name === undefined ? undefined : parseWalFileName(name);
      if (name === undefined || file === undefined) continue;
      const stored = { storedName: `${tar.name}: ${name}`, codec: 'none' as const, storedBytes: header.size };
      const read = (how: StorageOptions = {}): ByteSource => members.read(header.name, { signal: how.signal });
      const object: WalObject = { file, ...stored, receipt: undefined, generation: undefined, read };
      const begun = file.kind === 'segment' ? await beginOf(content, name) : undefined;
      // As in a directory: one that is cut is none.
      if (file.kind === 'segment' && header.size !== begun?.instance.segmentSizeBytes) {
        options.onStray?.(name);
        continue;
      }
      objects.set(name, object);
      if (begun === undefined) continue;
      const stamp = () => stamps(storage, directory)(tar.name);
      place ??= placeOf(sourceOf(storage, objects, begun.instance), stamp);
      await readPassing(place, object, begun, options);
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT' || place === undefined) throw error;
    throw await withSegment(error, place, [...objects.values()].at(-1), options);
  }
  return place;
}

interface Begun {
  readonly instance: Instance;
  readonly startLsn: Lsn;
  /** All of it, the beginning included. */
  readonly content: ByteSource;
}

/** Undefined where the first page is not that of a segment of this name. */
async function beginOf(content: Member['content'], name: string): Promise<Begun | undefined> {
  const pieces = content[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 64) {
    const next = await pieces.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const header = decodePageHeader(head);
  if (header?.segment === undefined || header.format === undefined) return undefined;
  const { systemIdentifier, segmentSizeBytes } = header.segment;
  const startLsn = parseSegmentName(name, segmentSizeBytes)?.startLsn;
  if (startLsn === undefined || startLsn !== header.address) return undefined;
  const instance = { systemIdentifier, segmentSizeBytes };
  return { instance, startLsn, content: joined(head, pieces) };
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): ByteSource {
  yield head;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

async function readPassing(
  place: WalPlace,
  object: WalObject,
  { startLsn, content }: Begun,
  { knowledge, reader, from }: FindTarWalOptions,
): Promise<void> {
  if (knowledge === undefined || reader === undefined) return;
  const { segmentSizeBytes, systemIdentifier } = place.source;
  if (from !== undefined && startLsn + BigInt(segmentSizeBytes) <= from) return;
  const key = await knowledge.keyOf(place, object);
  if (await knowledge.knows(place, object)) return;
  const fromLsn = from === undefined || from < startLsn ? startLsn : from;
  const task = { startLsn, segmentSizeBytes, systemIdentifier, fromLsn, neededBytes: undefined };
  const name = `${object.file.name} (${place.source.description}, ${object.storedName})`;
  // What breaks the tar ends the segment for its reader. The tar must not go on behind it, as if it had been cut there.
  const broken: BackupError[] = [];
  const passing = failing(content, (error) => broken.push(error));
  await knowledge.remember(key, knownOf(await readSegment(passing, task), task, name));
  const [first] = broken;
  if (first !== undefined) throw first;
}

async function* failing(source: ByteSource, onFailure: (error: BackupError) => void): ByteSource {
  try {
    yield* source;
  } catch (error) {
    if (error instanceof BackupError) onFailure(error);
    throw error;
  }
}

/** The same error with the segment that passed by last and how far it is sound, where it is what is damaged. */
async function withSegment(
  error: BackupError,
  place: WalPlace,
  last: WalObject | undefined,
  { knowledge }: FindTarWalOptions,
): Promise<BackupError> {
  const instead = last === undefined ? undefined : (await knowledge?.proofOf(place, last))?.instead;
  if (last === undefined || instead === undefined || 'damage' in instead || instead.end.kind !== 'partial')
    return error;
  const values = { name: last.storedName, lsn: formatLsn(instead.end.lsn), reason: error.sentence };
  return new BackupError('CORRUPT', say('survey.damaged-member', values), { cause: error });
}

function placeOf(source: WalSource, stamp: () => Promise<string | undefined>): WalPlace {
  return { source, generation: undefined, archive: undefined, directory: undefined, stampOf: stamp };
}

function sourceOf(storage: Storage, objects: ReadonlyMap<string, WalObject>, instance: Instance): WalSource {
  return {
    description: storage.description,
    ...instance,
    find: (name) => Promise.resolve(objects.get(name)),
    findUnsound: none,
    findLater: none,
    async *list() {
      await Promise.resolve();
      for (const [, object] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) yield object;
    },
    readIndex: none,
  };
}

function none(): Promise<undefined> {
  return Promise.resolve(undefined);
}
