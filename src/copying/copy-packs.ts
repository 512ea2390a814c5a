import { runLanes } from '../backup-source/lanes.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Message } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import { contentDamage, isDamage, lostPack } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { cannotReplace } from './replace-object.ts';
import type { ListedPacks } from './listed-packs.ts';

/** Packs that are copied at the same time, of at most 16 MiB each: one may wait for the source, another for the target. */
const atOnce = 4;

interface Options extends StorageOptions {
  /** A pack of so many bytes is durable in the target. */
  readonly onStored: (bytes: number) => void;
}

/** Copies packs of one instance. What was found damaged is not read again for the next backup that needs it. */
export class PackCopier {
  readonly #source: Storage;
  readonly #target: Storage;
  readonly #there: ListedPacks;
  readonly #damaged = new Map<string, BackupError>();

  constructor(source: Storage, target: Storage, there: ListedPacks) {
    this.#source = source;
    this.#target = target;
    this.#there = there;
  }

  /** Durable when it resolves. @throws BackupError `CORRUPT` for the first that cannot be had: it is not stored */
  async copy(packs: Iterable<StoredPack>, options: Options): Promise<void> {
    await runLanes(packs, atOnce, (pack) => this.#copyOne(pack, options));
  }

  /** As many as can be had. @returns what is wrong with the others */
  async copyAll(packs: Iterable<StoredPack>, options: Options): Promise<Message[]> {
    const reasons: Message[] = [];
    await runLanes(packs, atOnce, async (pack) => {
      try {
        await this.#copyOne(pack, options);
      } catch (error) {
        if (!isDamage(error)) throw error;
        reasons.push(error.sentence);
      }
    });
    return reasons;
  }

  /** One that is there and of no use, though it has its size. @throws BackupError `CORRUPT` when it cannot be had, or not be replaced */
  async replace({ pack, sizeBytes }: StoredPack, options: StorageOptions): Promise<void> {
    await this.#replace(packName(pack), sizeBytes, options);
  }

  async #copyOne({ pack, sizeBytes }: StoredPack, { signal, onStored }: Options): Promise<void> {
    signal?.throwIfAborted();
    const object = packName(pack);
    const known = this.#damaged.get(object);
    if (known !== undefined) throw known;
    const there = await this.#there.sizeOf(pack);
    if (there === sizeBytes) return;
    try {
      if (there === undefined) await this.#put(object, sizeBytes, { signal });
      else await this.#replace(object, sizeBytes, { signal });
    } catch (error) {
      if (isDamage(error)) this.#damaged.set(object, error);
      throw error;
    }
    await this.#there.add(pack, sizeBytes);
    onStored(sizeBytes);
  }

  async #put(object: string, sizeBytes: number, { signal }: StorageOptions): Promise<void> {
    try {
      await this.#target.put(object, () => this.#whole(object, sizeBytes, signal), { signal });
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
      // Another copy was quicker.
      const found = await this.#target.stat(object, { signal });
      if (found?.sizeBytes === sizeBytes) return;
      throw contentDamage(lostPack({ object, expected: sizeBytes, actual: found?.sizeBytes }), error);
    }
  }

  /** Nothing is overwritten: what is of no use there is deleted and put anew, once it is sure that the source has it. */
  async #replace(object: string, sizeBytes: number, { signal }: StorageOptions): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#whole(object, sizeBytes, signal)) pieces.push(Uint8Array.from(piece));
    const bytes = Buffer.concat(pieces);
    await this.#target.delete(object, { signal }).catch(cannotReplace(object));
    await this.#target.put(object, () => onePiece(bytes), { signal });
  }

  /** Its content, which ends with an error unless it is of that size. */
  async *#whole(object: string, expected: number, signal: AbortSignal | undefined): ByteSource {
    let actual = 0;
    try {
      for await (const piece of this.#source.get(object, { signal })) {
        actual += piece.length;
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'OBJECT_NOT_FOUND') throw error;
      throw contentDamage(lostPack({ object, expected, actual: undefined }), error);
    }
    if (actual !== expected) throw contentDamage(lostPack({ object, expected, actual }));
  }
}
