import { StoredBackups } from '../backup-source/stored-backups.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { isDamage } from '../packs/damage.ts';
import { proveRecovery } from '../pitr/prove-recovery.ts';
import type { Commit } from '../repository/commit.ts';
import { BackupWal } from '../survey/backup-wal.ts';
import type { FoundBackup } from '../survey/backups.ts';
import { takeInventory, type FoundSegment, type WalInventory } from '../survey/inventory.ts';
import { findObjectProblem, wholeSegment } from '../survey/read-segment.ts';
import { SegmentReader } from '../survey/read-whole.ts';
import { damageOf } from '../survey/segment-proof.ts';
import { WalKnowledge } from '../survey/wal-knowledge.ts';
import { openWalPlaces, type WalPlace } from '../survey/wal-place.ts';
import { readBackupFacts } from '../wal-archive/backup-facts.ts';
import { segmentName, segmentStart, type TimelineId } from '../wal/segment.ts';
import { lsn } from '../wal/lsn.ts';
import type { StoredFaults } from './stored-faults.ts';
import type { VerifiedInstance } from './stored-survey.ts';

/** What was looked at of the WAL that a backup needs. */
export interface StoredWal {
  /** From the one that it begins with to the one that it ends in. */
  readonly segments: number;
  /** True: every byte was read and every record checked. False: they are there, of the sizes that their receipts say, and go on in one another. */
  readonly isRead: boolean;
}

/** Segments that are read at a time. */
const lanes = 2;

/** Looks at the WAL that the backups of an instance need, from where each begins to where it ends: in the archive of the instance, or in the backup itself. */
export class StoredWalCheck {
  readonly #instance: VerifiedInstance;
  readonly #signal: AbortSignal;
  readonly #knowledge = new WalKnowledge();
  /** Undefined: nothing is read. */
  readonly #reader: SegmentReader | undefined;
  readonly #places = new Map<number, Promise<readonly WalPlace[]>>();

  constructor(
    instance: VerifiedInstance,
    { readData, signal }: { readonly readData: boolean; readonly signal: AbortSignal },
  ) {
    this.#instance = instance;
    this.#signal = signal;
    this.#reader = readData ? new SegmentReader(this.#knowledge, { signal }) : undefined;
  }

  /**
   * What is wrong goes to `faults`.
   * @returns undefined when it cannot be told what the backup needs
   * @throws BackupError when the storage fails
   */
  async check(commit: Commit, faults: StoredFaults): Promise<StoredWal | undefined> {
    const signal = this.#signal;
    try {
      const backup = await this.#open(commit);
      const { label, systemIdentifier = commit.systemIdentifier } = backup.facts;
      const named = await this.#inArchive(commit, label.startTimeline);
      const options = { knowledge: this.#knowledge, reader: this.#reader, signal };
      const wal = new BackupWal([backup], named, { ...options, from: label.startLsn, systemIdentifier });
      const inventory = await wal.inventoryFor(backup, true);
      const before = faults.count;
      if (inventory !== undefined) await this.#checkObjects(inventory, commit, faults);
      const isSound = faults.count === before;
      if (isSound) await this.#prove(backup, wal, commit);
      return inventory && { segments: inventory.segments.size, isRead: this.#reader !== undefined };
    } catch (error) {
      if (!isAboutWal(error)) throw error;
      faults.add(undefined, error.sentence);
      return undefined;
    }
  }

  async end(): Promise<void> {
    await this.#reader?.end();
  }

  async #open({ name, root }: Commit): Promise<FoundBackup> {
    const { storage } = this.#instance;
    const stored = new StoredBackups(storage.description, storage, [{ name, root, storedAtMs: undefined }]);
    const folder = `${name}/`;
    const facts = await readBackupFacts(stored, folder, { signal: this.#signal });
    return { directory: undefined, storage: stored, folder, name, facts };
  }

  /** What the archive has of it. Undefined: there is no archive. */
  async #inArchive(commit: Commit, startTimeline: TimelineId): Promise<WalInventory | undefined> {
    const places = await this.#archive(commit);
    const [place] = places;
    if (place === undefined) return undefined;
    const names = namesOf(commit, startTimeline, place.source.segmentSizeBytes);
    return takeInventory([limitedTo(place, names)], { signal: this.#signal, from: commit.startLsn });
  }

  #archive({ generation, systemIdentifier }: Commit): Promise<readonly WalPlace[]> {
    const known = this.#places.get(generation) ?? this.#openArchive(generation, systemIdentifier);
    this.#places.set(generation, known);
    return known;
  }

  async #openArchive(generation: number, systemIdentifier: bigint): Promise<readonly WalPlace[]> {
    try {
      const place = this.#instance.wal;
      return await openWalPlaces({ place, generation, systemIdentifier }, { signal: this.#signal });
    } catch (error) {
      if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return [];
      throw error;
    }
  }

  /** Each segment by itself: whether it is there at all, its receipt, its size, and with a reader every byte of it. */
  async #checkObjects(inventory: WalInventory, commit: Commit, faults: StoredFaults): Promise<void> {
    for (const name of missingOf(inventory, commit)) {
      faults.add(undefined, say('verify-stored.wal-missing', { segment: name }));
    }
    const found = [...inventory.segments.values()].flat();
    this.#reader?.expect(found.length, found.length * inventory.segmentSizeBytes);
    const waiting = found.values();
    const lane = async (): Promise<void> => {
      for (const segment of waiting) {
        const damage = (await this.#problemOf(segment)) ?? (await this.#damageOf(segment, commit));
        if (damage !== undefined) faults.add(undefined, damage);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #problemOf({ place, object }: FoundSegment): Promise<Message | undefined> {
    return (await findObjectProblem(place, object)) ?? object.receiptFault;
  }

  async #damageOf({ place, object, startLsn }: FoundSegment, { startLsn: from }: Commit): Promise<Message | undefined> {
    if (this.#reader === undefined) return undefined;
    const known = await this.#knowledge.proofOf(place, object);
    if (known === undefined) await this.#reader.read(wholeSegment(place, object, startLsn, from));
    const proof = known ?? (await this.#knowledge.proofOf(place, object));
    return proof?.instead && damageOf(proof.instead);
  }

  /** That a recovery that is given this WAL becomes consistent, as a restore proves it. */
  async #prove(backup: FoundBackup, wal: BackupWal, { generation, timeline }: Commit): Promise<void> {
    const ownTimeline = backup.facts.label.startTimeline;
    await proveRecovery(
      {
        ...{ backups: [backup], wal, generation },
        target: {
          target: { kind: 'latest' },
          inclusive: undefined,
          timeline: timeline === ownTimeline ? undefined : timeline,
          action: 'promote',
          time: undefined,
        },
        ...{ supply: 'copy', fetchesFrom: undefined, allWal: () => Promise.resolve(undefined), allowEndOfWal: true },
      },
      { knowledge: this.#knowledge, reader: this.#reader, signal: this.#signal },
    );
  }
}

/** The segments that the backup needs and nobody has. */
function missingOf({ segments, segmentSizeBytes }: WalInventory, commit: Commit): string[] {
  const timelines = new Set([...segments.values()].flat().map(({ timeline }) => timeline));
  const missing: string[] = [];
  for (const position of positionsOf(commit, segmentSizeBytes)) {
    const names = [...timelines, commit.timeline].map((timeline) => segmentName(timeline, position, segmentSizeBytes));
    if (!names.some((name) => segments.has(name)))
      missing.push(segmentName(commit.timeline, position, segmentSizeBytes));
  }
  return missing;
}

/** Where segments begin that hold WAL of the backup. */
function* positionsOf({ startLsn, endLsn }: Commit, segmentSizeBytes: number) {
  for (
    let position = segmentStart(startLsn, segmentSizeBytes);
    position < endLsn;
    position = lsn(position + BigInt(segmentSizeBytes))
  ) {
    yield position;
  }
}

/** Files of the archive that may be of use to a backup. */
function* namesOf(commit: Commit, startTimeline: TimelineId, segmentSizeBytes: number): Generator<string, void> {
  const timelines = [...new Set([startTimeline, commit.timeline])];
  for (const timeline of timelines) if (timeline > 1) yield historyName(timeline);
  for (const position of positionsOf(commit, segmentSizeBytes)) {
    for (const timeline of timelines) {
      const name = segmentName(timeline, position, segmentSizeBytes);
      yield name;
      yield `${name}.partial`;
    }
  }
}

function historyName(timeline: TimelineId): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
}

/** A place in which nothing is listed but these. */
function limitedTo(place: WalPlace, names: Iterable<string>): WalPlace {
  const { source } = place;
  const list: typeof source.list = async function* (options) {
    for (const name of names) {
      const object = await source.find(name, { ...options, orUnsound: true });
      if (object !== undefined) yield object;
    }
  };
  return { ...place, source: { ...source, list } };
}

/** Whether an error says something of the WAL of this backup, not of the storage. */
function isAboutWal(error: unknown): error is BackupError {
  if (isDamage(error)) return true;
  const codes = ['WAL_MISSING', 'TARGET_UNREACHABLE', 'SYSTEM_MISMATCH', 'BACKUP_NOT_FOUND', 'USAGE'];
  return error instanceof BackupError && codes.includes(error.code);
}
