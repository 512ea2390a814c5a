import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { StorageOptions } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import type { WalEvent } from '../wal/wal-event.ts';
import type { FoundBackup } from './backups.ts';
import { mergeInventories, takeInventory, type FoundSegment, type WalInventory } from './inventory.ts';
import type { SegmentReader } from './read-whole.ts';
import { readSegmentIndex } from './read-segment.ts';
import { findTarWal } from './tar-wal.ts';
import type { WalKnowledge } from './wal-knowledge.ts';
import { findPlainPlace, type WalPlace } from './wal-place.ts';

export interface BackupWalOptions extends StorageOptions {
  readonly knowledge?: WalKnowledge | undefined;
  /** Reads the WAL of a tar while it is looked for. */
  readonly reader?: SegmentReader | undefined;
  /** Told of what is named as a segment in a tar and is none. */
  readonly onStray?: ((name: string) => void) | undefined;
  /** Leave out segments that end before it. */
  readonly from?: Lsn | undefined;
  readonly systemIdentifier?: bigint | undefined;
}

/** What is read of the WAL inside a backup. */
interface OwnWal {
  readonly places: readonly WalPlace[];
  readonly inventory: WalInventory | undefined;
}

type Checkpoint = Extract<WalEvent, { kind: 'checkpoint' }>;

/**
 * The WAL that there is for each of several backups: that of the places that were named, and that inside the backup itself.
 * What other backups hold fills holes, and only where they are proved to be of the same line of WAL: after a recovery of
 * openGauss the same names stand for other content.
 */
export class BackupWal {
  readonly #backups: readonly FoundBackup[];
  readonly #named: WalInventory | undefined;
  readonly #options: BackupWalOptions;
  readonly #own = new Map<FoundBackup, Promise<OwnWal>>();
  readonly #sameLine = new Map<string, Promise<boolean>>();

  /** @param named the WAL of the places that were named */
  constructor(backups: readonly FoundBackup[], named: WalInventory | undefined, options: BackupWalOptions) {
    this.#backups = backups;
    this.#named = named;
    this.#options = options;
  }

  /**
   * The WAL for a backup; undefined: there is none.
   * @param whole read an archive with its WAL even where the places that were named have the beginning of it
   */
  async inventoryFor(backup: FoundBackup, whole = false): Promise<WalInventory | undefined> {
    const own = whole || this.#isCheap(backup) ? await this.#ownWal(backup) : undefined;
    const first = mergeInventories([this.#named, own?.inventory]);
    if (first === undefined) return undefined;
    const fillers: WalInventory[] = [];
    for (const other of this.#backups) {
      if (other === backup || other.facts.format !== 'plain') continue;
      const { inventory } = await this.#ownWal(other);
      const missing = inventory && withoutNames(inventory, first);
      if (missing === undefined || inventory === undefined || missing.segments.size === 0) continue;
      if (await this.#isOfLine(other, inventory, { backup, first })) fillers.push(missing);
    }
    return mergeInventories([first, ...fillers]);
  }

  /** Whether there may be WAL in it that `inventoryFor` did not read yet. */
  hasUnread(backup: FoundBackup): boolean {
    return !this.#own.has(backup);
  }

  /** The places inside a backup, as far as they were read. */
  async placesOf(backup: FoundBackup): Promise<readonly WalPlace[]> {
    return (await this.#own.get(backup))?.places ?? [];
  }

  #isCheap({ facts }: FoundBackup): boolean {
    return facts.format === 'plain' || this.#named?.segments.has(facts.label.startSegment) !== true;
  }

  #ownWal(backup: FoundBackup): Promise<OwnWal> {
    const known = this.#own.get(backup) ?? this.#readOwnWal(backup);
    this.#own.set(backup, known);
    return known;
  }

  async #readOwnWal(backup: FoundBackup): Promise<OwnWal> {
    const places = await this.#findPlaces(backup);
    const { from, knowledge, signal } = this.#options;
    return { places, inventory: await takeInventory(places, { from, knowledge, signal }) };
  }

  async #findPlaces(backup: FoundBackup): Promise<WalPlace[]> {
    const { storage, folder, directory, facts } = backup;
    const { systemIdentifier, ...options } = this.#options;
    if (facts.format === 'tar') {
      const wal = await findTarWal(storage, folder, { ...options, directory });
      const isForeign = systemIdentifier !== undefined && wal?.source.systemIdentifier !== systemIdentifier;
      return wal === undefined || isForeign ? [] : [wal];
    }
    const found: WalPlace[] = [];
    for (const own of await walFolders(backup)) {
      const { signal } = options;
      const plain = await findPlainPlace(own.storage, own.directory, { systemIdentifier, folder: own.folder, signal });
      if (plain !== undefined) found.push(plain);
    }
    return found;
  }

  /** Whether the checkpoint that `other` begins with is in the WAL of `backup` as well. */
  #isOfLine(
    other: FoundBackup,
    own: WalInventory,
    { backup, first }: { readonly backup: FoundBackup; readonly first: WalInventory },
  ): Promise<boolean> {
    const key = `${backup.name}\0${other.name}`;
    const compare = async (): Promise<boolean> => {
      const { checkpointLsn, startTimeline } = other.facts.label;
      const name = segmentName(startTimeline, checkpointLsn, own.segmentSizeBytes);
      const [a] = await this.#checkpoints(first.segments.get(name), checkpointLsn);
      const [b] = await this.#checkpoints(own.segments.get(name), checkpointLsn);
      return a !== undefined && b !== undefined && isSameCheckpoint(a, b);
    };
    const known = this.#sameLine.get(key) ?? compare();
    this.#sameLine.set(key, known);
    return known;
  }

  async #checkpoints(segments: readonly FoundSegment[] = [], position: Lsn): Promise<Checkpoint[]> {
    const found: Checkpoint[] = [];
    for (const { place, object, startLsn } of segments) {
      const { knowledge, signal } = this.#options;
      const content = await readSegmentIndex(place, object, startLsn, { knowledge, signal });
      if ('damage' in content) continue;
      for (const event of content.events)
        if (event.kind === 'checkpoint' && event.startLsn === position) found.push(event);
    }
    return found;
  }
}

type WalFolder = Pick<FoundBackup, 'storage' | 'directory' | 'folder'>;

/** The directories with the WAL of a plain backup; one that is a link, as --waldir makes it, where the link leads. */
export async function walFolders({ storage, directory, folder }: FoundBackup): Promise<readonly WalFolder[]> {
  const folders: WalFolder[] = [];
  for (const name of ['pg_wal', 'pg_xlog']) {
    const path = join(directory ?? '', folder, name);
    const facts = directory === undefined ? undefined : await lstat(path).catch(() => undefined);
    if (facts?.isSymbolicLink() !== true) folders.push({ storage, directory, folder: `${folder}${name}/` });
    else {
      const target = await realpath(path).catch(() => undefined);
      if (target !== undefined)
        folders.push({ storage: await openLocalStorage(target), directory: target, folder: '' });
    }
  }
  return folders;
}

/** Two lines of WAL do not have the same checkpoint at the same place: its second and the next transaction are in it. */
function isSameCheckpoint(a: Checkpoint, b: Checkpoint): boolean {
  return a.timeUs === b.timeUs && a.nextXid === b.nextXid && a.redoLsn === b.redoLsn && a.endLsn === b.endLsn;
}

function withoutNames(inventory: WalInventory, { segments }: WalInventory): WalInventory {
  return { ...inventory, segments: new Map([...inventory.segments].filter(([name]) => !segments.has(name))) };
}
