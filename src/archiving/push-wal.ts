import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { say } from '../messages/message.ts';
import { checkInstance, chooseGeneration, findArchive, initArchive, readGenerations } from '../wal-archive/archive.ts';
import type { Archive } from '../wal-archive/archive.ts';
import {
  storeHistory,
  storeSegment,
  storeSegmentAsRead,
  type SegmentBeingRead,
  type SegmentToStore,
  type StoreResult,
} from '../wal-archive/archive-writer.ts';
import { largestHistoryBytes } from '../wal-archive/archive-wal.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { parseWalFileName, type WalFileName } from '../wal-archive/wal-file-name.ts';
import { noRecord, withSource, type UnfinishedRecord } from '../wal-archive/record-border.ts';
import type { Storage } from '../storage/storage.ts';
import { formatOfMagic } from '../wal/formats/formats.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { ArchivingListener, ArchivingNews } from './events.ts';
import { inspectSegment, SegmentInspector, type InspectedSegment } from './inspect-segment.ts';
import { instanceOfWal } from './instance-of-wal.ts';
import { readLocal } from './local-bytes.ts';

export interface PushRequest {
  readonly storage: Storage;
  /** The file to push: what `%p` of archive_command says. Its last part is its name. */
  readonly path: string;
  /** Default: the only open one. */
  readonly generation?: number | undefined;
  /** Default none. */
  readonly codec?: Codec | undefined;
  readonly level?: number | undefined;
  /** Called before an empty storage becomes an archive: its rejection keeps it from that. See `checkFirstPush`. */
  readonly beforeCreation?: (() => Promise<void>) | undefined;
}

export interface PushReport {
  readonly name: string;
  readonly kind: WalFileName['kind'];
  readonly result: StoreResult;
  readonly generation: number;
  readonly sizeBytes: number;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  /** Told when the file is stored. */
  readonly onEvent?: ArchivingListener | undefined;
}

/**
 * Puts one file of WAL into the archive, as archive_command asks: a segment, a partial segment, a history or a backup history
 * file. When it resolves the file is durable there. An empty storage becomes an archive.
 * Refused and why: docs/design/wal-archive.md.
 */
export async function pushWal(request: PushRequest, options: Options = {}): Promise<PushReport> {
  const name = basename(request.path);
  const file = parseWalFileName(name);
  if (file === undefined) {
    throw new BackupError('USAGE', say('archive.no-wal-name', { name }), { hint: say('archive.no-wal-name.hint') });
  }
  const teller = new Teller<'archiving', ArchivingNews>(options.onEvent);
  teller.enter('store');
  const report = await (file.kind === 'segment' || file.kind === 'partial'
    ? pushSegment(request, file, options)
    : pushHistory(request, file, options));
  const { sizeBytes } = report;
  teller.tell({ type: 'progress', doneBytes: sizeBytes, totalBytes: sizeBytes, filesDone: 1, filesTotal: 1, name });
  return report;
}

async function pushSegment(
  request: PushRequest,
  file: WalFileName & { segment: string },
  { signal }: Options,
): Promise<PushReport> {
  const { storage, path, codec = 'none', level, beforeCreation } = request;
  const isPartial = file.kind === 'partial';
  const toStore = async (inspected: InspectedSegment): Promise<SegmentToStore> => {
    const { sizeBytes, sha256, index } = inspected;
    const links = { ...inspected.links, unfinished: await readUnfinished(path, file.segment, inspected, signal) };
    const body = () => sameBytes(readLocal(path, signal), sha256, file.name);
    return { name: file.name, segment: file.segment, sizeBytes, sha256, links, index, codec, level, body };
  };
  const report = (generation: number, { sizeBytes }: SegmentToStore, result: StoreResult): PushReport => {
    return { name: file.name, kind: file.kind, result, generation, sizeBytes };
  };

  const present = await findArchive(storage, { signal });
  const known = present === undefined ? [] : await readGenerations(present, { signal });
  if (present !== undefined && known.length > 0) {
    const generation = chooseGeneration(known, request.generation, 'push').number;
    const reading = readingOf(request, file, present, toStore, signal);
    const stored = await storeSegmentAsRead(present, known, generation, reading, { signal });
    if (stored !== undefined) return report(generation, stored.segment, stored.result);
  }

  // Where something is there already it is compared; where there is no archive yet none is made before the segment is sound.
  const inspected = await inspectSegment(readLocal(path, signal), { segment: file.segment, isPartial, signal });
  const archive = await initArchive(storage, inspected.instance, { signal, beforeCreation });
  const generations = await readGenerations(archive, { signal });
  const generation = chooseGeneration(generations, request.generation, 'push').number;
  const segment = await toStore(inspected);
  return report(generation, segment, await storeSegment(archive, generations, generation, segment, { signal }));
}

/** A segment whose bytes are inspected as they go by. */
function readingOf(
  { path, codec = 'none', level }: PushRequest,
  file: WalFileName & { segment: string },
  archive: Archive,
  toStore: (inspected: InspectedSegment) => Promise<SegmentToStore>,
  signal: AbortSignal | undefined,
): SegmentBeingRead {
  const start = () => new SegmentInspector({ segment: file.segment, isPartial: file.kind === 'partial' });
  let inspector = start();
  return {
    name: file.name,
    codec,
    level,
    async *body() {
      inspector = start();
      for await (const piece of readLocal(path, signal)) {
        inspector.push(piece);
        yield piece;
      }
    },
    async end() {
      const inspected = inspector.end();
      checkInstance(archive, inspected.instance);
      return toStore(inspected);
    },
  };
}

/** The beginning of the record that goes on in the next segment. Nearly always within the last page. */
async function readUnfinished(
  path: string,
  segment: string,
  { links, instance }: InspectedSegment,
  signal: AbortSignal | undefined,
): Promise<UnfinishedRecord | undefined> {
  const format = formatOfMagic(instance.walMagic);
  const start = parseSegmentName(segment, instance.segmentSizeBytes)?.startLsn;
  if (links.missing === 0 || links.last === undefined || format === undefined || start === undefined) return undefined;
  const offset = Number(links.last - start);
  const source = readLocal(path, signal, offset - (offset % walPageBytes));
  return withSource(noRecord, source, { offset, length: instance.segmentSizeBytes }, format);
}

/** `source`, which ends with an error unless it still is what was inspected: then nothing is published. */
async function* sameBytes(source: ByteSource, sha256: string, name: string): ByteSource {
  const hash = createHash('sha256');
  for await (const piece of source) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== sha256) throw new BackupError('CORRUPT', say('archive.changed', { name }));
}

async function pushHistory(request: PushRequest, file: WalFileName, { signal }: Options): Promise<PushReport> {
  const { path } = request;
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of readLocal(path, signal)) {
    sizeBytes += piece.length;
    if (sizeBytes > largestHistoryBytes) {
      throw new BackupError(
        'CORRUPT',
        say('archive.history-too-large', { name: file.name, limit: largestHistoryBytes }),
      );
    }
    pieces.push(Buffer.from(piece));
  }
  const archive = await openForHistory(request, signal);
  const generations = await readGenerations(archive, { signal });
  const generation = chooseGeneration(generations, request.generation, 'push').number;
  const result = await storeHistory(archive, generation, file.name, Buffer.concat(pieces), { signal });
  return { name: file.name, kind: file.kind, result, generation, sizeBytes };
}

/** A history file does not say whose it is: the segments that lie beside it do. */
async function openForHistory(request: PushRequest, signal: AbortSignal | undefined): Promise<Archive> {
  const { storage, path, beforeCreation } = request;
  const facts = await instanceOfWal(dirname(path), signal);
  const archive = await findArchive(storage, { signal });
  if (archive !== undefined) {
    if (facts !== undefined) checkInstance(archive, facts);
    return archive;
  }
  if (facts === undefined) {
    throw new BackupError('REPOSITORY_NOT_FOUND', say('archive.none', { storage: storage.description }), {
      hint: say('archive.history-first.hint'),
    });
  }
  return initArchive(storage, facts, { signal, beforeCreation });
}
