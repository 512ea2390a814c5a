import { closeSync, writeSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { EarlySync, type Flushed } from '../files/early-sync.ts';
import { fileFailure } from '../files/failure.ts';
import { NewFiles, type NewFile } from '../files/new-file.ts';
import { createChecksum, type Checksum } from '../manifest/checksum.ts';
import type { FileSequence, FileSequenceOptions } from './file-sequence.ts';

/** What is shorter is gathered: a call for each header and each small file costs more than its bytes. */
const smallBytes = 16 * 1024;
const gatheredBytes = 64 * 1024;

interface OpenFile {
  readonly path: ByteString;
  readonly descriptor: number;
  readonly flushed: Flushed | undefined;
}

/** Writes and sums on the thread that it is called on, synchronously; only flushes run beside it. */
export class WrittenFiles implements FileSequence {
  readonly #algorithm: FileSequenceOptions['algorithm'];
  readonly #sync: EarlySync | undefined;
  readonly #newFiles = new NewFiles();
  readonly #gathered = new Uint8Array(gatheredBytes);
  #gatheredLength = 0;
  #file: OpenFile | undefined;
  #checksum: Checksum | undefined;
  #sum = '';

  constructor({ algorithm, sync }: FileSequenceOptions) {
    this.#algorithm = algorithm;
    this.#sync = sync === undefined ? undefined : new EarlySync({ wholeFiles: sync === 'fsync' });
  }

  get sums(): boolean {
    return this.#algorithm !== undefined;
  }

  /** Whether flushes run that a turn of the event loop would bring on. */
  get isFlushing(): boolean {
    return this.#sync?.isIdle === false;
  }

  open(file: NewFile, bits: number): void | Promise<void> {
    this.#sync?.check();
    const { path } = file;
    const descriptor = this.#newFiles.open(file, bits);
    this.#file = { path, descriptor, flushed: this.#sync?.begin(path, descriptor) };
    return this.#sync?.isFull === true ? this.#sync.progress() : undefined;
  }

  write(bytes: Uint8Array, isContent: boolean): void {
    if (isContent && this.#algorithm !== undefined) {
      this.#checksum ??= createChecksum(this.#algorithm);
      this.#checksum.update(bytes);
    }
    if (bytes.length > gatheredBytes - this.#gatheredLength || bytes.length > smallBytes) {
      this.#writeGathered();
      if (bytes.length > smallBytes) {
        this.#writeNow(bytes);
        return;
      }
    }
    this.#gathered.set(bytes, this.#gatheredLength);
    this.#gatheredLength += bytes.length;
  }

  endContent(): void {
    if (this.#algorithm === undefined) return;
    this.#sum = (this.#checksum ?? createChecksum(this.#algorithm)).digestHex();
    this.#checksum = undefined;
  }

  /** The same, where no promise is wanted. */
  get sum(): string {
    return this.#sum;
  }

  get lastSum(): Promise<string> {
    return Promise.resolve(this.#sum);
  }

  close(): void {
    this.#writeGathered();
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    if (file.flushed !== undefined) {
      this.#sync?.end(file.flushed);
      return;
    }
    try {
      closeSync(file.descriptor);
    } catch (error) {
      throw fileFailure('write', file.path, error);
    }
  }

  async finish(): Promise<void> {
    this.close();
    while (this.isFlushing) await this.#sync?.progress();
    this.#sync?.check();
  }

  abandon(): void {
    try {
      this.#gatheredLength = 0;
      this.close();
    } catch {
      // What is in it does not matter any more.
    }
  }

  #writeGathered(): void {
    const length = this.#gatheredLength;
    if (length === 0) return;
    this.#gatheredLength = 0;
    this.#writeNow(this.#gathered.subarray(0, length));
  }

  #writeNow(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) throw new TypeError('no file is open');
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file.descriptor, bytes, done);
    } catch (error) {
      throw fileFailure('write', file.path, error);
    }
    if (file.flushed !== undefined) this.#sync?.wrote(file.flushed, bytes.length);
  }
}
