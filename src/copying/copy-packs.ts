import { runLanes } from '../backup-source/lanes.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { packName } from '../packs/chunk-ref.ts';
import { contentDamage, isDamage, lostPack } from '../packs/damage.ts';
import type { StoredPack } from '../packs/pack-writer.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { TargetPacks } from './target-packs.ts';

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
  readonly #there: TargetPacks;
  readonly #damaged = new Map<string, BackupError>();

  constructor(source: Storage, target: Storage, there: TargetPacks) {
    this.#source = source;
    this.#target = target;
    this.#there = there;
  }

  /** Durable when it resolves. @throws BackupError `CORRUPT` for the first that is damaged, in the source or in the target: it is not stored */
  async copy(packs: Iterable<StoredPack>, options: Options): Promise<void> {
    await runLanes(packs, atOnce, (pack) => this.#copyOne(pack, options));
  }

  async #copyOne({ pack, sizeBytes }: StoredPack, { signal, onStored }: Options): Promise<void> {
    signal?.throwIfAborted();
    const object = packName(pack);
    const known = this.#damaged.get(object);
    if (known !== undefined) throw known;
    const there = await this.#there.sizeOf(pack);
    if (there === sizeBytes) return;
    if (there !== undefined) throw this.#wrongInTarget(object, sizeBytes, there);
    try {
      await this.#target.put(object, () => this.#whole(object, sizeBytes, signal), { signal });
    } catch (error) {
      if (error instanceof BackupError && error.code === 'OBJECT_EXISTS') {
        // Another copy was quicker.
        const found = await this.#target.stat(object, { signal });
        if (found?.sizeBytes !== sizeBytes) throw this.#wrongInTarget(object, sizeBytes, found?.sizeBytes);
        await this.#there.add(pack, sizeBytes);
        return;
      }
      if (isDamage(error)) this.#damaged.set(object, error);
      throw error;
    }
    await this.#there.add(pack, sizeBytes);
    onStored(sizeBytes);
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

  #wrongInTarget(object: string, expected: number, actual: number | undefined): BackupError {
    const what = lostPack({ object, expected, actual });
    return new BackupError('CORRUPT', say('copy.target-damaged', { what }), { hint: say('copy.target-damaged.hint') });
  }
}
