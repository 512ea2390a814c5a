import { createHash } from 'node:crypto';
import { decoded, type Decoders } from './codecs.ts';
import type { Commit } from './commit.ts';
import type { ObjectStore } from './object-store.ts';
import { must, Refusal } from './refusal.ts';
import { lsnOf, numberOf, textOf } from './small-object.ts';

const suffixes = { none: '', gzip: '.gz', lz4: '.lz4', zstd: '.zst' } as const;
type Codec = keyof typeof suffixes;

/** The WAL archive that is part of an instance: complete segments, and history files. */
export class WalOfInstance {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #decoders: Decoders;
  readonly segmentBytes: number;
  readonly systemIdentifier: string;

  constructor(store: ObjectStore, instance: string, decoders: Decoders) {
    this.#store = store;
    this.#folder = `instances/${instance}/wal`;
    this.#decoders = decoders;
    const name = `${this.#folder}/gausskeep-archive.json`;
    const members = store.smallObject(name);
    this.systemIdentifier = textOf(members, 'systemIdentifier', name, /^\d{1,20}$/);
    this.segmentBytes = numberOf(members, 'segmentSizeBytes', name);
    must(
      Number.isInteger(Math.log2(this.segmentBytes)) && this.segmentBytes >= 2 ** 20 && this.segmentBytes <= 2 ** 30,
      `segments of ${this.segmentBytes} bytes`,
    );
  }

  /** Names of the segments that a backup needs to become consistent. */
  segmentsOf({ timeline, startLsn, endLsn }: Commit): string[] {
    const size = BigInt(this.segmentBytes);
    const names: string[] = [];
    for (let number = startLsn / size; number <= (endLsn - 1n) / size; number += 1n) {
      names.push(segmentName(timeline, number, size));
    }
    return names;
  }

  /**
   * A complete segment of a generation, or of one that it was recovered from.
   * @throws Refusal `NOT_FOUND` without a receipt, `CORRUPT`
   */
  segment(name: string, generation: number): Buffer {
    for (let number: number | undefined = generation; number !== undefined;) {
      const receipt = `${this.#folder}/generations/${number}/wal/${name.slice(0, 16)}/${name}.receipt`;
      if (this.#store.has(receipt)) return this.#read(receipt, name);
      number = this.#heirOf(number, name);
    }
    throw new Refusal('NOT_FOUND', `segment ${name} in generation ${generation}`);
  }

  /** The parent, where the segment ends at or before the fork. */
  #heirOf(generation: number, segment: string): number | undefined {
    const name = `${this.#folder}/generations/${generation}/generation.json`;
    const members = this.#store.smallObject(name);
    must(members['generation'] === generation, `${name} is of another generation`);
    if (members['parent'] === null) return undefined;
    const size = BigInt(this.segmentBytes);
    const number = BigInt(`0x${segment.slice(8, 16)}`) * (2n ** 32n / size) + BigInt(`0x${segment.slice(16)}`);
    const inherited = (number + 1n) * size <= lsnOf(members, 'forkLsn', name);
    return inherited ? numberOf(members, 'parent', name) : undefined;
  }

  #read(receipt: string, name: string): Buffer {
    const members = this.#store.smallObject(receipt);
    must(members['name'] === name, `${receipt} is of another segment`);
    const codec = textOf(members, 'codec', receipt, /^(none|gzip|lz4|zstd)$/) as Codec;
    const bytes = numberOf(members, 'sizeBytes', receipt);
    must(bytes === this.segmentBytes, `${receipt} tells of ${bytes} bytes`);
    const object = receipt.replace(/\.receipt$/, suffixes[codec]);
    const stored = this.#store.whole(object);
    must(stored.length === numberOf(members, 'storedBytes', receipt), `${object} has another size than its receipt`);
    const decode = codec === 'none' ? (): Buffer => stored : this.#decoders[codec];
    if (decode === undefined) throw new Refusal('UNSUPPORTED', codec);
    const segment = decoded(() => decode(stored, bytes), bytes);
    const sum = createHash('sha256').update(segment).digest('hex');
    must(sum === textOf(members, 'sha256', receipt), `${object} has another content than its receipt`);
    return segment;
  }

  /** @returns undefined where there is none; nothing but its own form says that it is sound */
  history(timeline: number, generation: number): Buffer | undefined {
    const name = `${this.#folder}/generations/${generation}/wal/${hex(BigInt(timeline))}.history`;
    return this.#store.has(name) ? this.#store.whole(name) : undefined;
  }
}

function segmentName(timeline: number, number: bigint, size: bigint): string {
  const perUpperHalf = 2n ** 32n / size;
  return hex(BigInt(timeline)) + hex(number / perUpperHalf) + hex(number % perUpperHalf);
}

function hex(number: bigint): string {
  return number.toString(16).toUpperCase().padStart(8, '0');
}
