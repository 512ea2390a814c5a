import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { FileWriter } from '../files/file-writer.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import { ManifestFile, unfinishedSuffix } from './manifest-file.ts';
import type { Output, OutputParts } from './output.ts';
import type { LocalTarget } from './request.ts';
import type { WalTarget } from './wal-store.ts';

type Target = Extract<LocalTarget, { kind: 'tar' }>;

/**
 * A backup as a directory of the tars that the server compressed: their bytes are stored as they come (`sent`), and read on the way,
 * so that what is in them is held against the manifest. Streamed WAL is not compressed, as with the original.
 */
export class SentTarOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim = true;
  readonly foreign = true;
  readonly #parts: OutputParts;
  readonly #path: string;
  readonly #directory: DirectoryWriter;
  readonly #manifest: ManifestFile;
  readonly #names: string[] = [];
  #open: FileWriter | undefined;
  #walName: string | undefined;

  constructor(parts: OutputParts, { directory }: Target) {
    this.#parts = parts;
    this.#path = directory;
    this.#directory = new DirectoryWriter(fromText(directory));
    this.#manifest = new ManifestFile(directory, this.fileMode);
  }

  begin(): Promise<readonly OriginalTablespace[]> {
    return Promise.resolve([]);
  }

  /** Stores the bytes of the tar `name` while they are read; its end is that of the part. */
  async *sent(name: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const file = this.#directory.openFile(fromText(`${name}${unfinishedSuffix}`), this.fileMode);
    this.#open = file;
    this.#names.push(name);
    this.#parts.meter.onMember(fromText(join(this.#path, name)));
    for await (const piece of content) {
      file.write(piece);
      yield piece;
    }
  }

  directory(): void {
    // It is in the bytes.
  }

  file(): void {
    // What nobody reads is skipped, after it was decompressed.
  }

  link(): void {
    // It is in the bytes.
  }

  end(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    this.#walName = `${this.#parts.session.capabilities.walDirectory}.tar`;
    return { kind: 'tar', path: join(this.#path, `${this.#walName}${unfinishedSuffix}`), gzip: undefined };
  }

  finish(): Promise<readonly HeldFile[]> {
    const manifest = this.#manifest.finish();
    const names = this.#walName === undefined ? this.#names : [...this.#names, this.#walName];
    const tars = names.map((name) => ({
      from: fromText(join(this.#path, `${name}${unfinishedSuffix}`)),
      to: fromText(join(this.#path, name)),
    }));
    return Promise.resolve([...tars, ...manifest]);
  }

  abandon(): void {
    this.#open?.abandon();
    this.#manifest.abandon();
  }
}
