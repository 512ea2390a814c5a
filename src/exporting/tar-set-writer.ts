import { unfinishedSuffix } from '../backup/manifest-file.ts';
import type { TarCompression } from '../backup/request.ts';
import { TarFile } from '../backup/tar-file.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { compressionSuffix } from '../compression/detect.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { HeldFile } from '../files/held-file.ts';
import { joinPath } from '../files/path.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import type { Member } from '../tar/member.ts';

export interface TarSetOptions {
  readonly compression: TarCompression;
  readonly signal: AbortSignal;
}

const fileMode = 0o600;

/** Writes the files of a tar set, one after another, under provisional names. Flushing them, and giving them their names, is the caller's. */
export class TarSetWriter {
  readonly #directory: DirectoryWriter;
  readonly #options: TarSetOptions;
  readonly #names: string[] = [];
  writtenBytes = 0;

  /** @param directory an existing, empty one */
  constructor(directory: ByteString, options: TarSetOptions) {
    this.#directory = new DirectoryWriter(directory);
    this.#options = options;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** @param isElsewhere names of members that do not belong into this tar; default: none */
  async tar(stem: string, members: AsyncIterable<Member>, isElsewhere?: (name: string) => boolean): Promise<void> {
    await this.#tar(stem, members, this.#options.compression, isElsewhere);
  }

  /** As with the original: lz4 and zstd are not for the tar of WAL. */
  async wal(stem: string, members: AsyncIterable<Member>): Promise<void> {
    const { compression } = this.#options;
    await this.#tar(stem, members, compression.method === 'gzip' ? compression : { method: 'none' });
  }

  async manifest(content: ByteSource): Promise<void> {
    await this.#file(manifestFileName, async (write) => {
      for await (const piece of content) write(piece);
    });
  }

  /** The files with the names that they are to get, the manifest as the last. */
  get held(): readonly HeldFile[] {
    const { root } = this.#directory;
    return this.#names.map((name) => ({
      from: joinPath(root, `${name}${unfinishedSuffix}`),
      to: joinPath(root, name),
    }));
  }

  async #tar(
    stem: string,
    members: AsyncIterable<Member>,
    compression: TarCompression,
    isLeftOut: (name: string) => boolean = () => false,
  ): Promise<void> {
    const suffix = compression.method === 'none' ? '' : compressionSuffix[compression.method];
    const { signal } = this.#options;
    await this.#file(`${stem}.tar${suffix}`, async (write) => {
      const tar = new TarFile(write, { compression, format: 'tar', signal });
      for await (const member of members) {
        signal.throwIfAborted();
        if (!isLeftOut(member.header.name)) await tar.add(member);
      }
      await tar.end({ mark: true });
    });
  }

  async #file(name: string, fill: (write: (piece: Uint8Array) => void) => Promise<void>): Promise<void> {
    const file = this.#directory.openFile(fromText(`${name}${unfinishedSuffix}`), fileMode);
    try {
      await fill((piece) => {
        file.write(piece);
        this.writtenBytes += piece.length;
      });
      file.close();
    } catch (error) {
      file.abandon();
      throw error;
    }
    this.#names.push(name);
  }
}
