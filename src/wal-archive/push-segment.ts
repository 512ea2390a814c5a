import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage } from '../storage/storage.ts';
import type { PushTurn } from './push-turn.ts';
import { formatOfMagic } from '../wal/formats/formats.ts';
import { walPageBytes } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { checkInstance, chooseGeneration, findArchive, initArchive, readGenerations } from './archive.ts';
import type { Archive, InstanceFacts } from './archive.ts';
import {
  storeSegment,
  storeSegmentAsRead,
  type SegmentBeingRead,
  type SegmentToStore,
  type StoreResult,
} from './archive-writer.ts';
import type { Codec } from './codec.ts';
import type { Generation } from './generation.ts';
import { inspectSegment, SegmentInspector, type InspectedSegment } from './inspect-segment.ts';
import { noRecord, withSource, type UnfinishedRecord } from './record-border.ts';
import type { WalFileName } from './wal-file-name.ts';

/** A segment or partial segment to put into an archive, wherever it is. */
export interface SegmentPush {
  readonly storage: Storage;
  readonly file: WalFileName & { readonly segment: string };
  /** Its bytes from a byte on; read again where they have to be compared. */
  readonly read: (offset?: number) => ByteSource;
  /** Default: the only open one. */
  readonly generation?: number | undefined;
  /** Default none. */
  readonly codec?: Codec | undefined;
  readonly level?: number | undefined;
  /** Called before an empty storage becomes an archive, with what it would be of: its rejection keeps it from that. */
  readonly beforeCreation?: ((facts: InstanceFacts) => Promise<void>) | undefined;
  /** What was opened a moment ago; undefined: it is opened for this. */
  readonly opened?: OpenedArchive | undefined;
  /** Where several are on their way at once. */
  readonly turn?: PushTurn | undefined;
}

export interface OpenedArchive {
  readonly archive: Archive;
  readonly generations: readonly Generation[];
}

export interface PushedSegment {
  readonly result: StoreResult;
  readonly generation: number;
  readonly sizeBytes: number;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts a segment into an archive: inspected while it is stored, compared where there is something already. Durable when it
 * resolves. An empty storage becomes an archive. Refused and why: docs/design/wal-archive.md.
 */
export async function pushSegment(push: SegmentPush, { signal }: Options = {}): Promise<PushedSegment> {
  const { storage, file, read, codec = 'none', level, beforeCreation, turn } = push;
  const toStore = async (inspected: InspectedSegment): Promise<SegmentToStore> => {
    const { sizeBytes, sha256, index } = inspected;
    const links = { ...inspected.links, unfinished: await readUnfinished(push, inspected) };
    const body = () => sameBytes(read(), sha256, file.name);
    return { name: file.name, segment: file.segment, sizeBytes, sha256, links, index, codec, level, body };
  };

  const opened = push.opened ?? (await openForPush(storage, { signal }));
  if (opened !== undefined && opened.generations.length > 0) {
    const { archive: present, generations: known } = opened;
    const generation = chooseGeneration(known, push.generation, 'push').number;
    const reading = readingOf(push, present, toStore);
    const stored = await storeSegmentAsRead(present, known, generation, reading, { signal, turn });
    if (stored !== undefined) return { result: stored.result, generation, sizeBytes: stored.segment.sizeBytes };
  }

  // Where something is there already it is compared; where there is no archive yet none is made before the segment is sound.
  const inspected = await inspectSegment(read(), { ...expectation(file), signal });
  const archive = await initArchive(storage, inspected.instance, { signal, beforeCreation });
  const generations = await readGenerations(archive, { signal });
  const generation = chooseGeneration(generations, push.generation, 'push').number;
  const segment = await toStore(inspected);
  const result = await storeSegment(archive, generations, generation, segment, { signal, turn });
  return { result, generation, sizeBytes: segment.sizeBytes };
}

/** The archive with its generations; undefined: there is none yet. */
export async function openForPush(storage: Storage, options: Options = {}): Promise<OpenedArchive | undefined> {
  const archive = await findArchive(storage, options);
  return archive && { archive, generations: await readGenerations(archive, options) };
}

function expectation(file: SegmentPush['file']) {
  return { segment: file.segment, isPartial: file.kind === 'partial' };
}

/** A segment whose bytes are inspected as they go by. */
function readingOf(
  { file, read, codec = 'none', level }: SegmentPush,
  archive: Archive,
  toStore: (inspected: InspectedSegment) => Promise<SegmentToStore>,
): SegmentBeingRead {
  let inspector = new SegmentInspector(expectation(file));
  return {
    name: file.name,
    codec,
    level,
    async *body() {
      inspector = new SegmentInspector(expectation(file));
      for await (const piece of read()) {
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
  { file, read }: SegmentPush,
  { links, instance }: InspectedSegment,
): Promise<UnfinishedRecord | undefined> {
  const format = formatOfMagic(instance.walMagic);
  const start = parseSegmentName(file.segment, instance.segmentSizeBytes)?.startLsn;
  if (links.missing === 0 || links.last === undefined || format === undefined || start === undefined) return undefined;
  const offset = Number(links.last - start);
  const source = read(offset - (offset % walPageBytes));
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
