import { join } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { ownerOfNewFiles } from '../files/directory-owner.ts';
import type { DirectoryLock } from '../files/lock-directory.ts';
import { joinPath } from '../files/path.ts';
import { fromText } from '../bytes/byte-string.ts';
import { say } from '../messages/message.ts';
import { refuseNested } from '../repository/refuse-nested.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { refuseAbsentMount } from '../wal-archive/absent-mount.ts';
import {
  checkInstance,
  chooseGeneration,
  closeGeneration,
  findArchive,
  initArchive,
  lineageOf,
  openGeneration,
  readGenerations,
  refuseForeign,
  type Archive,
  type LineagePart,
} from '../wal-archive/archive.ts';
import { largestHistoryBytes, openArchiveWal } from '../wal-archive/archive-wal.ts';
import { storeHistory } from '../wal-archive/archive-writer.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { recordGap } from '../wal-archive/gaps.ts';
import type { Generation } from '../wal-archive/generation.ts';
import { openFiles, openFolder } from '../wal-archive/open-folder.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { parseSegmentName, segmentName, type TimelineId } from '../wal/segment.ts';
import { lockArchiveFolder, makeArchiveFolder, removeEmptyFolders } from './archive-folders.ts';
import { removeLeftovers } from './archive-leftovers.ts';
import { FirstPageSegment } from './first-page-segment.ts';
import { newestFirst } from './newest-segment.ts';
import { openSegmentFile, segmentBuffers } from './open-segment-file.ts';
import { SegmentSealer } from './segment-sealer.ts';
import type {
  HeldSegment,
  OpenSegment,
  ReceivedInstance,
  SegmentPosition,
  WalFork,
  WalGap,
  WalStore,
} from './wal-store.ts';

export interface WalArchiveOptions {
  /** An existing directory: an archive, or an empty one, which becomes one when the first WAL arrives. */
  readonly directory: string;
  /** Default: the only open one. */
  readonly generation?: number | undefined;
  /** Whose WAL it must be, where that is known before there is an archive. */
  readonly systemIdentifier?: bigint | undefined;
  /** It is that of an instance of a repository, in which it lies; any other lies in none. */
  readonly isOfRepository?: boolean | undefined;
  /** How segments are stored when they are whole. Default none. */
  readonly codec?: Codec | undefined;
  readonly level?: number | undefined;
  /** False: what grows is not flushed to disk; what is stored always is. Default true. */
  readonly sync?: boolean | undefined;
}

/**
 * The WAL archive in a directory as the place of received WAL: docs/design/wal-archive.md, Receiving. The receiver has a
 * generation for itself; archive_command may push into it at the same time.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no such directory
 */
export async function openWalArchive(options: WalArchiveOptions): Promise<WalStore> {
  return new ArchiveStore(await openLocalStorage(options.directory), options);
}

/** How long sealing may go on when the receiver was told to end, in ms. */
const hurryMs = 5000;

/** A lock that is held, and where. */
interface Place {
  readonly generation: number;
  readonly lock: DirectoryLock;
}

class ArchiveStore implements WalStore {
  readonly #storage: Storage;
  readonly #options: WalArchiveOptions;
  readonly #sealer = new SegmentSealer();
  readonly #buffers = segmentBuffers();
  /** Histories that came before there was an archive. */
  readonly #histories = new Map<TimelineId, string>();
  readonly #places: Place[] = [];
  #archive: Archive | undefined;
  #generations: readonly Generation[] = [];
  #generation: number | undefined;
  #segmentSizeBytes = 0;

  constructor(storage: Storage, options: WalArchiveOptions) {
    this.#storage = storage;
    this.#options = options;
  }

  get description(): string {
    const { directory } = this.#options;
    return this.#generation === undefined
      ? `archive ${directory}`
      : `archive ${directory}, generation ${this.#generation}`;
  }

  get failed(): Promise<never> {
    return this.#sealer.failed;
  }

  async begin({ systemIdentifier, segmentSizeBytes }: ReceivedInstance): Promise<void> {
    const { generation: named } = this.#options;
    this.#segmentSizeBytes = segmentSizeBytes;
    this.#requireInstance(BigInt(systemIdentifier));
    const archive = await findArchive(this.#storage);
    if (archive !== undefined) {
      checkInstance(archive, { systemIdentifier: BigInt(systemIdentifier), segmentSizeBytes });
      this.#generations = await readGenerations(archive);
    }
    if (this.#generations.length > 0) {
      this.#archive = archive;
      this.#generation = chooseGeneration(this.#generations, named, 'push').number;
    } else {
      // The first WAL makes it an archive; what speaks against that is said now.
      if (named !== undefined && named !== 1) chooseGeneration([], named, 'push');
      if (archive === undefined) await this.#checkCreation();
      this.#generation = 1;
    }
    await this.#take(this.#number);
    try {
      if (this.#archive !== undefined) await this.#finishEarlier(this.#archive);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async newest(): Promise<HeldSegment | undefined> {
    if (this.#archive === undefined) return undefined;
    for await (const name of newestFirst(this.#storage, this.#lineage, this.#segmentSizeBytes)) {
      const parsed = parseSegmentName(name.slice(0, 24), this.#segmentSizeBytes);
      const held = parsed && (name.endsWith('.partial') ? await this.#beginning(parsed) : await this.#whole(parsed));
      if (held !== undefined) return held;
    }
    return undefined;
  }

  async find(position: SegmentPosition): Promise<HeldSegment | undefined> {
    if (this.#archive === undefined) return undefined;
    return (await this.#whole(position)) ?? (await this.#beginning(position));
  }

  open(position: SegmentPosition): Promise<OpenSegment> {
    if (this.#archive !== undefined) return this.#openFile(position);
    return Promise.resolve(
      new FirstPageSegment(position.startLsn, async (head) => {
        await this.#create(head);
        return this.#openFile(position);
      }),
    );
  }

  async putHistory(timeline: TimelineId, content: string): Promise<void> {
    if (this.#archive === undefined) this.#histories.set(timeline, content);
    else await storeHistory(this.#archive, this.#number, historyName(timeline), Buffer.from(content));
  }

  async readHistory(timeline: TimelineId): Promise<string | undefined> {
    if (this.#archive === undefined) return this.#histories.get(timeline);
    const object = await this.#source().find(historyName(timeline));
    if (object === undefined) return undefined;
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for await (const piece of object.read()) {
      sizeBytes += piece.length;
      if (sizeBytes > largestHistoryBytes) break;
      pieces.push(Buffer.from(piece));
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  async recordGap(gap: WalGap): Promise<void> {
    await recordGap(this.#storage, this.#number, { ...gap, noticedAt: new Date().toISOString() });
  }

  async startGeneration({ forkLsn }: WalFork): Promise<void> {
    const archive = this.#archive;
    const parent = this.#number;
    if (archive === undefined)
      throw new BackupError('USAGE', say('archive.none', { storage: this.#storage.description }));
    // Into a closed generation nothing is stored.
    await this.#sealer.settle();
    const reason = 'the server went on differently';
    const { number } = await openGeneration(archive, { parent, forkLsn, reason });
    await this.#take(number);
    // Of two open ones nobody could choose: neither the next run nor archive_command.
    await closeGeneration(archive, parent, reason);
    this.#generations = await readGenerations(archive);
    this.#generation = number;
  }

  async close({ inHurry = false } = {}): Promise<void> {
    try {
      await this.#sealer.end({ withinMs: inHurry ? hurryMs : undefined });
    } finally {
      this.#release();
      // Before the first WAL the directory is left as it was.
      if (this.#archive === undefined && this.#generation !== undefined) {
        await removeEmptyFolders(this.#options.directory, openFolder(this.#generation));
      }
    }
  }

  get #number(): number {
    if (this.#generation === undefined) throw new Error('the store was not begun');
    return this.#generation;
  }

  get #lineage(): readonly LineagePart[] {
    return lineageOf(this.#generations, this.#number);
  }

  #source(): WalSource {
    if (this.#archive === undefined) throw new Error('there is no archive yet');
    return openArchiveWal(this.#archive, this.#generations, this.#number);
  }

  /** @throws BackupError `SYSTEM_MISMATCH` */
  #requireInstance(actual: bigint): void {
    const { systemIdentifier: expected = actual } = this.#options;
    if (actual === expected) return;
    throw new BackupError('SYSTEM_MISMATCH', say('archive.other-systemIdentifier', { expected, actual }), {
      hint: say('archive.other.hint'),
    });
  }

  async #checkCreation(): Promise<void> {
    await refuseForeign(this.#storage);
    await this.#checkPlace();
  }

  /** @throws BackupError `TARGET_NOT_EMPTY`, `REPOSITORY_NOT_FOUND` */
  async #checkPlace(): Promise<void> {
    const { directory, isOfRepository = false } = this.#options;
    if (!isOfRepository) await refuseNested(directory);
    await refuseAbsentMount(directory);
  }

  /** Makes an empty directory an archive, by the first page of WAL. */
  async #create(head: Uint8Array): Promise<void> {
    // A segment of the same store may have been quicker.
    if (this.#archive !== undefined) return;
    const header = decodePageHeader(head);
    if (header?.format === undefined || header.segment === undefined) {
      throw new BackupError('CORRUPT', say('archive.no-wal', { name: this.#storage.description }));
    }
    const { systemIdentifier, segmentSizeBytes } = header.segment;
    const facts = { systemIdentifier, segmentSizeBytes, product: header.format.name, walMagic: header.magic };
    const archive = await initArchive(this.#storage, facts, {
      beforeCreation: () => this.#checkPlace(),
      reason: 'first WAL received',
    });
    this.#generations = await readGenerations(archive);
    for (const [timeline, content] of this.#histories) {
      await storeHistory(archive, this.#number, historyName(timeline), Buffer.from(content));
    }
    this.#archive = archive;
  }

  async #take(generation: number): Promise<void> {
    const { directory } = this.#options;
    const folder = await makeArchiveFolder(directory, openFolder(generation));
    this.#places.push({ generation, lock: await lockArchiveFolder(directory, folder) });
  }

  #release(): void {
    for (const { lock } of this.#places.splice(0)) lock.release();
  }

  /** Seals what an earlier run had whole, and removes what it left beside that. */
  async #finishEarlier(archive: Archive): Promise<void> {
    await removeLeftovers(this.#options.directory, archive, this.#number, this.#source());
    for (const { kind, segment } of await openFiles(this.#storage, this.#number)) {
      if (kind === 'segment') this.#seal(segment);
    }
  }

  #seal(segment: string): void {
    const { directory, codec = 'none', level } = this.#options;
    this.#sealer.add({ directory, generation: this.#number, segment, codec, level });
  }

  async #openFile({ timeline, startLsn }: SegmentPosition): Promise<OpenSegment> {
    const { directory, sync = true } = this.#options;
    const segmentSizeBytes = this.#segmentSizeBytes;
    const segment = segmentName(timeline, startLsn, segmentSizeBytes);
    const folder = fromText(join(directory, openFolder(this.#number)));
    const owner = await ownerOfNewFiles(directory);
    const path = joinPath(folder, `${segment}.partial`);
    const wholePath = joinPath(folder, segment);
    const file = await openSegmentFile({ path, wholePath, segmentSizeBytes, sync, owner, buffers: this.#buffers });
    return {
      write: (bytes) => file.write(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
      complete: async () => {
        await file.complete();
        this.#seal(segment);
        await this.#sealer.room();
      },
    };
  }

  async #whole(position: SegmentPosition): Promise<HeldSegment | undefined> {
    const object = await this.#source().find(this.#nameOf(position));
    return object && this.#held(position, object);
  }

  /** That which grows here counts before one that was pushed: it is what goes on. */
  async #beginning(position: SegmentPosition): Promise<HeldSegment | undefined> {
    const name = `${this.#nameOf(position)}.partial`;
    const stored = openFolder(this.#number) + name;
    const found = await this.#storage.stat(stored);
    if (found !== undefined && found.sizeBytes <= this.#segmentSizeBytes) {
      const from = `${this.#storage.description}, ${stored}`;
      return { ...position, isWhole: false, from, read: () => this.#storage.get(stored) };
    }
    const object = await this.#source().find(name);
    return object && this.#held(position, object);
  }

  #held({ timeline, startLsn }: SegmentPosition, object: WalObject): HeldSegment {
    const from = `${this.#storage.description}, ${object.storedName}`;
    return { timeline, startLsn, isWhole: object.file.kind === 'segment', from, read: () => object.read() };
  }

  #nameOf({ timeline, startLsn }: SegmentPosition): string {
    return segmentName(timeline, startLsn, this.#segmentSizeBytes);
  }
}

function historyName(timeline: TimelineId): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}
