import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ReadOptions, Storage, StorageOptions } from '../storage/storage.ts';
import { contentSizeOf, frameOffset, frameSize, headerSize, judgeHeader, pieceSize } from './frame-format.ts';
import { objectKey, type FrameProtection, type ObjectKey } from './object-frames.ts';
import { workedBatches } from './worked-batches.ts';

/** An object by the name that its users know and by the one that it has in the storage. */
export interface NamedObject {
  readonly name: string;
  readonly stored: string;
}

/** Of the content, in bytes: from `offset` to before `end`, which may be infinite. */
interface Range extends StorageOptions {
  readonly offset: number;
  readonly end: number;
}

/** Headers that are remembered, so that a range costs one request. */
const mostHeaders = 256;

/** Reads the content of framed objects. Nothing is handed out that was not checked. */
export class FramedReader {
  readonly #inner: Storage;
  readonly #protection: FrameProtection;
  readonly #headers = new Map<string, Uint8Array>();

  constructor(inner: Storage, protection: FrameProtection) {
    this.#inner = inner;
    this.#protection = protection;
  }

  /** As `Storage.get`. @throws BackupError `CORRUPT` */
  async *read(object: NamedObject, { offset = 0, length = Infinity, signal }: ReadOptions): ByteSource {
    const range = { offset, end: offset + length, signal };
    if (offset < pieceSize) {
      yield* this.#readFromStart(object, range);
      return;
    }
    const remembered = this.#headers.get(object.stored);
    if (remembered !== undefined) {
      let isBegun = false;
      try {
        for await (const piece of this.#readWithin(object, remembered, range)) {
          isBegun = true;
          yield piece;
        }
        return;
      } catch (error) {
        // Another object may have that name by now.
        if (isBegun || !(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
      }
    }
    yield* this.#readWithin(object, await this.#readHeader(object, { signal }), range);
  }

  /** @throws BackupError `CORRUPT`: no object has that size */
  contentSize(object: NamedObject, storedBytes: number): number {
    const size = contentSizeOf(storedBytes);
    if (size === undefined)
      throw this.#damaged(object, say('sealed.bad-size', { name: object.name, size: storedBytes }));
    return size;
  }

  /** Header and frames in one request. */
  async *#readFromStart(object: NamedObject, range: Range): ByteSource {
    const count = frameCount(range, 0);
    const source = this.#inner.get(object.stored, { length: headerSize + bytesToShow(count), signal: range.signal });
    const reader = new ByteReader(source);
    try {
      const header = await this.#takeHeader(object, reader);
      yield* this.#open(object, header, restOf(reader), { ...range, first: 0, count });
    } finally {
      await reader.close();
    }
  }

  async *#readWithin(object: NamedObject, header: Uint8Array, range: Range): ByteSource {
    const first = Math.floor(range.offset / pieceSize);
    const count = frameCount(range, first);
    const place = { offset: frameOffset(first), length: bytesToShow(count), signal: range.signal };
    const source = this.#inner.get(object.stored, place);
    yield* this.#open(object, header, source, { ...range, first, count });
  }

  async *#open(
    object: NamedObject,
    header: Uint8Array,
    source: ByteSource,
    { first, count, offset, end, signal }: Range & { readonly first: number; readonly count: number },
  ): ByteSource {
    const key = objectKey(this.#protection, header, object.name);
    for await (const { batch, result } of workedBatches(source, { work: 'open', key, first, most: count })) {
      signal?.throwIfAborted();
      const start = batch.first * pieceSize;
      const wanted = batch.buffer.subarray(
        Math.max(0, offset - start),
        Math.min(result.filled, Math.max(0, end - start)),
      );
      if (wanted.length > 0) yield wanted;
      if (batch.filled === 0 && first > 0) await this.#checkEnd(object, key, { offset, signal });
      else if (result.failedAt !== undefined) throw this.#failedCheck(object, result.failedAt);
    }
  }

  /** That there is nothing at `offset` is true only when the last frame says so. */
  async #checkEnd(
    object: NamedObject,
    key: ObjectKey,
    { offset, signal }: StorageOptions & { readonly offset: number },
  ): Promise<void> {
    const storedBytes = (await this.#inner.stat(object.stored, { signal }))?.sizeBytes ?? 0;
    const size = this.contentSize(object, storedBytes);
    const first = Math.max(0, Math.ceil(size / pieceSize) - 1);
    const source = this.#inner.get(object.stored, { offset: frameOffset(first), length: bytesToShow(1), signal });
    for await (const { batch, result } of workedBatches(source, { work: 'open', key, first, most: 1 })) {
      const isEnd = batch.isLast && first * pieceSize + result.filled <= offset;
      if (result.failedAt !== undefined || !isEnd) throw this.#failedCheck(object, first);
    }
  }

  async #readHeader(object: NamedObject, { signal }: StorageOptions): Promise<Uint8Array> {
    const reader = new ByteReader(this.#inner.get(object.stored, { length: headerSize, signal }));
    try {
      return await this.#takeHeader(object, reader);
    } finally {
      await reader.close();
    }
  }

  async #takeHeader(object: NamedObject, reader: ByteReader): Promise<Uint8Array> {
    const header = new Uint8Array(headerSize);
    let filled = 0;
    for (let piece; filled < headerSize; filled += piece.length) {
      piece = await reader.readSome(headerSize - filled);
      if (piece === undefined) break;
      header.set(piece, filled);
    }
    const judgement = judgeHeader(header.subarray(0, filled), this.#protection.kind);
    const { name } = object;
    if (judgement === false) throw this.#damaged(object, say('sealed.no-header', { name }));
    if (judgement !== true) {
      const sentence = say('sealed.newer-format', { name, format: judgement });
      throw new BackupError('REPOSITORY_VERSION', sentence, { hint: say('archive.newer-format.hint') });
    }
    this.#remember(object, header);
    return header;
  }

  #remember(object: NamedObject, header: Uint8Array): void {
    this.#headers.delete(object.stored);
    this.#headers.set(object.stored, header);
    for (const oldest of this.#headers.keys()) {
      if (this.#headers.size <= mostHeaders) break;
      this.#headers.delete(oldest);
    }
  }

  #failedCheck(object: NamedObject, number: number): BackupError {
    return this.#damaged(object, say('sealed.failed-check', { name: object.name, offset: number * pieceSize }));
  }

  #damaged({ stored }: NamedObject, sentence: Message): BackupError {
    return new BackupError('CORRUPT', sentence, { context: { storage: this.#inner.description, object: stored } });
  }
}

/** Frames that hold what is wanted, from `first` on; at least one, because that there is no more must be seen too. */
function frameCount({ end }: Range, first: number): number {
  return Math.max(1, Math.ceil(end / pieceSize) - first);
}

/** How many bytes show `count` frames and whether something is behind them. */
function bytesToShow(count: number): number {
  return count * frameSize + 1;
}

async function* restOf(reader: ByteReader): ByteSource {
  for (let piece; (piece = await reader.readSome(Infinity)) !== undefined;) yield piece;
}
