import { forEachPiece } from '../bytes/ready-source.ts';
import { PushedBytes, readPushed } from '../bytes/pushed-bytes.ts';
import { compress } from '../compression/decompress.ts';
import { fillingOf, headOf } from '../tar/encode-members.ts';
import { endOfTar } from '../tar/encode-member.ts';
import type { Member, TarFormat } from '../tar/member.ts';
import type { TarCompression } from './request.ts';

/**
 * Takes bytes that may be reused when it returns, or when the promise that it returns has settled.
 * @param isContent whether they are of the content of a file, as it came
 */
export type WriteBytes = (piece: Uint8Array, isContent: boolean) => void | Promise<void>;

export interface TarFileOptions {
  readonly compression: TarCompression | undefined;
  readonly format: TarFormat;
  readonly signal: AbortSignal;
  /** False where small writes cost nothing, so that content stays apart from headers. Default true. */
  readonly gathers?: boolean | undefined;
}

/** What is shorter is gathered: a write for each header and each small file costs more than its bytes. */
const smallBytes = 16 * 1024;
const gatheredBytes = 64 * 1024;

/** Members on their way into one tar, or into one stretch of a tar stream. */
export class TarFile {
  readonly #write: WriteBytes;
  readonly #packed: PackingSteps | undefined;
  readonly #format: TarFormat;
  /** Of members that have no time. */
  readonly #mtime = Math.floor(Date.now() / 1000);
  readonly #gathered = new Uint8Array(gatheredBytes);
  #gatheredLength = 0;
  readonly #gathers: boolean;

  /** @param write gets the bytes as they are to be stored */
  constructor(write: WriteBytes, { compression, format, signal, gathers = true }: TarFileOptions) {
    this.#format = format;
    this.#packed =
      compression === undefined || compression.method === 'none'
        ? undefined
        : new PackingSteps(write, compression, signal);
    this.#gathers = gathers || this.#packed !== undefined;
    this.#write = this.#packed === undefined ? write : (piece) => this.#packed?.write(piece);
  }

  /** @throws BackupError `CORRUPT` when the content is not as long as its header says */
  async add(member: Member): Promise<void> {
    await this.#put(headOf(member, { format: this.#format, mtime: this.#mtime }));
    let length = 0;
    await forEachPiece(member.content, (piece) => {
      length += piece.length;
      // Longer than its header says: told below.
      return length > member.header.size ? undefined : this.#put(piece, true);
    });
    await this.#put(fillingOf(member, length));
  }

  /** @param mark whether the two zero blocks come here, where the format has them */
  async end({ mark }: { readonly mark: boolean }): Promise<void> {
    if (mark && this.#format === 'tar') await this.#put(endOfTar);
    await this.#flush();
    await this.#packed?.end();
  }

  /** Where it returns a promise, that must have settled before the next piece comes. */
  #put(piece: Uint8Array, isContent = false): void | Promise<void> {
    if (!this.#gathers) return piece.length === 0 ? undefined : this.#write(piece, isContent);
    if (piece.length > gatheredBytes - this.#gatheredLength || piece.length > smallBytes) {
      const flushed = this.#flush();
      if (flushed !== undefined) return flushed.then(() => this.#put(piece, isContent));
      if (piece.length > smallBytes) return this.#write(piece, isContent);
    }
    this.#gathered.set(piece, this.#gatheredLength);
    this.#gatheredLength += piece.length;
  }

  #flush(): void | Promise<void> {
    const length = this.#gatheredLength;
    this.#gatheredLength = 0;
    return length === 0 ? undefined : this.#write(this.#gathered.subarray(0, length), false);
  }
}

/** Compresses what is pushed. */
class PackingSteps {
  readonly #plain = new PushedBytes();
  readonly #done: Promise<void>;

  constructor(
    write: WriteBytes,
    { method, level, workers }: Exclude<TarCompression, { method: 'none' }>,
    signal: AbortSignal,
  ) {
    this.#done = readPushed(this.#plain, async (source) => {
      for await (const piece of compress(source, method, { level, workers, signal })) await write(piece, false);
    });
  }

  write(piece: Uint8Array): Promise<void> {
    return this.#plain.write(piece);
  }

  async end(): Promise<void> {
    this.#plain.end();
    await this.#done;
  }
}
