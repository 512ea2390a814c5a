import type { PackId } from './chunk-ref.ts';

/** A pack as a root tells it. */
export interface RootPack {
  readonly pack: PackId;
  readonly sizeBytes: number;
  /** Content of its chunks, in bytes. */
  readonly rawBytes: number;
  /** Bytes of that content which the backup uses. */
  readonly usedBytes: number;
  readonly kind: PackKind;
}

/** What the chunks of a pack hold, in the order of the numbers that stand for it. */
export const packKinds = ['content', 'leaves', 'records'] as const;
export type PackKind = (typeof packKinds)[number];

/** Packs by their ids, each with a number from 0 in the order in which they came. */
export class PackTable<Entry extends { readonly pack: PackId }> {
  readonly #entries: Entry[] = [];
  readonly #byBackup = new Map<string, Map<number, number>>();

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** @returns its number; undefined: it is not there */
  indexOf({ backup, number }: PackId): number | undefined {
    return this.#byBackup.get(backup)?.get(number);
  }

  get(pack: PackId): Entry | undefined {
    const index = this.indexOf(pack);
    return index === undefined ? undefined : this.#entries[index];
  }

  /** @returns its number, which is new unless the pack is there already: then that stays */
  add(entry: Entry): number {
    const { backup, number } = entry.pack;
    let numbers = this.#byBackup.get(backup);
    if (numbers === undefined) this.#byBackup.set(backup, (numbers = new Map<number, number>()));
    const known = numbers.get(number);
    if (known !== undefined) return known;
    numbers.set(number, this.#entries.length);
    return this.#entries.push(entry) - 1;
  }

  /** Takes back those that were added behind the first `length`. */
  truncate(length: number): void {
    for (const { pack } of this.#entries.splice(length)) this.#byBackup.get(pack.backup)?.delete(pack.number);
  }
}
