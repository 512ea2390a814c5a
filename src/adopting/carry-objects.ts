import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { FileStorage } from '../storage/link-file.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { checkedSegment } from '../wal-archive/checked-segment.ts';
import type { Codec } from '../wal-archive/codec.ts';
import type { Receipt } from '../wal-archive/receipt.ts';

/** An object that is to be in the other archive under the same name. */
export interface ObjectToCarry {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the data of a segment: how it is stored and, where it has a receipt, what it must come to. */
  readonly segment?: { readonly codec: Codec; readonly receipt: Receipt | undefined } | undefined;
}

/** Objects that are copied at the same time: most of the time of each the disk is waited for. */
const atOnce = 8;

/** What was done, in objects and bytes. */
export interface Carried {
  readonly linked: number;
  readonly copied: number;
  readonly copiedBytes: number;
}

/** Takes objects of an archive into another, by links where that can be, each put once. */
export class Carrier {
  readonly #source: FileStorage;
  readonly #target: Storage;
  /** Undefined: everything is copied. */
  readonly #files: FileStorage | undefined;
  #linked = 0;
  #copied = 0;
  #copiedBytes = 0;

  /** @param files the target, where its objects are files that may be links */
  constructor(source: FileStorage, target: Storage, files: FileStorage | undefined) {
    this.#source = source;
    this.#target = target;
    this.#files = files;
  }

  get carried(): Carried {
    return { linked: this.#linked, copied: this.#copied, copiedBytes: this.#copiedBytes };
  }

  /**
   * Durable when it resolves. @returns names of those that were not carried: something is there under the name, or the source has it no longer
   * @throws BackupError `CORRUPT` for data that is not what its receipt says: nothing of it is stored
   */
  async carry(objects: readonly ObjectToCarry[], options: StorageOptions): Promise<Set<string>> {
    const left = new Set<string>();
    const links = objects.map(({ name }) => ({ name, path: this.#source.pathOf(name) }));
    const outcomes = (await this.#files?.link(links, options)) ?? links.map(() => 'refused' as const);
    const toCopy: ObjectToCarry[] = [];
    for (const [at, object] of objects.entries()) {
      const outcome = outcomes[at];
      if (outcome === 'linked') this.#linked += 1;
      else if (outcome === 'refused') toCopy.push(object);
      else if (outcome !== 'present') left.add(object.name);
    }
    // The first is the newest, and alone: behind it what is missing is a gap.
    for (let [at, end] = [0, 1]; at < toCopy.length; [at, end] = [end, end + atOnce]) {
      const some = toCopy.slice(at, end).map((object) => this.#copy(object, left, options));
      // Nothing is written any more when this ends, well or not.
      await Promise.allSettled(some);
      await Promise.all(some);
    }
    return left;
  }

  async #copy(object: ObjectToCarry, left: Set<string>, options: StorageOptions): Promise<void> {
    const { name, segment } = object;
    const read = (): ByteSource => this.#source.get(name, options);
    const body = segment === undefined ? read : () => checkedSegment(name, segment, read(), say('adopt.damaged.hint'));
    try {
      await this.#target.put(name, body, options);
    } catch (error) {
      const isThere = error instanceof BackupError && error.code === 'OBJECT_EXISTS';
      const isGone = error instanceof BackupError && error.code === 'OBJECT_NOT_FOUND';
      if (!isThere && !isGone) throw error;
      left.add(name);
      return;
    }
    this.#copied += 1;
    this.#copiedBytes += object.sizeBytes;
  }
}
