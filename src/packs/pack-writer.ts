import type { ByteSource } from '../bytes/byte-reader.ts';
import type { Storage } from '../storage/storage.ts';
import type { EncodedChunk } from './chunk-encoder.ts';
import { mostPackBytes, packName, type ChunkRef, type PackId } from './chunk-ref.ts';

/** What the packs of one backup have in common. */
export interface PackSeries {
  readonly storage: Storage;
  readonly backup: string;
  readonly signal: AbortSignal;
  /** A pack of so many bytes is durable. */
  readonly onStored: (bytes: number) => void;
  /** Number of the next pack. */
  next: number;
  /** Memory for packs that nobody uses now. */
  readonly pages: Uint8Array[];
}

/** Packs are gathered in pages of so many bytes. */
const pageBytes = 1024 * 1024;

/** A pack that is durable. */
export interface StoredPack {
  readonly pack: PackId;
  readonly sizeBytes: number;
}

interface OpenPack {
  readonly pack: PackId;
  readonly pages: Uint8Array[];
  length: number;
}

/**
 * Puts chunks into packs, and packs into the storage: one at a time, while the next one fills.
 * Memory: two packs, for who waits for `room`.
 */
export class PackWriter {
  readonly #series: PackSeries;
  #open: OpenPack | undefined;
  /** Packs on their way, in order; the first is being put. */
  readonly #putting: Promise<void>[] = [];
  #isAbandoned = false;
  readonly #stored: StoredPack[] = [];

  constructor(series: PackSeries) {
    this.#series = series;
  }

  /** The packs that are durable. */
  get stored(): readonly StoredPack[] {
    return this.#stored;
  }

  /** Bytes of these. */
  get storedBytes(): number {
    return this.#stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** The chunk gets its place at once, and its bytes are copied; a full pack is put behind the caller's back, and `room` tells what becomes of it. */
  add({ bytes, rawBytes, codec }: EncodedChunk): ChunkRef {
    if (this.#open !== undefined && this.#open.length + bytes.length > mostPackBytes) this.#put();
    const open = (this.#open ??= this.#begin());
    const chunk = { pack: open.pack, offset: open.length, storedBytes: bytes.length, rawBytes, codec };
    this.#copy(bytes, open);
    return chunk;
  }

  /** Waits while more than one pack is on its way. @throws what a put failed with */
  async room(): Promise<void> {
    while (this.#putting.length > 1) await this.#putting[0];
  }

  /** Puts what is left. @throws what a put failed with */
  async finish(): Promise<void> {
    if (this.#open !== undefined) this.#put();
    await this.#putting.at(-1);
  }

  /** Puts nothing more. Resolves when nothing is on its way. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    this.#open = undefined;
    await Promise.allSettled(this.#putting);
  }

  #copy(bytes: Uint8Array, open: OpenPack): void {
    for (let from = 0; from < bytes.length;) {
      const at = open.length % pageBytes;
      if (at === 0) open.pages.push(this.#series.pages.pop() ?? new Uint8Array(pageBytes));
      const part = bytes.subarray(from, from + pageBytes - at);
      open.pages.at(-1)?.set(part, at);
      open.length += part.length;
      from += part.length;
    }
  }

  #begin(): OpenPack {
    const { backup, next } = this.#series;
    this.#series.next += 1;
    return { pack: { backup, number: next }, pages: [], length: 0 };
  }

  #put(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const before = this.#putting.at(-1) ?? Promise.resolve();
    const putting = before.then(() => this.#store(open));
    // Told by `room` and `finish`: what failed stays the first.
    putting.catch(() => undefined);
    this.#putting.push(putting);
  }

  async #store({ pack, pages, length }: OpenPack): Promise<void> {
    const { storage, signal, onStored } = this.#series;
    if (this.#isAbandoned) return;
    await storage.put(packName(pack), () => piecesOf(pages, length), { signal });
    this.#series.pages.push(...pages);
    void this.#putting.shift();
    this.#stored.push({ pack, sizeBytes: length });
    onStored(length);
  }
}

async function* piecesOf(pages: readonly Uint8Array[], length: number): ByteSource {
  await Promise.resolve();
  for (const [index, page] of pages.entries()) yield page.subarray(0, length - index * pageBytes);
}
