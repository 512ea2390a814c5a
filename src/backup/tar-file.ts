import { PushedBytes, readPushed } from '../bytes/pushed-bytes.ts';
import { gzipMembers } from '../compression/gzip-members.ts';
import { encodeMember } from '../tar/encode-members.ts';
import { endOfTar } from '../tar/encode-member.ts';
import type { Member, TarFormat } from '../tar/member.ts';
import type { TarCompression } from './request.ts';

/** Takes bytes that may be reused when it returns, or when the promise that it returns has settled. */
export type WriteBytes = (piece: Uint8Array) => void | Promise<void>;

export interface TarFileOptions {
  readonly compression: TarCompression | undefined;
  readonly format: TarFormat;
  readonly signal: AbortSignal;
}

/** Members on their way into one tar, or into one stretch of a tar stream. */
export class TarFile {
  readonly #write: WriteBytes;
  readonly #gzip: GzipSteps | undefined;
  readonly #format: TarFormat;
  /** Of members that have no time. */
  readonly #mtime = Math.floor(Date.now() / 1000);

  /** @param write gets the bytes as they are to be stored */
  constructor(write: WriteBytes, { compression, format, signal }: TarFileOptions) {
    this.#format = format;
    this.#gzip = compression?.method === 'gzip' ? new GzipSteps(write, compression.level, signal) : undefined;
    this.#write = this.#gzip === undefined ? write : (piece) => this.#gzip?.write(piece);
  }

  async add(member: Member): Promise<void> {
    for await (const piece of encodeMember(member, { format: this.#format, mtime: this.#mtime })) {
      const written = this.#write(piece);
      if (written !== undefined) await written;
    }
  }

  /** @param mark whether the two zero blocks come here, where the format has them */
  async end({ mark }: { readonly mark: boolean }): Promise<void> {
    if (mark && this.#format === 'tar') await this.#write(endOfTar);
    await this.#gzip?.end();
  }
}

/** Compresses what is pushed. */
class GzipSteps {
  readonly #plain = new PushedBytes();
  readonly #done: Promise<void>;

  constructor(write: WriteBytes, level: number | undefined, signal: AbortSignal) {
    this.#done = readPushed(this.#plain, async (source) => {
      for await (const piece of gzipMembers(source, { level, signal })) await write(piece);
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
